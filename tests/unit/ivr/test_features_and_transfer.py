"""Agents' codes and blind transfers: what is asked of the dispatcher, in which order, and what is heard."""

from typing import Any

import pytest

from acd.core.states import Presence
from acd.port import Answer, Assignment
from dialplan.numbers import masked
from ivr.agi import CallerHungUp
from ivr.features import endpoint_of, feature, ping
from ivr.session import Outcome, Request, _to_the_end
from ivr.transfer import transferred
from tests.unit.ivr.house import House


def dial(
    code: str, channel: str = "PJSIP/1001-0000002a", keys: str = "", answer: Answer = Answer.DONE, **more
) -> House:
    house = House(agi_channel=channel, agi_extension=code)
    house.acd.answer = answer
    if keys:
        house.channel.press(0.7, keys)
    for name, value in more.items():
        setattr(house.channel, name, value)
    fake: Any = house.channel
    feature(house.services, fake, Request("feature", {}))
    return house


@pytest.mark.parametrize(
    ("code", "asked", "prompt"),
    [
        ("*11", ("presence", "1001", Presence.AVAILABLE, None), "agent_available"),
        ("*121", ("presence", "1001", Presence.AWAY, "lunch"), "agent_away"),
        ("*125", ("presence", "1001", Presence.AWAY, "other"), "agent_away"),
        ("*13", ("presence", "1001", Presence.OFFLINE, None), "agent_logged_out"),
        ("*14", ("end_wrapup", "1001"), "agent_wrapup_ended"),
        ("*15", ("extend_wrapup", "1001"), "agent_wrapup_extended"),
    ],
)
def test_a_code_does_one_thing_and_says_it_in_korean(code, asked, prompt):
    house = dial(code)
    assert house.acd.log == [asked]
    assert house.channel.heard == [f"ko/{prompt}", "hangup"]
    assert house.channel.variables == {"RM_HANDLED": "1"}


def test_away_acts_first_and_then_asks_why():
    house = dial("*12", keys="2")
    assert house.acd.log == [
        ("presence", "1001", Presence.AWAY, None),
        ("presence", "1001", Presence.AWAY, "break"),
    ]
    assert house.channel.heard == ["ko/agent_away_menu", "ko/agent_away", "hangup"]


def test_away_without_a_reason_stays_away_and_ends_in_time():
    house = dial("*12")
    assert house.acd.log == [("presence", "1001", Presence.AWAY, None)]
    assert house.channel.now_s <= 0.5 + 2.5 + 2.0
    assert house.channel.heard[-2:] == ["ko/agent_away", "hangup"]


@pytest.mark.parametrize("code", ["*129", "*16", "*111", "*99", "*511001"])
def test_what_does_not_apply_changes_nothing(code):
    house = dial(code)
    assert house.acd.log == []
    assert house.channel.heard == ["ko/agent_not_applicable", "hangup"]


def test_the_dispatcher_may_say_that_it_does_not_apply():
    assert dial("*14", answer=Answer.NOT_APPLICABLE).channel.heard == ["ko/agent_not_applicable", "hangup"]
    assert dial("*12", answer=Answer.NOT_APPLICABLE).channel.heard == ["ko/agent_not_applicable", "hangup"]


@pytest.mark.parametrize(
    ("code", "prompt"), [("*121", "agent_away_after_call"), ("*13", "agent_logged_out_after_call")]
)
def test_during_a_call_it_is_said_that_it_comes_after(code, prompt):
    assert dial(code, answer=Answer.AFTER_CALL).channel.heard[0] == f"ko/{prompt}"


@pytest.mark.parametrize(
    "channel", ["PJSIP/carrier-00000001", "PJSIP/9999-00000001", "Local/1001@x-0;1", "PJSIP/1001", ""]
)
def test_who_is_no_agent_changes_nothing(channel):
    house = dial("*11", channel=channel)
    assert house.acd.log == []
    assert house.channel.heard == ["ko/agent_unknown", "hangup"]


def test_a_code_acts_even_when_it_is_hung_up_at_once():
    house = House(agi_channel="PJSIP/1001-0000002a", agi_extension="*11")
    house.channel.hangs_up_at_s = 0.0
    fake: Any = house.channel
    with pytest.raises(CallerHungUp):
        feature(house.services, fake, Request("feature", {}))
    assert house.acd.log == [("presence", "1001", Presence.AVAILABLE, None)]


def test_the_code_may_come_as_a_parameter():
    house = House(agi_channel="PJSIP/1001-0000002a", agi_extension="s")
    fake: Any = house.channel
    feature(house.services, fake, Request.of({"agi_network_script": "feature?code=11"}))
    assert house.acd.log == [("presence", "1001", Presence.AVAILABLE, None)]


def test_the_endpoint_is_the_account_and_not_the_number_it_claims():
    assert endpoint_of("PJSIP/1001-0000002a") == "1001"
    assert endpoint_of("PJSIP/1001-evil-0000002a") == ""


def test_ping_answers():
    house = House()
    fake: Any = house.channel
    ping(house.services, fake, Request("ping", {}))
    assert house.channel.variables == {"RM_PONG": "1"}


@pytest.mark.parametrize(
    ("number", "shown"), [("01012345678", "010****5678"), ("0319099000", "031***9000"), ("+821012345678", "+82******5678"),
                          ("112", "***"), ("", ""), ("anonymous", "")]
)  # fmt: skip
def test_numbers_are_masked(number, shown):
    assert masked(number) == shown


# --- transfers ---------------------------------------------------------------------------------------------------------


def refer(target: str, may_rejoin=(), known=True, chosen=None, **more) -> House:
    house = House()
    if chosen:
        house.acd.pending["rm-1.1"] = Assignment("rm-1.1", chosen, f"PJSIP/{chosen}", 99, 10.0)
    house.channel.variables = {
        "RM_TARGET": target, "RM_CONTACT": "1.1", "RM_LANG": "en", "RM_TOPIC": "passport", "RM_PHASE": "transfer",
        "RM_QUEUED_AT": f"{house.epoch - 100:.3f}", "RM_WAITED": "0.000",
    }  # fmt: skip
    if known:
        house.acd.known = {"rm-1.1": "rm-1.1"}
        house.acd.talking = {"rm-1.1": "1003"}
    house.acd.may_rejoin = set(may_rejoin)
    for name, value in more.items():
        setattr(house.channel, name, value)
    house.outcome = _to_the_end(house.call(), transferred)
    return house


def rung(house: House) -> list[str]:
    return [heard.removeprefix("dial:PJSIP/") for heard in house.channel.heard if heard.startswith("dial:")]


def test_a_transfer_to_an_agent_is_rung():
    house = refer("1009", may_rejoin=["1009"])
    assert rung(house) == ["1009"]
    assert house.outcome is Outcome.SERVED
    assert house.channel.phases == ["ringing", "served", "done"]


@pytest.mark.parametrize("target", ["01012345678", "", "112", "0319099000", "9999", "00441234567"])
def test_all_else_goes_back_to_the_agent_who_transferred(target):
    house = refer(target, may_rejoin=["1003", "1009"])
    assert rung(house) == ["1003"]
    assert house.channel.now_s < 4  # no sentence before it: a contact that nobody claims is taken for ended


def test_an_agent_who_does_not_answer_leads_back():
    house = refer("1009", may_rejoin=["1003", "1009"], dials=["NOANSWER", "ANSWER"])
    assert rung(house) == ["1009", "1003"]
    assert house.outcome is Outcome.SERVED


def test_after_no_answer_whoever_was_chosen_meanwhile_is_rung():
    house = refer("1009", may_rejoin=["1009"], dials=["NOANSWER", "ANSWER"], chosen="1018")
    assert rung(house) == ["1009", "1018"]


def test_an_agent_who_may_not_be_rung_leads_back():
    assert rung(refer("1009", may_rejoin=["1003"])) == ["1003"]


def test_when_nobody_may_be_rung_the_caller_waits_with_the_place_that_they_had():
    house = refer("1009", hangs_up_at_s=30.0)
    assert "en/transfer_failed" in house.channel.heard
    offer = house.offered()
    assert offer.resumed
    assert offer.first_queued_at == pytest.approx(house.epoch - 100)
    assert (offer.language, offer.topic) == ("en", "passport")
    assert rung(house) == []


def test_a_caller_whom_the_dispatcher_does_not_know_waits_too():
    house = refer("1009", known=False, hangs_up_at_s=30.0)
    assert house.acd.said("rejoin") == []
    assert house.offered().resumed


def test_the_caller_never_hears_silence_on_the_way():
    house = refer("1009", may_rejoin=["1003", "1009"], dials=["NOANSWER", "NOANSWER"], hangs_up_at_s=60.0)
    assert house.channel.silence_s == 0.0


def test_a_queue_takes_the_caller_with_the_place_that_their_waiting_gives():
    house = refer("8005", hangs_up_at_s=30.0)
    assert house.acd.said("sent_to_queue") == [("rm-1.1", "tax")]
    offer = house.offered()
    assert (offer.queue, offer.topic, offer.resumed) == ("tax", "passport", False)
    assert offer.waited_s == 7.0
    assert offer.first_queued_at == pytest.approx(house.epoch + house.channel.now_s, abs=40)
    assert "en/connecting" in house.channel.heard


def test_an_official_who_may_be_rung_blindly_is():
    house = refer("7901", may_rejoin=["1003"])
    assert house.acd.said("ring_official") == [("rm-1.1", "PJSIP/carrier-00000001", "7901")]
    assert rung(house) == ["7901"]
    assert "en/transferring_official" in house.channel.heard
    assert house.acd.said("rejoin") == []
    assert house.outcome is Outcome.SERVED


def test_an_official_who_does_not_answer_leads_back_to_the_agent():
    house = refer("7901", may_rejoin=["1003"], dials=["NOANSWER", "ANSWER"])
    assert rung(house) == ["7901", "1003"]
    assert house.channel.silence_s == 0.0


@pytest.mark.parametrize("target", ["7101", "1003"])
def test_who_is_not_to_be_rung_blindly_is_not(target):
    house = refer(target, may_rejoin=["1003"])
    assert rung(house) == ["1003"]
    assert house.acd.said("ring_official") == []

"""Waiting and the talk: music, position, wake-ups, nobody answers, the PBX out of sight, every hang-up."""

import pytest

from acd.core.events.contacts import Departure
from dialplan.decision import route
from dialplan.language import Language
from ivr.remembered import Wanted
from ivr.session import Outcome, _to_the_end
from ivr.waiting import wait_and_talk
from tests.unit.ivr.house import House


def wait(house: House, language=Language.KO, topic="passport", **more):
    found = route(house.rules, language, topic)
    wanted = Wanted(house.rules.queues[found.queue], topic, found.requirement, found.say, house.epoch, **more)

    def entry(call):
        call.language = language
        house.returned = wait_and_talk(call, wanted)
        return house.returned or Outcome.SERVED

    return _to_the_end(house.call(), entry)


def test_a_free_agent_is_rung_before_any_sentence():
    house = House()
    house.acd.free = ["1001"]
    assert wait(house) is Outcome.SERVED
    assert house.channel.heard == ["music:default", "dial:PJSIP/1001", "ko/goodbye", "hangup"]
    assert house.channel.now_s < 4
    assert house.channel.dial_options == ["gitm(default)U(whisper)"]


def test_variables_are_set_before_the_contact_is_offered():
    house = House()
    house.acd.free = ["1001"]
    house.acd.offer = lambda offer, channel: seen.append(dict(house.channel.variables)) is None
    house.acd.net = True
    seen = []
    wait(house)
    assert seen[0] == {
        "RM_PHASE": "waiting", "RM_CONTACT": "rm-1.1", "RM_LANG": "ko", "RM_QUEUE": "passport", "RM_TOPIC": "passport",
        "RM_QUEUED_AT": "1700000000.000", "RM_WAITED": "0.000", "RM_WAITING_SINCE": "1700000000.000",
        "DIALSTATUS": "", "__TRANSFER_CONTEXT": "agent-transfer",
    }  # fmt: skip


def test_position_is_said_at_entry_and_again_only_when_it_changed():
    house = House()
    house.acd.ahead = 2
    house.acd.free_at = {"1001": 100.0}
    original = house.acd.position

    def position(contact):
        if house.channel.now_s > 60:
            house.acd.ahead = 0
        return original(contact)

    house.acd.position = position
    wait(house)
    sentences = [heard for heard in house.channel.heard if "position" in heard]
    assert sentences == ["ko/position_3", "ko/position_1"]
    assert house.channel.heard[1:3] == ["ko/connecting", "ko/position_3"]


@pytest.mark.parametrize("language", list(Language))
def test_the_estimate_is_said_with_the_place_and_again_only_when_it_changed(language):
    house = House()
    house.acd.ahead, house.acd.eta_s = 2, 230.0
    house.acd.free_at = {"1001": 130.0}
    original = house.acd.position

    def position(contact):
        if house.channel.now_s > 60:
            house.acd.eta_s = 100.0
        return original(contact)

    house.acd.position = position
    wait(house, language, "any")
    said = [heard for heard in house.channel.heard if "position" in heard or "wait_" in heard]
    assert said == [f"{language}/position_3", f"{language}/wait_4", f"{language}/wait_2"]


def test_a_match_ends_the_estimate_too():
    house = House()
    house.acd.ahead, house.acd.eta_s = 2, 230.0
    times = []
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    house.acd.free_at = {"1001": 5.5}
    house.channel.press(5.5, "D")
    wait(house)
    assert house.channel.cut == ["ko/wait_4"]
    assert times == [5.5]


def test_a_place_that_does_not_change_is_not_repeated_but_nobody_is_forgotten():
    house = House()
    house.acd.ahead = 2
    house.acd.free_at = {"1001": 220.0}
    wait(house)
    assert [heard for heard in house.channel.heard if heard.startswith("ko/")] == [
        "ko/connecting", "ko/position_3", "ko/please_wait", "ko/please_wait", "ko/goodbye",
    ]  # fmt: skip


def test_music_is_back_after_every_announcement_and_there_is_no_silence():
    house = House()
    house.acd.ahead = 2
    house.acd.free_at = {"1001": 100.0}
    wait(house)
    heard = house.channel.heard
    for number, sound in enumerate(heard[:-2]):
        if sound.startswith("ko/") and not heard[number + 1].startswith("ko/"):
            assert heard[number + 1] == "music:default"
    assert house.channel.silence_s == 0.0


def test_announcements_that_delay_the_answer_asterisk_1568():
    house = House()
    house.acd.ahead = 2
    house.acd.free_at = {"1001": 1.0}
    house.channel.press(1.0, "D")  # the dispatcher's wake-up
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    times = []
    wait(house)
    assert house.channel.cut == ["ko/connecting"]
    assert times == [1.0]


def test_a_lost_wake_up_costs_one_read_at_most():
    house = House()
    house.acd.ahead = 0
    house.acd.free_at = {"1001": 20.0}
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    times = []
    wait(house)
    assert times[0] - 20.0 <= 2.0


def test_a_citizen_who_sends_wake_ups_gains_nothing():
    house = House()
    house.acd.free_at = {"1001": 30.0}
    for second in range(1, 29):
        house.channel.press(float(second), "D")
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    times = []
    wait(house)
    assert times[0] >= 30.0
    assert house.channel.heard.count("ko/connecting") == 1  # not begun anew by each tone


def test_nobody_answers_and_the_caller_waits_on_under_music():
    house = House()
    house.acd.free = ["1001"]
    house.acd.free_at = {"1002": 15.0}
    house.channel.dials = ["NOANSWER", "ANSWER"]
    assert wait(house) is Outcome.SERVED
    assert house.channel.phases == ["waiting", "ringing", "waiting", "ringing", "served", "done"]
    assert house.channel.heard[:5] == [
        "music:default", "dial:PJSIP/1001", "music:default", "ko/still_connecting", "ko/position_1",
    ]  # fmt: skip
    assert [entry[2] for entry in house.acd.said("dial_returned")] == ["NOANSWER", "ANSWER"]


def test_dialstatus_is_cleared_before_the_caller_waits_again():
    house = House()
    house.acd.free = ["1001"]
    house.channel.dials = ["BUSY"]
    house.channel.hangs_up_at_s = 8.0
    wait(house)
    assert house.channel.variables["DIALSTATUS"] == ""
    assert house.channel.variables["RM_PHASE"] == "waiting"


def test_star_goes_back_to_the_menu_and_keeps_the_place():
    house = House()
    house.channel.press(5.0, "*")
    call = house.call()
    found = route(house.rules, Language.KO, "tax")
    wanted = Wanted(house.rules.queues["tax"], "tax", found.requirement, (), house.epoch - 10, waited_s=10)
    assert wait_and_talk(call, wanted) is None
    assert house.acd.said("depart") == [("rm-1.1", Departure.BACK_TO_MENU)]
    assert (call.first_queued_at, call.waited_s) == (house.epoch - 10, pytest.approx(15.0))
    assert house.channel.variables["RM_PHASE"] == "menu"


def test_hash_repeats_the_place():
    house = House()
    house.acd.free_at = {"1001": 20.0}
    house.channel.press(8.0, "#")
    wait(house)
    assert house.channel.heard.count("ko/position_1") == 2


def test_other_keys_mean_nothing_here():
    house = House()
    house.acd.free_at = {"1001": 20.0}
    house.channel.press(8.0, "123")
    assert wait(house) is Outcome.SERVED


def test_the_safety_net_takes_the_caller_when_the_dispatcher_says_so():
    house = House()
    house.acd.net = True
    assert wait(house) is Outcome.FALLBACK
    assert house.channel.variables["RM_PHASE"] == "waiting"
    assert "hangup" not in house.channel.heard


def test_out_of_sight_of_the_pbx_reads_are_short():
    house = House()
    house.acd.sight = False
    house.acd.free_at = {"1001": 20.3}
    house.channel.on_dial = lambda: times.append(house.channel.now_s)
    times = []
    wait(house)
    assert times[0] - 20.3 <= 0.5


def test_hanging_up_while_waiting_is_told_to_the_dispatcher():
    house = House()
    house.channel.hangs_up_at_s = 7.0
    assert wait(house) is Outcome.ABANDONED
    assert house.acd.said("hung_up") == [("rm-1.1",)]


def test_a_hang_up_line_during_dial_is_no_abandon_by_itself():
    house = House()
    house.acd.free = ["1001"]
    house.channel.hangs_up_at_s = 0.5  # hung up, or carried elsewhere by a REFER: only AMI knows
    assert wait(house) is Outcome.LEFT
    assert house.acd.said("hung_up") == []
    assert house.acd.said("dial_returned") == []


def test_hanging_up_during_goodbye_reports_nothing():
    house = House()
    house.acd.free = ["1001"]
    house.channel.hangs_up_at_s = 1.5
    wait(house)
    assert "ko/goodbye" in house.channel.heard
    assert house.acd.said("hung_up") == []


@pytest.mark.parametrize("language", list(Language))
def test_every_language_has_its_words_for_every_place(language):
    house = House()
    house.acd.ahead = 41
    house.acd.free_at = {"1001": 12.0}
    wait(house, language=language, topic="any")
    assert [heard for heard in house.channel.heard if heard.startswith(f"{language}/")]
    assert not house.channel.missing

"""Every fault of FastAGI and pyst2 that was met, on a real socket: each ends in one exception, at once."""

import signal
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.agi import AgiChannel, AgiFault, CallerHungUp, HangupSign, Limits, SoundMissing, UnsafeValue
from tests.wire.agi_peer import ENVIRONMENT, Peer

QUICK = Limits(environment_s=0.3, command_s=0.3)


@pytest.fixture
def peer():
    with Peer() as peer:
        yield peer


@pytest.fixture
def channel(peer):
    peer.send(ENVIRONMENT)
    return AgiChannel(peer.engine, QUICK)


def hung_up(call) -> HangupSign:
    with pytest.raises(CallerHungUp) as caught:
        call()
    return caught.value.sign


def test_a_session_off_the_main_thread_leaves_the_signal_handlers_alone(peer, capfd):
    before = signal.getsignal(signal.SIGHUP)
    peer.send(ENVIRONMENT + b"200 result=0\n")
    seen = []

    def session():
        channel = AgiChannel(peer.engine, QUICK)
        channel.noop()
        seen.append(channel.env["agi_uniqueid"])

    thread = threading.Thread(target=session)
    thread.start()
    thread.join(2)
    assert seen == ["rm-1700000000.1"]
    assert signal.getsignal(signal.SIGHUP) is before
    assert capfd.readouterr() == ("", "")  # pyst2 writes every line to stderr


def test_the_command_is_one_line_of_bytes(peer, channel):
    peer.send(b"200 result=1 (ANSWER)\n")
    assert channel.get_variable("DIALSTATUS") == "ANSWER"
    assert peer.command() == 'GET VARIABLE "DIALSTATUS"'


def test_hangup_in_front_of_a_reply(peer, channel):
    peer.send(b"HANGUP\n200 result=-1 endpos=160\n")
    assert hung_up(lambda: channel.play("greeting")) is HangupSign.LINE


def test_hangup_between_replies(peer, channel):
    peer.send(b"200 result=0\nHANGUP\n")
    channel.noop()
    assert hung_up(channel.noop) is HangupSign.LINE


def test_after_a_hangup_nothing_is_sent(peer, channel):
    peer.send(b"HANGUP\n")
    assert hung_up(channel.noop) is HangupSign.LINE
    assert peer.command() == "NOOP"
    assert hung_up(channel.noop) is HangupSign.LINE
    peer.engine.close()
    assert peer.command() == ""


def test_dead_channel(peer, channel):
    peer.send(b"511 Command Not Permitted on a dead channel or intercept routine\n")
    assert hung_up(lambda: channel.wait_for_digit(100)) is HangupSign.DEAD_CHANNEL


@pytest.mark.parametrize("reply", [b"200 result=-1\n", b"200 result=-1 endpos=0\n", b"200 result=-1 (hangup)\n"])
def test_result_minus_one_is_a_hangup_and_no_digit(peer, channel, reply):
    peer.send(reply)
    sign = hung_up(lambda: channel.wait_for_digit(100))
    assert sign is HangupSign.RESULT
    assert not sign.certain


def test_a_hangup_line_after_a_failure_makes_it_certain(peer, channel):
    peer.send(b"200 result=-1\nHANGUP\n")
    assert hung_up(lambda: channel.wait_for_digit(100)) is HangupSign.LINE


def test_closed_stream_while_waiting_for_a_reply(peer, channel):
    peer.socket.close()
    assert hung_up(channel.noop) is HangupSign.CLOSED


def test_closed_stream_in_the_middle_of_a_line(peer, channel):
    peer.send(b"200 resu")
    peer.socket.shutdown(1)
    assert hung_up(channel.noop) is HangupSign.CLOSED


def test_closed_stream_within_the_environment(peer):
    peer.send(b"agi_network: yes\n")
    peer.socket.shutdown(1)
    assert hung_up(lambda: AgiChannel(peer.engine, QUICK)) is HangupSign.CLOSED


def test_a_peer_that_says_nothing(peer):
    begun = time.monotonic()
    assert hung_up(lambda: AgiChannel(peer.engine, QUICK)) is HangupSign.SILENT
    assert time.monotonic() - begun < 10


def test_a_peer_that_drips_does_not_buy_time_with_each_byte(peer):
    stop = threading.Event()

    def drip():
        while not stop.wait(0.05):
            try:
                peer.send(b"a")
            except OSError:
                return

    thread = threading.Thread(target=drip)
    thread.start()
    begun = time.monotonic()
    assert hung_up(lambda: AgiChannel(peer.engine, QUICK)) is HangupSign.SILENT
    assert time.monotonic() - begun < 10
    stop.set()
    thread.join()


def test_a_reply_that_never_comes(peer, channel):
    assert hung_up(channel.noop) is HangupSign.SILENT


def test_partial_lines_are_put_together(peer, channel):
    def send():
        for byte in b"200 result=50 endpos=8000\n":
            peer.send(bytes([byte]))

    thread = threading.Thread(target=send)
    thread.start()
    assert channel.play("greeting") == ("2", 8000)
    thread.join()


def test_replies_that_arrive_together_are_kept_apart(peer, channel):
    peer.send(b"200 result=49\n200 result=0\n200 result=1 (a (b) c)\n")
    assert channel.wait_for_digit(100) == "1"
    assert channel.wait_for_digit(100) == ""
    assert channel.get_variable("X") == "a (b) c"


def test_a_variable_may_be_called_hangup(peer, channel):
    peer.send(b"200 result=1 (hangup)\n")
    assert channel.get_variable("RM_PHASE") == "hangup"


def test_an_unset_variable_is_empty(peer, channel):
    peer.send(b"200 result=0\n")
    assert channel.get_variable("RM_PHASE") == ""


def test_trying_comes_before_a_reply(peer, channel):
    peer.send(b"100 Trying\n200 result=0\n")
    channel.noop()


def test_usage_of_a_wrong_command_is_read_to_its_end(peer, channel):
    peer.send(
        b"520-Invalid command syntax.  Proper usage follows:\n Usage: NOOP\n520 End of proper usage.\n200 result=0\n"
    )
    with pytest.raises(AgiFault):
        channel.noop()
    channel.noop()


@pytest.mark.parametrize(
    "reply", [b"510 Invalid or unknown command\n", b"200 result=-2\n", b"hello\n", b"\n", b"200 ok\n"]
)
def test_what_is_no_reply_is_a_fault_that_names_it(peer, channel, reply):
    peer.send(reply)
    with pytest.raises(AgiFault):
        channel.noop()


def test_a_sound_that_is_not_there_is_told_from_one_that_ended(peer, channel):
    peer.send(b"200 result=0 endpos=8000\n200 result=0 endpos=0\n")
    assert channel.play("there") == ("", 8000)
    with pytest.raises(SoundMissing):
        channel.play("missing")


def test_a_sound_that_cannot_be_played_is_no_hangup_while_the_channel_is_up(peer, channel):
    """Asterisk answers -1 for both; the channel's own state tells them apart, and the session goes on."""
    peer.send(b"200 result=-1 endpos=0\n")
    peer.answer_all(lambda command: b"" if command.startswith("STREAM") else b"200 result=6\n")
    with pytest.raises(SoundMissing):
        channel.play("broken")
    channel.noop()


@pytest.mark.parametrize(
    ("status", "sign"),
    [
        (b"200 result=-1\n", HangupSign.RESULT),
        (b"HANGUP\n200 result=6\n", HangupSign.LINE),
        (b"511 Command Not Permitted on a dead channel or intercept routine\n", HangupSign.DEAD_CHANNEL),
        (b"200 result=0\n", HangupSign.RESULT),
    ],
)
def test_a_sound_that_ended_with_the_call_is_a_hangup(peer, channel, status, sign):
    peer.send(b"200 result=-1 endpos=0\n")
    peer.answer_all(lambda command: b"" if command.startswith("STREAM") else status)
    assert hung_up(lambda: channel.play("greeting")) is sign


@pytest.mark.parametrize(
    "flood",
    [
        b"agi_x: 1\n" * 1000,
        b"agi_x: " + b"a" * 20000 + b"\n\n",
        b"a" * 20000,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"INVITE sip:0319099000@127.0.0.1 SIP/2.0\r\n\r\n",
    ],
)
def test_the_environment_is_bounded(peer, flood):
    peer.send(flood)
    with pytest.raises(AgiFault):
        AgiChannel(peer.engine, QUICK)


def test_the_environment_is_decoded_with_replacement(peer):
    peer.send(b"agi_callerid: \xff\xfe\xea\xb0\x80 : x\nagi_uniqueid: 1.2\n\n")
    channel = AgiChannel(peer.engine, QUICK)
    assert channel.env == {"agi_callerid": "\ufffd\ufffd가 : x", "agi_uniqueid": "1.2"}


@pytest.mark.parametrize("value", ["a\nEXEC System x", "a\rb", "a\0b"])
def test_no_line_end_reaches_the_wire(peer, channel, value):
    for call in (
        lambda: channel.set_variable("X", value),
        lambda: channel.play(value),
        lambda: channel.set_variables(X=value),
        lambda: channel.execute("EXEC", value),
        lambda: channel.music(value),
        lambda: channel.dial(value, 10, "g"),
        lambda: channel.dial("PJSIP/1001", 10, value),
    ):
        with pytest.raises(UnsafeValue):
            call()
    peer.send(b"200 result=0\n")
    channel.noop()
    assert peer.command() == "NOOP"


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_no_text_becomes_a_second_line_or_argument(text):
    with Peer() as peer:
        peer.send(b"\n200 result=1\n")
        channel = AgiChannel(peer.engine, QUICK)
        try:
            channel.set_variable("X", text)
        except UnsafeValue:
            assert any(character in text for character in "\r\n\0")
            return
        except UnicodeEncodeError:
            return
        line = peer.command()
        inner = line.removeprefix('SET VARIABLE "X" "').removesuffix('"')
        assert "\n" not in line
        assert inner.replace("\\\\", "").replace('\\"', "").count('"') == 0


@pytest.mark.parametrize("value", ["a,RM_PHASE=done", "${SHELL(id)}", '"', "a b", "$[1]", "a\\", "a&b", "가"])
def test_msets_values_are_plain(channel, value):
    with pytest.raises(UnsafeValue):
        channel.set_variables(RM_QUEUE=value)


def test_variables_are_set_in_one_round_trip(peer, channel):
    peer.send(b"200 result=0\n")
    channel.set_variables(RM_PHASE="ringing", DIALSTATUS="", __TRANSFER_CONTEXT="agent-transfer")
    assert peer.command() == "EXEC MSet RM_PHASE=ringing,DIALSTATUS=,__TRANSFER_CONTEXT=agent-transfer"


def test_a_recording_is_of_bridges_only_and_appends(peer, channel):
    peer.send(b"200 result=0\n200 result=0\n")
    channel.record("talk/rm-1.1.wav")
    channel.stop_recording()
    assert [peer.command(), peer.command()] == ["EXEC MixMonitor talk/rm-1.1.wav,ab", "EXEC StopMixMonitor"]
    with pytest.raises(UnsafeValue):
        channel.record("talk/a.wav,b,rm -rf /")  # the third argument would be a program


def test_a_comment_is_written_after_a_tone_until_silence_or_a_hash(peer, channel):
    peer.send(b"200 result=35 (dtmf) endpos=24000\n")
    channel.take_down("/state of things/comment/rm-1.1", 60.0, 3)
    assert peer.command() == 'RECORD FILE "/state of things/comment/rm-1.1" wav "#" 60000 BEEP s=3'


def test_a_comment_that_cannot_be_written_is_a_fault_and_no_hangup(peer, channel):
    peer.send(b"200 result=-1 (writefile) endpos=0\n")
    peer.answer_all(lambda command: b"200 result=6\n" if command == "CHANNEL STATUS" else b"200 result=0\n")
    with pytest.raises(AgiFault, match="not written"):
        channel.take_down("/nowhere/rm-1.1", 60.0, 3)


def test_hanging_up_ends_a_comment(peer, channel):
    peer.send(b"200 result=-1 (hangup) endpos=8000\nHANGUP\n")
    with pytest.raises(CallerHungUp) as gone:
        channel.take_down("/x/rm-1.1", 60.0, 3)
    assert gone.value.sign is HangupSign.LINE


def test_dial_tells_how_it_ended(peer, channel):
    peer.send(b"200 result=0\n200 result=1 (NOANSWER)\n")
    assert channel.dial("PJSIP/1001", 10.0, "gitm(default)") == "NOANSWER"
    assert peer.command() == "EXEC Dial PJSIP/1001,10,gitm(default)"


def test_variables_go_with_dial_and_cost_no_round_trip(peer, channel):
    peer.send(b"200 result=0\n200 result=1 (ANSWER)\n")
    channel.dial("PJSIP/1001", 10.0, "g", RM_PHASE="ringing", __RM_WHISPER="ko/a:ko/b")
    assert peer.command() == "EXEC Dial PJSIP/1001,10,gB(dialling^s^1(RM_PHASE=ringing^__RM_WHISPER=ko/a:ko/b))"


@pytest.mark.parametrize("value", ["a)", "a^RM_PHASE=done", "a,b", "${SHELL(id)}", "a b"])
def test_what_goes_with_dial_is_plain(channel, value):
    with pytest.raises(UnsafeValue):
        channel.dial("PJSIP/1001", 10.0, "g", RM_PHASE=value)


def test_no_more_goes_with_dial_than_the_pbx_sets(channel):
    with pytest.raises(UnsafeValue):
        channel.dial("PJSIP/1001", 10.0, "g", A="1", B="2", C="3", D="4", E="5")


def test_a_hangup_during_dial(peer, channel):
    peer.send(b"HANGUP\n")
    assert hung_up(lambda: channel.dial("PJSIP/1001", 10.0, "g")) is HangupSign.LINE


def test_a_talk_may_take_longer_than_any_command(peer, channel):
    threading.Timer(0.6, lambda: peer.send(b"200 result=0\n200 result=1 (ANSWER)\n")).start()  # command_s is 0.3
    assert channel.dial("PJSIP/1001", 1.0, "g") == "ANSWER"


def test_only_commands_that_take_no_time_are_measured(peer):
    seconds: list[float] = []
    peer.send(ENVIRONMENT + b"200 result=0\n" * 3)
    channel = AgiChannel(peer.engine, QUICK, seconds.append)
    channel.noop()
    channel.wait_for_digit(100)
    channel.set_variables(A="1")
    assert len(seconds) == 2
    assert all(0 < s < 0.3 for s in seconds)

"""The demo's phones without a PBX: what baresip reports, accounts, the summary; and what `call` is told."""

import json
import socket
import threading
import wave

import pytest

from engine.commands import call
from engine.demo import phones
from engine.demo.phones import Account, Kind, PhoneBank, PhoneError
from engine.demo.run import read_accounts, summary
from engine.demo.stage import Tally


def netstring(**message):
    packed = json.dumps(message).encode()
    return b"%d:%b," % (len(packed), packed)


def test_a_phone_has_more_to_say_than_the_longest_call_lasts(tmp_path):
    phones.write_tone(tmp_path / "tone.wav")
    with wave.open(str(tmp_path / "tone.wav")) as tone:
        assert (tone.getframerate(), tone.getsampwidth(), tone.getnchannels()) == (8000, 2, 1)
        assert tone.getnframes() / tone.getframerate() > phones.LONGEST_CALL_S
        assert any(tone.readframes(8000))


@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_what_baresip_reports_is_read_however_it_is_cut(tmp_path, piece):
    seen = []
    bank = PhoneBank(tmp_path, [Account("1001", "x")], ("127.0.0.1", 1), seen.append)
    ours, theirs = socket.socketpair()
    reading = threading.Thread(target=bank._read, args=(ours,))
    reading.start()
    told = netstring(
        event=True, type="CALL_INCOMING", accountaor="sip:1001@h:5060", id="a1", peeruri="sip:0100@h;transport=udp"
    )
    told += netstring(response=True, ok=True, data="") + netstring(event=True, type="REGISTER_OK", accountaor="x")
    told += netstring(
        event=True, type="CALL_CLOSED", accountaor="sip:1001@h", id="a1", peeruri="sip:0100@h", param="486"
    )
    for start in range(0, len(told), piece):
        theirs.sendall(told[start : start + piece])
    theirs.close()
    reading.join(20)
    ours.close()
    assert [(event.kind, event.user, event.call_id, event.peer, event.reason) for event in seen] == [
        (Kind.INCOMING, "1001", "a1", "0100", ""),
        (Kind.CLOSED, "1001", "a1", "0100", "486"),
    ]


def test_a_bank_that_does_not_run_says_so(tmp_path):
    bank = PhoneBank(tmp_path, [], ("127.0.0.1", 1), lambda _: None)
    with pytest.raises(PhoneError):
        bank.dial("1001", "*11")


def test_accounts_are_read_from_agents_csv(tmp_path):
    path = tmp_path / "agents.csv"
    path.write_text(
        "agent,extension,sip_user,sip_secret,name,languages,skills\n1001,1001,1001,geheim,상담사 01,ko,tax:5 city:4\n",
        encoding="utf-8",
    )
    assert read_accounts(path) == {"1001": "geheim"}


def test_the_summary_names_what_was_lost():
    said = summary(Tally(placed=9, answered=7, gave_up=1, lost=1, reasons=["503 Service Unavailable (ko)"]))
    assert said.startswith("9 calls placed: 7 answered, 1 gave up waiting, 1 lost")
    assert "503" in said


@pytest.mark.parametrize("words", [["--press", "1,x"], ["--from", "12ab"], ["--press", "12"]])
def test_keys_and_numbers_that_are_none_are_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        call.run(words)
    assert ended.value.code == 2
    assert "digits" in capsys.readouterr().err or words[0] == "--press"


def test_keys_are_read_with_commas():
    assert call._keys("1, 2,#") == ("1", "2", "#")

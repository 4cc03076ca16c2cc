"""AMI bytes to packets and back: recorded shapes, malformed streams, and no way to smuggle a header."""

from __future__ import annotations

import pytest
from asterisk.ami import Action
from hypothesis import given
from hypothesis import strategies as st

from acd.ami.packets import Framer, NotAnAmiPeer, UnsafeHeader, encode, parse, variables
from dialplan.limits import AMI_PACKET_BYTES

RECORDED = (
    b"Event: HangupRequest\r\nPrivilege: call,all\r\nChannel: PJSIP/1001-00000003\r\nChannelState: 6\r\n"
    b"ChannelStateDesc: Up\r\nCallerIDNum: 1001\r\nCallerIDName: <unknown>\r\nConnectedLineNum: 01012345678\r\n"
    b"Language: ko\r\nAccountCode: \r\nContext: agents\r\nExten: \r\nPriority: 1\r\nUniqueid: pbx-1795507200.6\r\n"
    b"Linkedid: pbx-1795507200.4\r\nCause: 16\r\n\r\n"
)


@given(st.lists(st.integers(1, 60), max_size=40))
def test_framing_does_not_depend_on_how_the_bytes_arrive(cuts: list[int]) -> None:
    stream = b"Asterisk Call Manager/9.0.0\r\n" + RECORDED * 3
    framer, packets, at = Framer(), [], 0
    for cut in [*cuts, len(stream)]:
        packets += framer.feed(stream[at : at + cut])
        at += cut
    packets += framer.feed(stream[at:])
    assert packets == [RECORDED[:-4]] * 3
    assert framer.version == "9.0.0"


def test_a_recorded_event() -> None:
    packet = parse(RECORDED[:-4])
    assert packet is not None
    assert (packet.name, packet.get("Cause"), packet.get("AccountCode"), packet.get("Nothing")) == (
        "HangupRequest",
        "16",
        "",
        "",
    )


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\x0b", "\x0c", "\x1c", "\n", "\r"])
def test_a_callers_name_makes_no_header(separator: str) -> None:
    """The library splits with `str.splitlines`: a name with U+2028 in it would set the Uniqueid."""
    raw = f"Event: Newchannel\r\nUniqueid: 1.1\r\nCallerIDName: x{separator}Uniqueid: 6.6".encode()
    packet = parse(raw)
    assert packet is not None
    assert packet.get("Uniqueid") == "1.1"


def test_variables_of_a_status_event() -> None:
    packet = parse(b"Event: Status\r\nVariable: RM_LANG=ko\r\nVariable: RM_PHASE=waiting\r\nUniqueid: 1.1")
    assert packet is not None
    assert variables(packet) == {"RM_LANG": "ko", "RM_PHASE": "waiting"}
    single = parse(b"Event: Status\r\nVariable: RM_LANG=a=b")
    assert single is not None
    assert variables(single) == {"RM_LANG": "a=b"}


def test_a_variable_that_is_not_set_is_absent() -> None:
    """As Asterisk 22 says it of a caller in the menu: `RM_CONTACT` is no contact called `(null)`."""
    raw = b"Event: Status\r\nVariable: RM_PHASE=menu\r\nVariable: RM_CONTACT=(null)\r\nVariable: RM_TOPIC="
    packet = parse(raw)
    assert packet is not None
    assert variables(packet) == {"RM_PHASE": "menu"}


@pytest.mark.parametrize(
    "raw", [b"", b"Event", b"Event:", b"Nonsense: x", b"\xff\xfe\xfd", b":", b": :", b"Event: \r\n", b"\r\n\r\n"]
)
def test_what_is_no_packet_is_nothing(raw: bytes) -> None:
    assert parse(raw) is None


@given(st.binary(max_size=400))
def test_no_bytes_break_the_parser(raw: bytes) -> None:
    parse(raw)
    parse(b"Event: X\r\n" + raw)


def test_a_packet_without_an_end_is_refused() -> None:
    framer = Framer()
    framer.feed(b"Asterisk Call Manager/9.0.0\r\n")
    framer.feed(b"x" * AMI_PACKET_BYTES)
    with pytest.raises(NotAnAmiPeer):
        framer.feed(b"x")


def test_a_greeting_without_an_end_is_refused() -> None:
    with pytest.raises(NotAnAmiPeer):
        Framer().feed(b"x" * 2000)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=4), st.text(max_size=60))
def test_what_is_encoded_is_one_action_with_its_headers(headers: dict[str, str], variable: str) -> None:
    try:
        data = encode(Action("Setvar", dict(headers), {"V": variable}))
    except UnsafeHeader:
        return
    assert data.endswith(b"\r\n\r\n")
    lines = data[:-4].split(b"\r\n")
    assert len(lines) == 2 + len(headers)
    assert data.count(b"\n") == data.count(b"\r") == len(lines) + 1
    assert b"\0" not in data

"""From a citizen's INVITE to the first sound of the greeting, beside Asterisk alone: Answer() and Playback() of the same file.

One PBX, one run, the two by turns, one call at a time. The phone sends RTP from its answer on, as every carrier's
gateway does (Asterisk's Answer() waits up to 500 ms for it, on both ways). The first packet that is not digital silence
counts.

Run it: `python -m tests.bench.first_rtp [--calls N] [--json]`; exit 1 below the bar.
"""

from __future__ import annotations

import argparse
import statistics
import struct
import sys
import time

from tests.bench.house import opened
from tests.bench.rows import Row, finish, most, percentile, row, told
from tests.bench.sip_ua import Dialog, Ua
from tests.pbx.centre import NUMBER

BAR_P50_MS = 30.0
PLAIN = "0319099998"  # the extension of plain dialplan
HEARD_WITHIN_S = 5.0
SILENT = frozenset(b"\x55\xd5")  # A-law's zeros
PAUSE_S = 0.05


def call_s(ua: Ua, number: str) -> float | None:
    """Seconds from the INVITE to the first sound; None when there was none in time."""
    while _received(ua, 0.001):
        pass  # of the call before
    dialog = ua.call(number)
    heard_at = None
    until = dialog.asked_at + HEARD_WITHIN_S
    while heard_at is None and (left_s := until - time.perf_counter()) > 0:
        packet = _received(ua, left_s)
        if packet and not SILENT.issuperset(packet[12:]):
            heard_at = time.perf_counter()
    dialog.hang_up()
    ua.dialogs.pop(dialog.call_id, None)
    return None if heard_at is None else heard_at - dialog.asked_at


def _received(ua: Ua, timeout_s: float) -> bytes:
    ua.rtp.settimeout(timeout_s)
    try:
        return ua.rtp.recv(2048)
    except TimeoutError:
        return b""


def speaks(ua: Ua, dialog: Dialog, number: int = 0) -> None:
    """A packet of silence every 20 ms until the call is over."""
    if dialog.ended.is_set() or dialog.rtp_peer is None:
        return
    ua.rtp.sendto(
        struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, 160 * number, ua.port) + b"\xd5" * 160, dialog.rtp_peer
    )
    ua.loop.later(0.02, lambda: speaks(ua, dialog, number + 1))


def run(calls: int) -> list[Row]:
    """The rows, as `./ringmaster bench` prints them."""
    ours: list[float | None] = []
    plain: list[float | None] = []
    with opened() as (loop, centre):
        greeting = centre.settings.state / "asterisk" / "data" / "sounds" / "greeting"
        for priority, what in enumerate(("Answer()", f"Playback({greeting})", "Hangup()"), 1):
            centre.console(f"dialplan add extension {PLAIN},{priority},{what} into from-carrier")
        ua = Ua(loop, "01012345678", centre.sip)
        ua.on_answer = lambda dialog, now: speaks(ua, dialog)
        for _ in range(3):  # to warm both
            call_s(ua, NUMBER)
            call_s(ua, PLAIN)
        for _ in range(calls):
            for number, samples in ((NUMBER, ours), (PLAIN, plain)):
                samples.append(call_s(ua, number))
                time.sleep(PAUSE_S)
    return _rows([one for one in ours if one is not None], [one for one in plain if one is not None], calls)


def _rows(ours: list[float], plain: list[float], calls: int) -> list[Row]:
    detail = f"{len(ours)} calls of ours and {len(plain)} of Asterisk alone, by turns"
    over = "first_rtp_over_asterisk_p50"
    if not ours or not plain:
        return [most(over, None, "ms", BAR_P50_MS, detail)]
    over_ms = 1000 * (statistics.median(ours) - statistics.median(plain))
    whole = len(ours) == len(plain) == calls  # every caller has heard it
    rows = [row(over, over_ms, "ms", BAR_P50_MS, whole and over_ms <= BAR_P50_MS, detail)]
    for name, samples in (("ours", ours), ("asterisk_alone", plain)):
        rows.append(told(f"first_rtp_{name}_p50", 1000 * statistics.median(samples), "ms", detail))
        rows.append(told(f"first_rtp_{name}_p99", 1000 * percentile(samples, 0.99), "ms", detail))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    return finish(run(options.calls), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())

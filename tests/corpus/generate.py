"""Malformed input by a seed: the files of this folder, damaged again and again. Standard library only.

    python -m tests.corpus.generate KIND --seed 7 --count 100 FOLDER      KIND: agi, ami, sip, yaml, http

The same seed gives the same bytes on every machine, so a failure is told by its kind, seed and number alone.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
KINDS = ("agi", "ami", "sip", "yaml")
_LARGE = 60_000  # files above are bounds by themselves, and would make every damaged copy slow
_TOKENS = (
    b"", b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\t", b" " * 50, b":", b"::", b";", b",", b"=", b"<", b">", b'"', b"\\",
    b"&", b"|", b"*", b"?", b"#", b"%", b"%00", b"%n%n%s", b"-1", b"4294967296", b"99999999999999999999", b"1e999", b"NaN",
    b"${SHELL(id)}", b"$[1/0]", b"`id`", b"'; drop table facts; --", b"{{7*7}}", b"<script>", b"../../../etc/passwd",
    b"A" * 300, b"A" * 9000, b"\xff\xfe", b"\xc3(", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xc2\x85", b"\xf0\x9f\x98\x80", b"\x1b[2J",
    b"HANGUP\n", b"200 result=-1\n", b"511 dead\n", b"Action: Originate\r\n", b"Event: Hangup\r\n", b"- ", b"[", b"]", b"{", b"}",
    b"!!python/object ", b"&a ", b"*a ", b"---\n", b"Via: x\r\n", b"Content-Length: -1\r\n", b"INVITE ", b"SIP/2.0",
)  # fmt: skip


@cache
def cases(kind: str) -> tuple[tuple[str, bytes], ...]:
    """Every file of a kind: (its name without the ending, its bytes), in the order of names."""
    return tuple((path.stem, path.read_bytes()) for path in sorted((HERE / kind).glob(f"*.{kind}")))


def damaged(kind: str, rng: random.Random) -> bytes:
    """A case, changed in up to six places: cut, doubled, moved, filled with what readers stumble over."""
    small = [data for _, data in cases(kind) if len(data) <= _LARGE]
    data = bytearray(rng.choice(small))
    for _ in range(rng.randrange(7)):
        start = rng.randint(0, len(data))
        end = min(len(data), start + rng.choice((0, 0, 1, 1, 2, 8, 40, 400)))
        piece = bytes(data[start:end])
        match rng.randrange(6):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = piece * rng.choice((1, 2, 20))
            case 2:
                data[start:end] = rng.choice(_TOKENS)
            case 3:
                data[start:end] = rng.randbytes(end - start)
            case 4:
                other = rng.choice(small)
                at = rng.randint(0, len(other))
                data[start:end] = other[at : at + 200]
            case _:
                data[start:start] = rng.choice(_TOKENS)
    return bytes(data[:_LARGE])


_METHODS = (
    b"GET",
    b"GET",
    b"GET",
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"TRACE",
    b"CONNECT",
    b"get",
    b"X" * 40,
    b"",
)
_PATHS = (
    b"/", b"/metrics", b"/healthz", b"/snapshot.json", b"/nothing", b"//", b"/../../etc/passwd", b"/%2e%2e/%00", b"*", b"",
    b"http://127.0.0.1/metrics", b"/metrics?" + b"a=b&" * 500, b"/" + b"x" * 9000, b"/\xff\xfe", b"/metrics#x", b"/login", b"/reports.csv?by=",
    b"/static/..%2fapp.py", b"/?lang=%zz",
)  # fmt: skip
_VERSIONS = (
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/9.9",
    b"HTTP/1",
    b"http/1.1",
    b"",
    b"HTTP/1.1 x",
    b"\0",
)
_HEADERS = (
    b"Host: 127.0.0.1", b"Host: 127.0.0.1", b"Host:", b"Host: a b", b"Host: [::1", b"Content-Length: 5", b"Content-Length: -1",
    b"Content-Length: x", b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"Transfer-Encoding: x, chunked",
    b"Connection: close", b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Expect: 100-continue", b"Range: bytes=" + b"0-," * 2000,
    b"Cookie: " + b"a=b; " * 1000, b"X: " + b"y" * 9000, b" folded", b"no colon", b": no name", b"X\0Y: z", b"X: a\0b", b"Accept: */*",
    b"Origin: null", b"Cookie: ringmaster=9999999999.ffff", b"Content-Type: application/x-www-form-urlencoded",
)  # fmt: skip


def http(rng: random.Random) -> bytes:
    """A request that is nearly one, several in a row, or none at all. /events is left out: its answer never ends."""
    if rng.random() < 0.08:
        return rng.randbytes(rng.randrange(1, 400)) + rng.choice((b"", b"\r\n\r\n"))
    request = b" ".join((rng.choice(_METHODS), rng.choice(_PATHS), rng.choice(_VERSIONS)))
    end = rng.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"))
    lines = [request, *(rng.choice(_HEADERS) for _ in range(rng.choice((0, 1, 2, 3, 5, 120))))]
    whole = (
        end.join(lines)
        + end * 2
        + rng.choice((b"", b"", b"hello", b"password=" + b"x" * 5000, b"5\r\nhello\r\n0\r\n\r\n"))
    )
    if rng.random() < 0.15:
        whole = whole[: rng.randrange(len(whole) + 1)]
    return whole * (3 if rng.random() < 0.05 else 1)


def one(kind: str, rng: random.Random) -> bytes:
    """The next case of a kind."""
    return http(rng) if kind == "http" else damaged(kind, rng)


def many(kind: str, seed: int, count: int) -> Iterator[bytes]:
    """So many cases; the number n of a seed is always the same."""
    rng = random.Random(f"{kind} {seed}")
    for _ in range(count):
        yield one(kind, rng)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Write malformed input to files.")
    parser.add_argument("kind", choices=(*KINDS, "http"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(many(options.kind, options.seed, options.count)):
        (options.folder / f"{options.kind}-{options.seed}-{number:06d}.{options.kind}").write_bytes(data)


if __name__ == "__main__":
    _main()

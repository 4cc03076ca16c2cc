"""What stands in a SIP message, and the answer to a digest challenge: text in, text out."""

from __future__ import annotations

import hashlib
import random
import re


def header(text: str, name: str) -> str:
    match = re.search(rf"^{name}\s*:\s*(.*?)\r$", text, re.IGNORECASE | re.MULTILINE)
    return match.group(1) if match else ""


def headers(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}\s*:\s*(.*?)\r$", text, re.IGNORECASE | re.MULTILINE)


def rtp_peer(text: str) -> tuple[str, int] | None:
    """Where its SDP wants the sound."""
    host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", text, re.MULTILINE)
    return (host.group(1), int(port.group(1))) if host and port else None


def digest(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The header's value that answers this challenge."""
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    h = lambda s: hashlib.md5(s.encode()).hexdigest()  # noqa: E731, S324 - what SIP's digest is
    ha1 = h(f"{user}:{fields['realm']}:{password}")
    ha2 = h(f"{method}:{uri}")
    cnonce, nc = f"{random.getrandbits(32):08x}", "00000001"
    qop = "auth" if "qop" in fields else ""
    response = h(f"{ha1}:{fields['nonce']}:{nc}:{cnonce}:{qop}:{ha2}") if qop else h(f"{ha1}:{fields['nonce']}:{ha2}")
    parts = [
        f'username="{user}"',
        f'realm="{fields["realm"]}"',
        f'nonce="{fields["nonce"]}"',
        f'uri="{uri}"',
        f'response="{response}"',
        "algorithm=MD5",
    ]
    if qop:
        parts += [f"qop={qop}", f"nc={nc}", f'cnonce="{cnonce}"']
    if "opaque" in fields:
        parts.append(f'opaque="{fields["opaque"]}"')
    return "Digest " + ", ".join(parts)

"""Telephone numbers in a database that others may read: only who has the centre's key can open them.

Encrypt, then authenticate, from the standard library's HMAC-SHA-256 alone: a keystream of HMAC(key, nonce, counter),
and a tag over contact, nonce and text, so that a sealed number opens in its own row only. A nonce is drawn each time.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from itertools import count

_NONCE_BYTES = _TAG_BYTES = 16


class Seal:
    """One centre's. `seal` and `open` are each other's inverse."""

    def __init__(self, secret: str) -> None:
        """`secret` is any secret of the centre's; the keys made of it serve for nothing else."""
        self._stream_key = hmac.digest(secret.encode(), b"call-back numbers: stream", "sha256")
        self._tag_key = hmac.digest(secret.encode(), b"call-back numbers: tag", "sha256")

    def seal(self, contact_id: str, number: str) -> str:
        """The number as it may be kept: ASCII, different each time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        text = self._crypt(nonce, number.encode())
        return base64.b64encode(nonce + self._tag(contact_id, nonce, text) + text).decode("ascii")

    def open(self, contact_id: str, sealed: str) -> str:
        """The number. ValueError when it was sealed with another key, for another contact, or was changed."""
        raw = base64.b64decode(sealed, validate=True)
        nonce, tag = raw[:_NONCE_BYTES], raw[_NONCE_BYTES : _NONCE_BYTES + _TAG_BYTES]
        text = raw[_NONCE_BYTES + _TAG_BYTES :]
        if not hmac.compare_digest(tag, self._tag(contact_id, nonce, text)):
            raise ValueError(f"the number of call-back {contact_id} was not sealed with this centre's key")
        return self._crypt(nonce, text).decode()

    def _tag(self, contact_id: str, nonce: bytes, text: bytes) -> bytes:
        whose = contact_id.encode()
        return hmac.digest(self._tag_key, len(whose).to_bytes(4) + whose + nonce + text, "sha256")[:_TAG_BYTES]

    def _crypt(self, nonce: bytes, text: bytes) -> bytes:
        stream = bytearray()
        for number in count():
            if len(stream) >= len(text):
                break
            stream += hmac.digest(self._stream_key, nonce + number.to_bytes(4), "sha256")
        return bytes(one ^ other for one, other in zip(text, stream, strict=False))

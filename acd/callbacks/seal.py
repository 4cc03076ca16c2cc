"""Telephone numbers in a database that others may read: only who has the centre's key can open them.

AES-256-GCM with the contact's id as associated data: a sealed number opens in its own row only. A nonce is drawn for
each sealing.
"""

from __future__ import annotations

import base64
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Seal:
    """One centre's. `seal` and `open` are each other's inverse."""

    def __init__(self, secret: str) -> None:
        """`secret` is any secret of the centre's; the key made of it serves for nothing else."""
        self._cipher = AESGCM(hmac.digest(secret.encode(), b"numbers of call-backs", "sha256"))

    def seal(self, contact_id: str, number: str) -> str:
        """The number as it may be kept: ASCII, different each time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, number.encode(), contact_id.encode())
        return base64.b64encode(nonce + sealed).decode("ascii")

    def open(self, contact_id: str, sealed: str) -> str:
        """The number. ValueError when it was sealed with another key, for another contact, or was changed."""
        raw = base64.b64decode(sealed, validate=True)
        try:
            number = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], contact_id.encode())
        except InvalidTag:
            raise ValueError(f"the number of call-back {contact_id} was not sealed with this centre's key") from None
        return number.decode()

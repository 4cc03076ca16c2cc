"""What of Asterisk's configuration is encryption: the TLS transport, SRTP, and which phones and carriers have both.

Text only; engine/pbxconfig.py writes it, engine/certificate.py makes the certificate.
"""

from __future__ import annotations

from pathlib import Path

from dialplan.ruleset import Ruleset
from engine import certificate
from engine.settings import Encryption, RunSettings

MACHINES_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
# Of TLS 1.2, by forward secrecy and authenticated, for certificates of both kinds; TLS 1.3 has its own.
CIPHERS = tuple(
    f"ECDHE-{kind}-{cipher}"
    for cipher in ("AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-GCM-SHA256")
    for kind in ("ECDSA", "RSA")
)


def wanted(settings: RunSettings, ruleset: Ruleset) -> bool:
    """Whether anybody is encrypted: then there are a certificate, a transport and SRTP."""
    return settings.phone_encryption is not Encryption.OFF or any(one.encrypted for one in ruleset.trunks.carriers)


def phones(settings: RunSettings) -> str:
    """The phones' own lines."""
    if settings.phone_encryption is Encryption.OFF:
        return "media_encryption = no"
    optional = settings.phone_encryption is Encryption.OFFERED
    lines = ["media_encryption = sdes", f"media_encryption_optimistic = {'yes' if optional else 'no'}"]
    # Rung and asked over TLS only: a phone that has registered in the clear is never reachable.
    return "\n".join(lines if optional else [*lines, "transport = tls"])


def carrier() -> str:
    """An encrypted carrier's own lines."""
    return "media_encryption = sdes\nmedia_encryption_optimistic = no\ntransport = tls\n"


def modules(settings: RunSettings, ruleset: Ruleset) -> str:
    """What modules.conf includes."""
    if not wanted(settings, ruleset):
        return "; RINGMASTER_PHONE_ENCRYPTION is off, and no carrier in trunks.yaml is `encrypted`.\n"
    return "require = res_srtp.so                  ; sound of phones and carriers that are encrypted\n"


def transport(settings: RunSettings, ruleset: Ruleset) -> str:
    """[tls]: TLS 1.2 and 1.3, for who calls in and for whom we call; a carrier's certificate is checked.

    `tlsv1_2` would be that version and no other, and no method at all TLS 1.0. `sslv23` is OpenSSL's old word for
    whatever both sides have; versions before 1.2 have none of these ciphers.
    """
    if not wanted(settings, ruleset):
        return "; No [tls]: nobody is encrypted.\n"
    pem = certificate.files(settings.state).pem
    authorities = settings.tls_authorities or MACHINES_AUTHORITIES
    return (
        f"[tls](outside)\ntype = transport\nprotocol = tls\nbind = {settings.bind}:{settings.sip_tls_port}\n"
        f"cert_file = {pem}\npriv_key_file = {pem}\n"
        f"method = sslv23\ncipher = {','.join(CIPHERS)}\nca_list_file = {authorities}\nverify_server = yes\n"
    )


def make_certificate(settings: RunSettings, ruleset: Ruleset) -> None:
    """At the first need, and again before it ends."""
    if wanted(settings, ruleset):
        certificate.ensure(settings.state, (settings.bind, f"{settings.node}.ringmaster.internal"))

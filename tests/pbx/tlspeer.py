"""SIP over TLS by hand, as a carrier speaks it: one connection, whole messages, and SRTP's own proof that sound is sealed."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import re
import socket
import ssl
import threading
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

CRYPTO = "AES_CM_128_HMAC_SHA1_80"
TAG_BYTES = 10


class Authority:
    """Who signs carriers' certificates."""

    def __init__(self, folder: Path, name: str = "carriers") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._folder = folder
        self.file = folder / f"{name}.pem"
        made = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def certificate(self, address: str) -> Path:
        """For a host at this address: a file with key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        made = self._signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)]), key, alternative)
        path = self._folder / f"{self.file.stem}-{address}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(extension, critical=True)
            .sign(self._key, hashes.SHA256())
        )


class Sound:
    """A UDP socket for RTP, and the keys of both directions (RFC 4568)."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(10)
        self.key = base64.b64encode(bytes(range(30))).decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def sdp(self, *, encrypted: bool = True) -> str:
        port = self.socket.getsockname()[1]
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {port} {'RTP/SAVP' if encrypted else 'RTP/AVP'} 8\r\na=rtpmap:8 PCMA/8000\r\n"
            + (f"a=crypto:1 {CRYPTO} inline:{self.key}\r\n" if encrypted else "")
        )

    def sealed_by(self, sdp: str, packets: int = 20) -> int:
        """How many of the next packets carry the tag that only who has the offered key can make (RFC 3711)."""
        found = re.search(rf"a=crypto:\d+ {CRYPTO} inline:([A-Za-z0-9+/=]+)", sdp)
        assert found, sdp
        both = base64.b64decode(found[1])
        salted = bytearray(both[16:30] + b"\0\0")
        salted[7] ^= 0x01  # label of the authentication key
        keys = Cipher(algorithms.AES(both[:16]), modes.CTR(bytes(salted))).encryptor().update(b"\0" * 20)
        sealed = 0
        for _ in range(packets):
            packet = self.socket.recv(2048)
            # The rollover counter is 0: the sequence number has not wrapped in the first second.
            tag = hmac.new(keys, packet[:-TAG_BYTES] + b"\0\0\0\0", hashlib.sha1).digest()[:TAG_BYTES]
            sealed += tag == packet[-TAG_BYTES:]
        return sealed


class Peer:
    """One TLS connection that carries SIP."""

    def __init__(self, line: ssl.SSLSocket) -> None:
        line.settimeout(15)
        self.line = line
        self.host, self.port = line.getsockname()[:2]
        self._rest = b""

    @classmethod
    def to(cls, server: tuple[str, int], trusts: Path, address: str) -> Self:
        """A connection from `address`; the server must have exactly the certificate that is trusted."""
        context = ssl.create_default_context(cafile=str(trusts))
        plain = socket.create_connection(server, timeout=15, source_address=(address, 0))
        return cls(context.wrap_socket(plain, server_hostname=server[0]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def send(
        self, method: str, number: str, server: tuple[str, int], body: str = "", *, cseq: int = 1, to_tag: str = ""
    ) -> None:
        to = f"<sip:{number}@{server[0]}>{';tag=' + to_tag if to_tag else ''}"
        self.line.sendall(
            (
                f"{method} sip:{number}@{server[0]}:{server[1]};transport=tls SIP/2.0\r\n"
                f"Via: SIP/2.0/TLS {self.host}:{self.port};rport;branch=z9hG4bK{id(self)}{cseq}{method}\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:01012345678@{self.host}>;tag=t\r\nTo: {to}\r\n"
                f"Call-ID: {id(self)}-{number}@{self.host}\r\nCSeq: {cseq} {method}\r\n"
                f"Contact: <sip:01012345678@{self.host}:{self.port};transport=tls>\r\n"
                + ("Content-Type: application/sdp\r\n" if body else "")
                + f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )

    def read(self) -> str:
        """The next whole message."""
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, rest = self._rest.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length:\s*(\d+)", head)[1])  # type: ignore[index]
        while len(rest) < length:
            self._more()
            rest = self._rest.partition(b"\r\n\r\n")[2]
        self._rest = rest[length:]
        return (head + b"\r\n\r\n" + rest[:length]).decode()

    def final(self) -> str:
        """The next answer that is a last one."""
        while True:
            said = self.read()
            if said.startswith("SIP/2.0 ") and said[8] != "1":
                return said

    def _more(self) -> None:
        data = self.line.recv(65536)
        if not data:
            raise ConnectionError("the other side has closed")
        self._rest += data


class Listener:
    """A carrier's door: takes connections, and keeps the first message of each."""

    def __init__(self, host: str, certificate: Path, port: int = 5061) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._door = socket.create_server((host, port))
        self._door.settimeout(0.2)
        self.heard: list[str] = []
        self.refused: list[str] = []
        self._open = True
        self._thread = threading.Thread(target=self._take, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._thread.join()
        self._door.close()

    def _take(self) -> None:
        while self._open:
            try:
                plain, _ = self._door.accept()
            except TimeoutError:
                continue
            try:
                plain.settimeout(10)
                with Peer(self._context.wrap_socket(plain, server_side=True)) as peer:
                    said = peer.read()
                    self.heard.append(said)
                    peer.line.sendall(_refusal(said).encode())
            except (OSError, ConnectionError) as error:
                self.refused.append(str(error))
                plain.close()


def _refusal(request: str) -> str:
    """486 to it."""
    kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*$", request.replace("\r", ""), re.MULTILINE)
    lines = [line + ";tag=carrier" if line.startswith("To:") else line for line in kept]
    return "\r\n".join(["SIP/2.0 486 Busy Here", *lines, "Content-Length: 0", "", ""])

"""`audit` against an index that speaks PyPI's JSON: what it knows is told, and what it does not know is never called sound."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine import cli

HASH = "0" * 64
KNOWN = {  # in the form of the index's own answers
    "/pypi/starlette/0.49.0/json": {
        "info": {"name": "starlette"},
        "vulnerabilities": [
            {
                "id": "PYSEC-2025-1", "aliases": ["CVE-2025-62727"], "fixed_in": ["0.49.1"], "withdrawn": None,
                "summary": "Range headers cost quadratic time", "details": "…", "link": "https://osv.dev/PYSEC-2025-1",
            },
            {"id": "PYSEC-2024-9", "withdrawn": "2025-01-01T00:00:00Z", "aliases": [], "fixed_in": [], "details": "no"},
        ],
    },
    "/pypi/anyio/4.16.0/json": {"info": {"name": "anyio"}, "vulnerabilities": []},
    "/pypi/odd/1.0/json": {"info": {"name": "odd"}},
}  # fmt: skip


class _Index(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said = KNOWN.get(self.path)
        self.send_response(200 if said else 404)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode() if said else b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Index)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join(20)
    server.server_close()


def _lock(folder: Path, *releases: str) -> str:
    path = folder / "some.lock"
    path.write_text("".join(f"{one} \\\n    --hash=sha256:{HASH}\n    # via ringmaster\n" for one in releases))
    return str(path)


def test_a_known_vulnerability_fails_and_names_the_release_that_mends_it(index, tmp_path, capsys):
    assert cli.main(["audit", "--index", index, "--lock", _lock(tmp_path, "anyio==4.16.0", "starlette==0.49.0")]) == 1
    said = capsys.readouterr()
    assert "starlette 0.49.0: PYSEC-2025-1 (CVE-2025-62727), mended in 0.49.1" in said.out
    assert "PYSEC-2024-9" not in said.out  # withdrawn
    assert "1 known vulnerabilities in 2 releases" in said.err


def test_sound_is_only_what_the_index_calls_sound(index, tmp_path, capsys):
    assert cli.main(["audit", "--index", index, "--lock", _lock(tmp_path, "anyio==4.16.0")]) == 0
    lock = _lock(tmp_path, "anyio==4.16.0", "odd==1.0", "nowhere==1.0")
    assert cli.main(["audit", "--index", index, "--lock", lock, "--json"]) == 69
    told = json.loads(capsys.readouterr().out)
    assert told["unknown"] == {
        "odd==1.0": "the answer has no list of vulnerabilities",
        "nowhere==1.0": "404 Not Found",
    }


def test_an_index_that_is_not_there_is_not_asked_for_ever(tmp_path, capsys):
    lock = _lock(tmp_path, *(f"package{n}==1.0" for n in range(40)))
    assert cli.main(["audit", "--index", "http://127.0.0.1:9", "--lock", lock, "--json"]) == 69
    told = json.loads(capsys.readouterr().out)
    assert (told["asked"], len(told["unknown"])) == (3, 40)


@pytest.mark.parametrize("index", ["http://index.example", "index.example", "http://127.0.0.1:port", "https://[::1"])
def test_an_index_without_encryption_elsewhere_is_not_asked(index, tmp_path, capsys):
    with pytest.raises(SystemExit):
        cli.main(["audit", "--index", index, "--lock", _lock(tmp_path, "a==1")])
    assert index in capsys.readouterr().err


def test_two_releases_of_one_package_are_two(tmp_path, capsys):
    lock = _lock(tmp_path, "numpy==1.0", "numpy==2.0")
    assert cli.main(["audit", "--index", "http://127.0.0.1:9", "--lock", lock]) == 69
    said = capsys.readouterr().err
    assert "no word on 2 of 2 releases" in said
    assert "0 known vulnerabilities in 0 releases" in said


def test_a_lock_without_a_release_is_no_sound_one(tmp_path, capsys):
    (tmp_path / "some.lock").write_text("# nothing here\n")
    assert cli.main(["audit", "--index", "http://127.0.0.1:9", "--lock", str(tmp_path / "some.lock")]) == 1
    assert "names no release" in capsys.readouterr().err
    assert cli.main(["audit", "--index", "http://127.0.0.1:9", "--lock", str(tmp_path / "none")]) == 1
    assert f"{tmp_path / 'none'}: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"", b"["]
)
def test_what_speaks_no_json_has_no_word(said: bytes, tmp_path, capsys):
    body = b"[" * 100_000
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = said if said != b"[" else b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        server.settimeout(20)
        thread = threading.Thread(target=_say_once, args=(server, answer), daemon=True)
        thread.start()
        index = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert cli.main(["audit", "--index", index, "--lock", _lock(tmp_path, "a==1"), "--json"]) == 69
        thread.join(20)
    assert json.loads(capsys.readouterr().out)["unknown"]["a==1"]


def _say_once(server: socket.socket, answer: bytes) -> None:
    with server.accept()[0] as one:
        one.recv(65536)
        one.sendall(answer)

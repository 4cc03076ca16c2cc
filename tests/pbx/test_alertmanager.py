"""An alert's whole way: our rules in a real Prometheus, our routes in a real Alertmanager, and a receiver that gets it.

Only addresses and waiting times are other than in `monitoring/`. There is no engine: that is what the alert says.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from centre import wait_for
from programs import running

from engine import fetch
from engine.settings import free_port

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(180)]
MONITORING = Path(__file__).resolve().parents[2] / "monitoring"


class Receiver(ThreadingHTTPServer):
    """The example receiver: a program on this machine that takes Alertmanager's JSON."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received += body["alerts"]
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        """An engine's metrics, as far as the alert looks: it is up."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"ringmaster_build_info 1\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_an_alert_reaches_its_receiver_and_so_does_its_end(receiver: Receiver, tmp_path: Path) -> None:
    taken: set[int] = set()
    ports = {name: free_port(taken) for name in ("engine", "alertmanager", "prometheus")}
    _write(tmp_path, ports, receiver.server_address[1])
    alertmanager = [
        *_alertmanager(tmp_path),
        f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}/am", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
    ]  # fmt: skip
    prometheus = [
        *fetch.program("prometheus").argv(),
        f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
    ]  # fmt: skip
    there = fetch.program("alertmanager").root
    with running(alertmanager, tmp_path / "am.log", there), running(prometheus, tmp_path / "prometheus.log"):
        said = lambda: (tmp_path / "am.log").read_text()[-1500:] + (tmp_path / "prometheus.log").read_text()[-1500:]  # noqa: E731
        wait_for(lambda: receiver.received, 60, said)
        assert {one["labels"]["alertname"] for one in receiver.received} == {"RingmasterEngineDown"}  # no consequences
        (first, *_) = receiver.received
        assert first["status"] == "firing"
        assert (MONITORING.parent / first["annotations"]["runbook"]).exists()
        back = ThreadingHTTPServer(("127.0.0.1", ports["engine"]), _Handler)
        threading.Thread(target=back.serve_forever, daemon=True).start()
        try:
            wait_for(lambda: receiver.received[-1]["status"] == "resolved", 60, said)
        finally:
            back.shutdown()
            back.server_close()


def _alertmanager(folder: Path) -> list[str]:
    """Debian's program reads its templates from /usr/share, and here it is unpacked elsewhere.

    A copy looks for them below the folder it is started in: the same path, as long as before, without the first slash.
    """
    program = fetch.program("alertmanager")
    *loader, original = program.argv()
    copy = folder / "alertmanager"
    copy.write_bytes(Path(original).read_bytes().replace(b"/usr/share/prometheus/", b"usr//share/prometheus/"))
    copy.chmod(0o755)
    return [*loader, str(copy)]


def _write(folder: Path, ports: dict[str, int], receiver: int) -> None:
    """The committed files with this run's addresses, and without the patience that real people want."""
    prometheus = (MONITORING / "prometheus/prometheus.yml").read_text()
    for port, name in (("9100", "engine"), ("9093", "alertmanager"), ("9090", "prometheus")):
        prometheus = prometheus.replace(f"127.0.0.1:{port}", f"127.0.0.1:{ports[name]}")
    prometheus = re.sub(r"(scrape|evaluation)_interval: \d+s", r"\1_interval: 1s", prometheus)
    prometheus = prometheus.replace("rules/*.yml", f"{MONITORING}/prometheus/rules/*.yml")
    (folder / "prometheus.yml").write_text(prometheus)
    routes = (MONITORING / "alertmanager/alertmanager.yml").read_text()
    routes = routes.replace("127.0.0.1:9094", f"127.0.0.1:{receiver}").replace(
        "group_interval: 1m", "group_interval: 1s"
    )
    (folder / "alertmanager.yml").write_text(routes)

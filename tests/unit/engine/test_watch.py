"""`watch` and its feed, against an HTTP server that answers as an engine does, or does not."""

import http.server
import json
import threading
from contextlib import contextmanager

import pytest

from engine import feed, ready
from engine.commands import watch

SNAPSHOT = {"at": 1_795_507_200.0, "counts": {"answered": 7}, "waiting": {"ko": {"count": 2, "oldest_s": 3.0}}}


@contextmanager
def engine_that_answers(state, body=None, status=200):
    """A real HTTP server where ready.json says that the engine is."""
    sent = json.dumps(SNAPSHOT).encode() if body is None else body

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    address = ready.Address(host="127.0.0.1", port=server.server_port)
    ami = ready.AmiAddress(host="127.0.0.1", port=1, user="u", secret="s")
    ready.Ready(sip=address, http=address, ami=ami, agi=address, pid=1, asterisk_pid=1, supervisor_pid=1).save(state)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_json_is_the_snapshot_and_nothing_else(tmp_path, capsys):
    with engine_that_answers(tmp_path):
        assert watch.run(["--state", str(tmp_path), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == SNAPSHOT
    assert said.err == ""


def test_once_prints_one_frame(tmp_path, capsys):
    with engine_that_answers(tmp_path):
        assert watch.run(["--state", str(tmp_path), "--once"]) == 0
    assert "전광판" in capsys.readouterr().out


def test_svg_is_self_contained(tmp_path):
    picture = tmp_path / "board.svg"
    with engine_that_answers(tmp_path):
        assert watch.run(["--state", str(tmp_path), "--svg", str(picture)]) == 0
    drawn = picture.read_text(encoding="utf-8")
    assert "전광판" in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("how", ["--once", "--json"])
def test_without_a_centre_it_says_so(tmp_path, capsys, how):
    assert watch.run(["--state", str(tmp_path), how]) == 1
    said = capsys.readouterr()
    assert "ringmaster up" in said.err
    assert said.out == ""


def test_the_feed_keeps_the_last_board_when_the_engine_goes_and_finds_the_next_one(tmp_path):
    watching = feed.Feed(tmp_path)
    with engine_that_answers(tmp_path):
        assert watching.look() is not None
    assert watching.look() is None
    assert watching.problem is not None
    assert watching.board is not None
    assert watching.board.counts.answered == 7
    with engine_that_answers(tmp_path):
        assert watching.look() is not None
        assert watching.problem is None


@pytest.mark.parametrize(("body", "status"), [(b"no json", 200), (b"[]", 200), (b"wait", 503)])
def test_an_answer_that_is_no_snapshot_is_a_problem_in_words(tmp_path, body, status):
    watching = feed.Feed(tmp_path)
    with engine_that_answers(tmp_path, body, status):
        assert watching.look() is None
    assert watching.problem

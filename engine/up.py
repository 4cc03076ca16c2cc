"""`./ringmaster up`: the parent of everything that runs. Starts Asterisk and the engine, and ends them in order.

It reads the engine's heartbeat, kills an engine that hangs, and starts a new one after one that died, and another
Asterisk after one that died. It is the container's entry point too (then Asterisk is someone else's child). One thread,
no handlers: the signals are blocked and waited for, so nothing interrupts a half-done step.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from dialplan.ruleset import Ruleset
from engine import credentials, fetch, howtocall, logfiles, pbx, pbxconfig, ready
from engine.heartbeat import Watch
from engine.keptpbx import KeptPbx
from engine.onlyone import AlreadyRunning, only_one
from engine.othernodes import OtherNodes
from engine.readiness import Readiness
from engine.settings import RunSettings, child_environment
from engine.standby.places import other_serves, running_on
from engine.standby.rules import FIRST
from engine.webpages import WebPages

RESTART_AFTER_S = 1.0
RESTART_AFTER_AT_MOST_S = 10.0
FIRST_TRIES = 3  # engines that may end before the first one takes calls; then `up` gives up
ENGINE_READY_WITHIN_S = 30.0
ENGINE_STOP_WITHIN_S = 4.0
DESCRIPTORS_WANTED = 65536
_ASK_TO_END = {signal.SIGINT, signal.SIGTERM}
_WAITED_FOR = {*_ASK_TO_END, signal.SIGHUP, signal.SIGCHLD}


class UpError(Exception):
    """The centre cannot be started; the message says why and what to do."""


class _Ended(Exception):
    """Someone asked for the end: Ctrl-C or SIGTERM."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `up` is told beside the settings."""

    restart: bool = True
    engine_only: bool = False
    standby: bool = False  # an engine for another `up`'s centre that waits for its turn (engine/standby/)
    demo: bool = False
    demo_words: tuple[str, ...] = ()  # for its own command line: --rate, --speed
    engine_command: tuple[str, ...] = (sys.executable, "-P", "-m", "engine.serve")


def run(settings: RunSettings, ruleset: Ruleset | None, asterisk: fetch.Program | None, options: Options) -> int:
    """Run until asked to end; the exit code. Raises UpError, AlreadyRunning, PbxError when it cannot start."""
    _raise_descriptor_limit()
    os.umask(0o077)  # whatever is kept is nobody else's, whoever of us writes it
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    with ExitStack() as stack:
        if not options.engine_only:
            stack.enter_context(only_one(settings.lock("up"), running_on(settings.state)))
        centre = _Centre(settings, options, ruleset)
        stack.callback(centre.end)
        stack.callback(centre.end_pages)
        try:
            if options.engine_only:
                centre.join(_running_centre(settings))
            elif not options.standby:
                assert ruleset is not None
                centre.start_pbx(ruleset, asterisk)
            centre.supervise()
        except _Ended:
            return 0
    return 1


class _Centre:
    """What runs, and what to do when it no longer does."""

    # Seconds until the next engine; doubled while none of them gets as far as taking calls.
    _restart_after_s = RESTART_AFTER_S

    def __init__(self, settings: RunSettings, options: Options, ruleset: Ruleset | None) -> None:
        self._settings = settings
        self._options = options
        self._trunks = ruleset.trunks if ruleset else None
        self._pbx: KeptPbx | None = None
        self._readiness = Readiness(settings, self._tell_ready)
        self._others = OtherNodes(settings)
        self._engine: subprocess.Popen[bytes] | None = None
        self._demo: subprocess.Popen[bytes] | None = None
        self._pages: WebPages | None = None
        self._watch = Watch(settings.heartbeat)
        self._announced = False
        self._logs = logfiles.LogFiles(settings.state)
        self._had_terminal = sys.stderr.isatty()
        self._others_pages: ready.Address | None = None  # kept by the `up` that an engine joins
        self.asterisk_pid: int | None = None

    def join(self, known: ready.Ready) -> None:
        """An engine for what another `up` keeps: its Asterisk, and its pages."""
        self.asterisk_pid, self._others_pages = known.asterisk_pid, known.web

    def start_pbx(self, ruleset: Ruleset, asterisk: fetch.Program | None) -> None:
        settings = self._settings
        if not other_serves(settings):
            ready.remove(settings.state)
        secrets = credentials.load_or_make(settings.state, pbxconfig.accounts(ruleset))
        settings.save()
        self._open_pages()
        self._others.start(ruleset, secrets, asterisk, self._pause)
        if asterisk is None:
            self._join_external_pbx(ruleset, secrets)
            return
        pbxconfig.render(settings, ruleset, secrets, asterisk)
        _say("starting Asterisk")
        self._pbx = KeptPbx(settings, asterisk, restart=self._options.restart)
        self._pbx.start(self._pause)
        self.asterisk_pid = self._pbx.pid

    def _open_pages(self) -> None:
        settings = self._settings
        if settings.web_port is None:
            return
        try:
            self._pages = WebPages(settings.state, settings.web_bind, settings.web_port)
        except OSError as error:  # calls are taken without them
            _say(f"no wallboard in the browser: {settings.web_bind} port {settings.web_port}: {error}")

    def _join_external_pbx(self, ruleset: Ruleset, secrets: credentials.Credentials) -> None:
        """Its container may take any time to come up, and may run with the rules of an earlier day."""
        if not (pbxconfig.etc_dir(self._settings) / "asterisk.conf").exists():
            pbxconfig.render(self._settings, ruleset, secrets, None)
        _say("waiting for the PBX")
        while True:
            try:
                if "fully booted" in pbx.console(self._settings, "core waitfullybooted"):
                    break
            except (OSError, pbx.PbxError):
                pass
            self._pause(0.5)
        pbx.apply_rules(self._settings, ruleset)

    def supervise(self) -> None:
        """Start an engine, and another one whenever it ends, until asked to end or until Asterisk is gone."""
        settings = self._settings
        first, failed_starts = True, 0
        while True:
            try:
                with only_one(settings.lock("engine"), f"an engine is running on {settings.state}"):
                    first = False
                    did_its_work = self._run_engine()
            except AlreadyRunning:
                if first:
                    raise
                # Someone was quicker (`up --engine-only`): theirs is the engine now, until it ends.
                self._pause(RESTART_AFTER_S)
                continue
            if not self._options.restart:
                if self._options.engine_only:
                    raise UpError("the engine has ended")
                _say("the engine has ended; Asterisk goes on (`up --engine-only` starts another)")
                while True:
                    self._pause(0.5)
            if did_its_work:
                failed_starts, self._restart_after_s = 0, RESTART_AFTER_S
            else:
                failed_starts += 1
                if not self._announced and failed_starts >= FIRST_TRIES:
                    raise UpError(f"the engine ended {failed_starts} times before it took calls{self._last_words()}")
            _say(f"the engine has ended; another in {self._restart_after_s:.0f} s")
            self._pause(self._restart_after_s)
            if not did_its_work:
                self._restart_after_s = min(2 * self._restart_after_s, RESTART_AFTER_AT_MOST_S)

    def _last_words(self) -> str:
        """What the last engine said and how it ended, for a message."""
        assert self._engine is not None
        code = self._engine.returncode
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        said = logfiles.last_words(self._settings.state / "engine.log") if self._options.demo else ""
        return f" ({how}); its last words:\n{said}" if said else f" ({how}); its last words stand above"

    def _run_engine(self) -> bool:
        """One engine's life: returns when it has ended. True: it has taken calls, or stood by."""
        self._watch.reset(grace_s=ENGINE_READY_WITHIN_S)
        command = [*self._options.engine_command, "--state", str(self._settings.state)]
        if self._settings.place != FIRST:
            command += ["--place", self._settings.place]
        log = None
        if self._options.demo:
            # The terminal belongs to the wallboard.
            log = logfiles.open_to_append(self._settings.state / "engine.log")
        self._engine = subprocess.Popen(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log or sys.stderr.fileno(),
            stderr=log or sys.stderr.fileno(),
            start_new_session=True,
            preexec_fn=pbx.die_with_parent,  # noqa: PLW1509 - one thread
        )
        if log:
            log.close()
        self._readiness = Readiness(self._settings, self._tell_ready)
        while self._engine.poll() is None:
            look_s = self._readiness.look()
            if silent := self._watch.silent_for():
                _say(f"the engine hangs ({silent}): killing it")
                self._engine.kill()
                self._engine.wait()
                break
            self._pause(max(0.0, min(look_s, self._watch.next_look() - time.monotonic())))
        # Callers are in the safety net now, and ready.json still names a PBX that takes calls.
        return self._readiness.did_its_work

    def _tell_ready(self) -> None:
        assert self._engine is not None
        settings = self._settings
        secrets = credentials.load_or_make(settings.state)
        sip_host = "127.0.0.1" if settings.bind == "0.0.0.0" else settings.bind
        ready.Ready(
            sip=ready.Address(host=sip_host, port=settings.sip_port),
            http=ready.Address(host="127.0.0.1", port=settings.http_port),
            ami=ready.AmiAddress(
                host="127.0.0.1", port=settings.ami_port, user=credentials.AMI_USER, secret=secrets.ami_secret
            ),
            agi=ready.Address(host="127.0.0.1", port=settings.agi_port),
            pid=self._engine.pid,
            asterisk_pid=pbx.running_pid(settings) if self._options.standby else self.asterisk_pid,
            supervisor_pid=os.getpid(),
            nodes=self._others.addresses(),
            web=self._pages.address if self._pages else self._others_pages,
            place=settings.place,
        ).save(settings.state)
        if not self._announced:
            self._announced = True
            _say(howtocall.words(settings, sip_host, self._trunks, self._pages.said() if self._pages else None))
            if self._options.demo:
                self._demo = subprocess.Popen(
                    [
                        sys.executable,
                        "-P",
                        "-m",
                        "engine.demo",
                        "--state",
                        str(settings.state),
                        *self._options.demo_words,
                    ],
                    env=child_environment(),
                    preexec_fn=pbx.die_with_parent,  # noqa: PLW1509 - one thread
                )
        else:
            _say("calls are taken again")

    def _pause(self, seconds: float) -> None:
        """Wait for a signal or the time, and deal with what came. Raises _Ended; UpError or PbxError for a sad end."""
        self._logs.look()
        if self._pages is not None:
            self._pages.look()
        got = signal.sigtimedwait(_WAITED_FOR, max(0.0, seconds))
        if got is not None and got.si_signo in _ASK_TO_END:
            raise _Ended
        if got is not None and got.si_signo == signal.SIGHUP:
            if self._had_terminal and not sys.stderr.isatty():
                raise _Ended  # the terminal has been closed, which is another way of saying the same
            if self._engine is not None and self._engine.poll() is None:
                self._engine.send_signal(signal.SIGHUP)
        self._look_after_pbxes()
        if self._demo is not None and (code := self._demo.poll()) is not None:
            if code:
                raise UpError(f"the demo has ended ({code})")
            raise _Ended
        if self._options.engine_only and not self._settings.pbx_external and not ready.alive(self.asterisk_pid):
            raise UpError("Asterisk has ended")

    def _look_after_pbxes(self) -> None:
        """One that died is started again; its calls are gone with it, but the engine lives, and reads the new one."""
        revived = self._others.look_after(self._pause)
        kept = self._pbx
        if kept is not None and kept.has_died():
            _say("Asterisk has died; starting it again")
            if not self._others:  # else calls are taken meanwhile
                if not other_serves(self._settings):
                    ready.remove(self._settings.state)
                self._readiness.is_ready = False
            kept.revive(self._pause)
            self.asterisk_pid, revived = kept.pid, True
        if revived and self._readiness.is_ready:
            self._tell_ready()

    def end_pages(self) -> None:
        """End the pages' process and give their address up, within two seconds."""
        if self._pages is not None:
            self._pages.end()

    def end(self) -> None:
        """End what was started, the callers' sessions first. Never more than ten seconds."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
        if not self._options.engine_only and not other_serves(self._settings):
            ready.remove(self._settings.state)
        for child in (self._demo, self._engine):
            if child is not None and child.poll() is None:
                child.terminate()
        for child in (self._demo, self._engine):
            if child is not None:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(ENGINE_STOP_WITHIN_S)
                if child.poll() is None:
                    child.kill()
                    child.wait()
        self._others.stop()
        if self._pbx is not None:
            self._pbx.stop()
            if self._settings.state not in self._settings.run_dir.parents:
                shutil.rmtree(self._settings.run_dir, ignore_errors=True)
        self._watch.close()


def _running_centre(settings: RunSettings) -> ready.Ready:
    """What the state's ready.json names. UpError when it, or its Asterisk, is not there."""
    known = ready.load(settings.state)
    if known is None:
        raise UpError(f"{ready.path(settings.state)} is missing: no centre is running on this state; start `up` first")
    if not settings.pbx_external and not ready.alive(known.asterisk_pid):
        raise UpError(f"the Asterisk that {ready.path(settings.state)} names is gone; start `up`")
    return known


def _raise_descriptor_limit() -> None:
    """Every call takes descriptors, here none, but in Asterisk and the engine, which inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_WANTED)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

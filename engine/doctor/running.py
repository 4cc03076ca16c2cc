"""The running centre: its processes, its health page, and whether the PBX runs the configuration that it should.

Drift has two steps: what `asterisk-config/` and the rules would write today against the files in STATE/asterisk/etc,
and those files against what the PBX has loaded. Who edits either by hand is found, with the line.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.ami.client import AmiClient
from acd.ami.packets import AmiError
from dialplan.ruleset import Ruleset
from engine import credentials, fetch, pbx, pbxconfig, ready
from engine.doctor.finding import Finding, failure, fine, warning
from engine.settings import RunSettings

AREA = "centre"
AMI_WITHIN_S = 5.0
_PBX = "pbx"
_PRIORITY = re.compile(r"\d+\. (?P<said>.+?)\s+\[(?P<file>[\w.]+):(?P<line>\d+)\]$", re.MULTILINE)
_EVERY_START = re.compile(r"^ORDER_EPOCH = \d+$", re.MULTILINE)


def health(known: ready.Ready | None) -> Iterator[Finding]:
    """Whether calls are taken, by the processes and by the engine's own page."""
    if known is None:
        yield fine(AREA, "processes", "no centre is running on this state")
        return
    dead = [name for name, pid in (("engine", known.pid), ("Asterisk", known.asterisk_pid)) if not ready.alive(pid)]
    if dead:
        yield failure(
            AREA, "processes", f"not alive: {', '.join(dead)}", "start `./ringmaster up`; see STATE/engine.log"
        )
        return
    yield fine(AREA, "processes", f"engine {known.pid}, Asterisk {known.asterisk_pid}")
    try:
        with urllib.request.urlopen(f"http://{known.http.host}:{known.http.port}/readyz", timeout=2) as answer:
            answer.read()
        yield fine(AREA, "calls", "are taken")
    except urllib.error.HTTPError as error:
        why = error.read().decode("utf-8", "replace").strip()
        yield failure(AREA, "calls", f"are not taken: {why}", "wait some seconds; then see docs/when-things-break.md")
    except OSError as error:
        yield failure(AREA, "calls", f"the engine's page does not answer: {error}", "see STATE/engine.log")


def nodes(known: ready.Ready) -> Iterator[Finding]:
    """The further Asterisks' processes, where they are this machine's."""
    for node in known.nodes:
        if node.asterisk_pid is None:
            continue
        if ready.alive(node.asterisk_pid):
            found = fine(AREA, "processes", f"Asterisk {node.asterisk_pid}")
        else:
            remedy = f"`up` starts it again; if it does not, see STATE/nodes/{node.name}/log and start `up` anew"
            found = failure(AREA, "processes", f"not alive: Asterisk {node.asterisk_pid}", remedy)
        yield replace(found, node=node.name)


def ami(settings: RunSettings) -> Finding:
    """Whether AMI takes the engine's word there, and which Asterisk answers."""
    where = f"{settings.ami_host}:{settings.ami_port}"
    secret = credentials.load_or_make(settings.state).ami_secret
    client = AmiClient(
        settings.ami_host, settings.ami_port, credentials.AMI_USER, secret, on_packet=lambda _: None, events=False
    )
    client.start()
    try:
        if not client.logged_in.wait(AMI_WITHIN_S):
            return failure(_PBX, "reach", f"AMI takes no log-in at {where}", f"see {settings.pbx_dir}/log/messages.log")
        said = client.ask("CoreSettings", AMI_WITHIN_S).get("AsteriskVersion")
    except AmiError as error:
        return failure(_PBX, "reach", f"AMI at {where}: {error}", f"see {settings.pbx_dir}/log/messages.log")
    finally:
        client.stop()
    version = tuple(map(int, re.findall(r"\d+", said)[:3]))
    if version < pbx.SECURE_FROM:
        remedy = f"it lacks security fixes that {'.'.join(map(str, pbx.SECURE_FROM))} has: upgrade it"
        return warning(_PBX, "reach", f"AMI answers at {where}: Asterisk {said}", remedy, security=True)
    return fine(_PBX, "reach", f"AMI answers at {where}: Asterisk {said}", security=True)


def files_drift(settings: RunSettings, ruleset: Ruleset, asterisk: fetch.Program | None) -> Iterator[Finding]:
    """The PBX's files as they are against what would be written."""
    etc = pbxconfig.etc_dir(settings)
    secrets = credentials.load_or_make(settings.state, pbxconfig.accounts(ruleset))
    hours = etc / "generated" / "hours.conf"
    if not hours.exists():
        yield failure(_PBX, "files", f"{etc} is incomplete", "start `./ringmaster up`: it writes them anew")
        return
    written = datetime.fromtimestamp(hours.stat().st_mtime + settings.clock_offset_s, UTC)
    wanted = pbxconfig.template_files(settings, ruleset, secrets, asterisk)
    wanted |= pbxconfig.rule_files(settings, ruleset, secrets, written.astimezone(ZoneInfo(pbxconfig.ZONE)).date())
    differing = [place for name, text in wanted.items() if (place := _difference(etc / name, text))]
    for place in differing:
        remedy = "a change of the rules: `./ringmaster reload`; else change asterisk-config/ and start `up` anew"
        yield warning(_PBX, "files", f"not as it would be written: {place}", remedy, security=True)
    if not differing:
        yield fine(_PBX, "files", f"the {len(wanted)} files are as asterisk-config/ and the rules say", security=True)


def _difference(path: Path, wanted: str) -> str | None:
    """The first line that differs. Values are not shown: there are secrets among them."""
    found = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = zip_longest(*(_EVERY_START.sub("", text).splitlines() for text in (found, wanted)))
    number = next((number for number, (one, other) in enumerate(lines, 1) if one != other), None)
    return None if number is None else f"{path.name}:{number}"


def loaded_drift(settings: RunSettings) -> Iterator[Finding]:
    """What the PBX has loaded against its files: the dialplan line by line, phones and carriers by name, rights."""
    try:
        yield _dialplan(settings)
        yield _endpoints(settings)
        yield _modules(settings)
        yield _ami_rights(settings)
    except (OSError, pbx.PbxError) as error:
        if settings.pbx_external and not settings.control_socket.exists():
            remedy = "look at what it runs on its own machine; its files are looked at here"
            yield warning(_PBX, "console", "is not to be reached from here", remedy, security=True)
            return
        remedy = "start `./ringmaster up` anew if it stays so"
        yield failure(_PBX, "console", f"does not answer: {error}", remedy, security=True)


def _dialplan(settings: RunSettings) -> Finding:
    etc = pbxconfig.etc_dir(settings)
    lines: dict[tuple[str, int], str] = {}
    for path in (etc / "extensions.conf", *sorted((etc / "generated").glob("*.conf"))):
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.match(r"\s*(exten|same)\s*=>", text):
                lines[path.name, number] = text
    seen = set()
    for found in _PRIORITY.finditer(pbx.console(settings, "dialplan show")):
        place = found["file"], int(found["line"])
        seen.add(place)
        if found["said"].rstrip(")") not in lines.get(place, ""):
            said = f"the PBX runs something else than {place[0]}:{place[1]} says"
            return failure(_PBX, "dialplan", said, "`./ringmaster reload`, or start `up` anew", security=True)
    missing = [place for place in lines if place not in seen and place[0] in {name for name, _ in seen}]
    if missing:
        said = f"{len(missing)} lines are not loaded, the first: {missing[0][0]}:{missing[0][1]}"
        return failure(_PBX, "dialplan", said, f"`./ringmaster reload`; see {settings.pbx_dir}/log/messages.log")
    return fine(_PBX, "dialplan", f"all {len(seen)} lines are loaded as they are written", security=True)


def _endpoints(settings: RunSettings) -> Finding:
    text = "".join(
        (pbxconfig.etc_dir(settings) / "generated" / name).read_text(encoding="utf-8")
        for name in ("agents.conf", "officials.conf", "carriers.conf")
    )
    wanted = set(re.findall(r"^\[([\w.-]+)\]\((?:agent|official|carrier)-endpoint\)", text, re.MULTILINE))
    listed = re.findall(r"^ Endpoint:  ([^\s/]+)", pbx.console(settings, "pjsip show endpoints"), re.MULTILINE)
    differing = sorted(wanted ^ {name for name in listed if not name.startswith("<")})
    if differing:
        said = f"phones or carriers that are in the files or in the PBX, not in both: {', '.join(differing[:5])}"
        return failure(_PBX, "phones", said, "`./ringmaster reload`", security=True)
    return fine(_PBX, "phones", f"{len(wanted)} phones and carriers, as the files say", security=True)


def _modules(settings: RunSettings) -> Finding:
    missing = pbx.modules_not_running(settings)
    if missing:
        return failure(_PBX, "modules", f"not running: {', '.join(missing)}", "start `up` anew; see messages.log")
    return fine(_PBX, "modules", "all that are needed run")


def _ami_rights(settings: RunSettings) -> Finding:
    told = pbx.console(settings, f"manager show user {credentials.AMI_USER}")
    found = re.search(r"write perm: (\S*)", told)
    more = sorted(set(found[1].split(",")) - _allowed_ami() if found else ())
    if more:
        return failure(
            _PBX, "rights", f"the engine's AMI user may also: {', '.join(more)}", "start `up` anew", security=True
        )
    return fine(_PBX, "rights", "the engine's AMI user has the least classes", security=True)


def _allowed_ami() -> set[str]:
    """The classes that asterisk-config/ gives it."""
    text = (pbxconfig.TEMPLATES / "manager.conf").read_text(encoding="utf-8")
    found = re.search(r"^write = (\S+)", text, re.MULTILINE)
    return set(found[1].split(",")) if found else set()

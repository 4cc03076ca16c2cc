"""Asterisk's configuration files: rendered from `asterisk-config/`, and generated from the operators' rules.

The templates are the same for every run but for names between at-signs. What follows from the rules goes to
`etc/generated/`, and is all that a reload writes anew. Files hold secrets: the folder is the owner's only.
"""

from __future__ import annotations

import csv
import io
import ipaddress
import os
import re
import shutil
import time
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.ami.names import label
from acd.ami.translate import EVENTS
from dialplan.agentrules import AgentRule, Official
from dialplan.language import Language
from dialplan.native import compile_native
from dialplan.ruleset import Ruleset
from engine import fetch, pbxcarriers, pbxencryption
from engine.credentials import AMI_USER, Credentials, supervisor_pins
from engine.settings import LOOPBACK, RunSettings, write_private

TEMPLATES = Path(__file__).resolve().parent.parent / "asterisk-config"
ZONE = "Asia/Seoul"
# Beyond the rules' own bound of calls: callers who wait for a line.
LINES_FOR_WAITING = 500


class ConfigError(Exception):
    """A template and its values do not fit."""


def etc_dir(settings: RunSettings) -> Path:
    """Where Asterisk reads its files."""
    return settings.pbx_dir / "etc"


def render(settings: RunSettings, ruleset: Ruleset, credentials: Credentials, asterisk: fetch.Program | None) -> None:
    """Write all files anew. `asterisk` is None when another machine's package is run (its own paths are used)."""
    base = settings.pbx_dir
    shutil.rmtree(base / "etc", ignore_errors=True)
    for part in ("etc/generated", "lib", "spool/outgoing", "log", "data"):
        (base / part).mkdir(parents=True, exist_ok=True)
    for folder in (settings.state, base, settings.run_dir):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    _data_dir(settings, asterisk)
    _recordings_dir(settings)
    for name, text in template_files(settings, ruleset, credentials, asterisk).items():
        write_private(etc_dir(settings) / name, text)
    write_rules(settings, ruleset, credentials)


def template_files(
    settings: RunSettings, ruleset: Ruleset, credentials: Credentials, asterisk: fetch.Program | None
) -> dict[str, str]:
    """The files of `asterisk-config/` as they are to be in `etc/`, by name."""
    base = settings.pbx_dir
    media = [] if settings.bind in ("0.0.0.0", "::") else [f"media_address = {settings.bind}"]
    media += ["bind_rtp_to_media_address = yes"] if media else []
    own = ruleset.max_calls + LINES_FOR_WAITING + len(ruleset.agents)
    values = {
        "ETC": str(etc_dir(settings)),
        "PROGRAM_DIRECTORIES": _program_directories(asterisk),
        "LIB": str(base / "lib"),
        "DATA": str(base / "data"),
        "SPOOL": str(base / "spool"),
        "RUN": str(settings.run_dir),
        "LOG": str(base / "log"),
        "NODE": settings.node,
        "MAX_CALLS": str(own),
        "AMI_HOST": settings.ami_host,
        "AMI_PORT": str(settings.ami_port),
        "AMI_USER": AMI_USER,
        "AMI_SECRET": credentials.ami_secret,
        "PHONE_ENCRYPTION": pbxencryption.phones(settings),
        "PHONE_NETWORKS": "\n".join(f"permit = {network}" for network in settings.phone_networks),
        "EVENT_FILTERS": _event_filters(asterisk),
        "AMI_PEER": LOOPBACK if ipaddress.ip_address(settings.ami_host).is_loopback else settings.agi_host,
        "ENGINE_HOST": settings.agi_host,
        "AGI_PORT": str(settings.agi_port),
        "BIND": settings.bind,
        "SIP_PORT": str(settings.sip_port),
        "MEDIA_ADDRESS": "\n".join(media),
        "RTP_START": str(settings.rtp_start),
        "RTP_END": str(settings.rtp_end),
        "SOUNDS": str(base / "data" / "sounds"),
        "CLOCK_OFFSET": str(round(settings.clock_offset_s)),
        "ORDER_EPOCH": str(int(time.time()) - 86400),
        "RING_TIMEOUT_S": str(round(max(q.ring_timeout_s for q in ruleset.queues.values()))),
        "WRAPUP_S": str(round(max(q.wrapup_s for q in ruleset.queues.values()))),
    }
    templates = sorted(TEMPLATES.glob("*.conf"))
    return {one.name: fill(one.read_text(encoding="utf-8"), values, one.name) for one in templates}


def fill(text: str, values: dict[str, str], name: str) -> str:
    """`text` with every @NAME@ replaced. A name without a value raises ConfigError, and so does a line break in it."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ConfigError(f"{name}: nothing is known for @{match[1]}@")
        return values[match[1]]

    return re.sub(r"@([A-Z_]+)@", value, text)


def write_rules(settings: RunSettings, ruleset: Ruleset, credentials: Credentials) -> None:
    """Write what follows from the rules, and the accounts of the phones."""
    pbxencryption.make_certificate(settings, ruleset)
    today = datetime.now(ZoneInfo(ZONE)) + timedelta(seconds=settings.clock_offset_s)
    for name, text in rule_files(settings, ruleset, credentials, today.date()).items():
        write_private(etc_dir(settings) / name, text)
    agents = sorted(ruleset.agents.values(), key=lambda agent: agent.id)
    write_private(settings.state / "agents.csv", agents_csv(agents, credentials))
    write_private(settings.state / "officials.csv", officials_csv(_desks(ruleset), credentials))
    supervisor_pins(settings.state, [agent.id for agent in agents if agent.supervisor])


def rule_files(settings: RunSettings, ruleset: Ruleset, credentials: Credentials, today: date) -> dict[str, str]:
    """What follows from the rules, by name in `etc/`. Opening hours are compiled from the day before `today` on."""
    agents = sorted(ruleset.agents.values(), key=lambda agent: agent.id)
    hours = compile_native(ruleset, today - timedelta(days=1))
    files = {
        "agents.conf": "".join(_agent_endpoint(agent, credentials.agents[agent.id]) for agent in agents),
        "phones.conf": _phones(agents),
        "desks.conf": _directory(ruleset),
        "officials.conf": "".join(_official_endpoint(one, credentials.agents[one.id]) for one in _desks(ruleset)),
        "numbers.conf": pbxcarriers.own_numbers(ruleset),
        "carriers.conf": pbxcarriers.endpoints(settings, ruleset),
        "emergency.conf": pbxcarriers.emergency(ruleset),
        "outgoing.conf": pbxcarriers.centre_id(ruleset) + pbxcarriers.outgoing(ruleset),
        "transport.conf": pbxcarriers.transport(ruleset) + pbxencryption.transport(settings, ruleset),
        "srtp.conf": pbxencryption.modules(settings, ruleset),
        "hours.conf": _zoned(hours),
    }
    return {f"generated/{name}": text for name, text in files.items()}


def agents_csv(agents: list[AgentRule], credentials: Credentials) -> str:
    """The accounts of the agents' phones, one line each, with a header."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["agent", "extension", "sip_user", "sip_secret", "name", "languages", "skills"])
    for agent in agents:
        skills = " ".join(f"{name}:{level}" for name, level in sorted(agent.skills.items()))
        rows.writerow(
            [agent.id, agent.id, agent.id, credentials.agents[agent.id], agent.name, _languages(agent), skills]
        )
    return out.getvalue()


def accounts(ruleset: Ruleset) -> list[str]:
    """Every phone of ours that registers: the agents' and the officials'."""
    return [*ruleset.agents, *(official.id for official in _desks(ruleset))]


def _desks(ruleset: Ruleset) -> list[Official]:
    """The officials whose phones are ours; those with an outside number have none here."""
    return [official for official in ruleset.directory.officials.values() if official.number is None]


def officials_csv(officials: list[Official], credentials: Credentials) -> str:
    """The accounts of the officials' phones, one line each, with a header."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["extension", "sip_user", "sip_secret", "department", "work"])
    rows.writerows([one.id, one.id, credentials.agents[one.id], one.department, one.work] for one in officials)
    return out.getvalue()


def _official_endpoint(official: Official, password: str) -> str:
    return (
        f"[{official.id}](official-endpoint)\nauth = {official.id}\naors = {official.id}\n"
        f'callerid = "{label(official.department)}" <{official.id}>\n'
        f"[{official.id}](agent-auth)\nusername = {official.id}\npassword = {password}\n"
        f"[{official.id}](agent-aor)\n\n"
    )


def _languages(agent: AgentRule) -> str:
    return " ".join(language.value for language in Language if language in agent.languages)


def _agent_endpoint(agent: AgentRule, password: str) -> str:
    name = label(agent.name)
    return (
        f"[{agent.id}](agent-endpoint)\nauth = {agent.id}\naors = {agent.id}\n"
        f'callerid = "{name}" <{agent.id}>\n'
        f"set_var = RM_AGENT={agent.id}\nset_var = RM_LANGS={_languages(agent)}\nset_var = RM_NAME={name}\n"
        f"[{agent.id}](agent-auth)\nusername = {agent.id}\npassword = {password}\n"
        f"[{agent.id}](agent-aor)\n\n"
    )


def _phones(agents: list[AgentRule]) -> str:
    lines = ["[phones]", "; Agents among each other. Option i: a forwarded phone leads nowhere."]
    for agent in agents:
        lines += [f"exten => {agent.id},1,Dial(PJSIP/{agent.id},30,it)", " same => n,Hangup()"]
    return "\n".join(lines) + "\n"


def _directory(ruleset: Ruleset) -> str:
    """What agents' phones may dial besides each other: officials, of whom the engine is asked."""
    lines = ["[desks]"]
    lines += [f"exten => {typed},1,Goto(consult,{typed},1)" for typed in ruleset.directory.officials]
    return "\n".join(lines) + "\n"


def _zoned(hours: str) -> str:
    """An unknown zone silently becomes UTC: where the machine has no zone files, name our own by its path."""
    if Path("/usr/share/zoneinfo", ZONE).exists():
        return hours
    ours = fetch.home() / "asterisk" / "usr/share/zoneinfo" / ZONE
    if not ours.exists():
        raise ConfigError(f"no time zone file for {ZONE} on this machine: install the package tzdata")
    return hours.replace(ZONE, str(ours))


def _program_directories(asterisk: fetch.Program | None) -> str:
    if asterisk is None or asterisk.root == Path("/"):
        return "; modules: where the package has put them"
    found = next(iter(sorted(asterisk.root.glob("usr/lib/*/asterisk/modules"))), None)
    if found is None:
        raise ConfigError(f"{asterisk.root} holds no modules of Asterisk; remove that folder to fetch it again")
    return f"astmoddir => {found}"


def _data_dir(settings: RunSettings, asterisk: fetch.Program | None) -> None:
    """A data folder of links: the package's own but for the sounds, which are all ours."""
    package = (asterisk.root if asterisk else Path("/")) / "usr/share/asterisk"
    data = settings.pbx_dir / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    for name in ("documentation", "agi-bin", "keys", "firmware", "rest-api"):
        (data / name).symlink_to(package / name)
    (data / "sounds").symlink_to(settings.sounds)


def _recordings_dir(settings: RunSettings) -> None:
    """STATE/recordings, by the name under which MixMonitor puts what it is given a relative name for."""
    settings.recordings.mkdir(mode=0o700, exist_ok=True)
    settings.recordings.chmod(0o700)
    monitor = settings.spool / "monitor"
    if not monitor.is_symlink():
        with suppress(FileNotFoundError):
            monitor.rmdir()  # Asterisk makes an empty one
        monitor.symlink_to(os.path.relpath(settings.recordings, monitor.parent))


def _event_filters(asterisk: fetch.Program | None) -> str:
    """By name where Asterisk can (22: a hash), else by pattern over the text."""
    if asterisk is None or fetch.asterisk_version(asterisk) >= (22,):
        return "\n".join(f"eventfilter(action(include),name({event})) =" for event in EVENTS)
    return "\n".join(f"eventfilter = Event: {event}[[:space:]]" for event in EVENTS)

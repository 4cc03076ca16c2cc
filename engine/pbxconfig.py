"""Asterisk's configuration files: rendered from `asterisk-config/`, and generated from the operators' rules.

The templates are the same for every run but for names between at-signs. What follows from the rules goes to
`etc/generated/`, and is all that a reload writes anew. Files hold secrets: the folder is the owner's only.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import time
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dialplan import numbers
from dialplan.directory import carrier_hosts
from dialplan.native import compile_native
from dialplan.ruleset import AgentRule, Carrier, Language, Official, Ruleset
from engine import fetch
from engine.credentials import AMI_USER, Credentials, carrier_password, supervisor_pins
from engine.settings import RunSettings, write_private

TEMPLATES = Path(__file__).resolve().parent.parent / "asterisk-config"
ZONE = "Asia/Seoul"
# Beyond the rules' own bound of calls: callers who wait for a line.
LINES_FOR_WAITING = 500
EVENTS = (
    "FullyBooted",
    "Newchannel",
    "Newstate",
    "NewCallerid",
    "Hangup",
    "HangupRequest",
    "SoftHangupRequest",
    "DialBegin",
    "DialEnd",
    "DialState",
    "BridgeCreate",
    "BridgeEnter",
    "BridgeLeave",
    "BridgeMerge",
    "BridgeDestroy",
    "Hold",
    "Unhold",
    "MusicOnHoldStart",
    "MusicOnHoldStop",
    "AttendedTransfer",
    "BlindTransfer",
    "Rename",
    "DeviceStateChange",
    "ContactStatus",
    "PeerStatus",
    "QueueMemberAdded",
    "QueueMemberRemoved",
    "QueueMemberPause",
    "QueueMemberStatus",
    "QueueMemberRinginuse",
    "QueueMemberPenalty",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "AgentCalled",
    "AgentConnect",
    "AgentComplete",
    "AgentRingNoAnswer",
    "AgentDump",
    "OriginateResponse",
    "DTMFEnd",
    "UserEvent",
    "Reload",
    "Shutdown",
)


class ConfigError(Exception):
    """A template and its values do not fit."""


def etc_dir(settings: RunSettings) -> Path:
    """Where Asterisk reads its files."""
    return settings.state / "asterisk" / "etc"


def render(settings: RunSettings, ruleset: Ruleset, credentials: Credentials, asterisk: fetch.Program | None) -> None:
    """Write all files anew. `asterisk` is None when another machine's package is run (its own paths are used)."""
    base = settings.state / "asterisk"
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
    base = settings.state / "asterisk"
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
        "AMI_PORT": str(settings.ami_port),
        "AMI_USER": AMI_USER,
        "AMI_SECRET": credentials.ami_secret,
        "EVENT_FILTERS": _event_filters(asterisk),
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
        "numbers.conf": _numbers(ruleset.trunks.numbers),
        "carriers.conf": _carriers(settings, ruleset),
        "emergency.conf": _emergency(ruleset),
        "outgoing.conf": _outgoing(ruleset) + _allowed(ruleset),
        "transport.conf": _transport(ruleset),
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
        f'callerid = "{_plain(official.department)}" <{official.id}>\n'
        f"[{official.id}](agent-auth)\nusername = {official.id}\npassword = {password}\n"
        f"[{official.id}](agent-aor)\n\n"
    )


def _languages(agent: AgentRule) -> str:
    return " ".join(language.value for language in Language if language in agent.languages)


def _agent_endpoint(agent: AgentRule, password: str) -> str:
    name = _plain(agent.name)
    return (
        f"[{agent.id}](agent-endpoint)\nauth = {agent.id}\naors = {agent.id}\n"
        f'callerid = "{name}" <{agent.id}>\n'
        f"set_var = RM_AGENT={agent.id}\nset_var = RM_LANGS={_languages(agent)}\nset_var = RM_NAME={name}\n"
        f"[{agent.id}](agent-auth)\nusername = {agent.id}\npassword = {password}\n"
        f"[{agent.id}](agent-aor)\n\n"
    )


def _plain(text: str) -> str:
    """Text of the rules that is nothing but text to Asterisk: no quote, comment, variable or separator."""
    return re.sub(r"[^\w .·-]", "", text)


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


def _numbers(numbers: tuple[str, ...]) -> str:
    """The centre's own numbers as carriers may write them: national, international, with and without the plus."""
    forms = {form: None for number in numbers for form in (number, *_international(number))}
    return "".join(f"exten => {form},1,Goto(citizen,s,1)\n" for form in forms)


def _international(number: str) -> tuple[str, ...]:
    return (f"+82{number[1:]}", f"82{number[1:]}") if number.startswith("0") else ()


def _carriers(settings: RunSettings, ruleset: Ruleset) -> str:
    carriers = ruleset.trunks.carriers
    if not carriers:
        return (
            "; Development: no carrier is named, so INVITEs from this machine whose From user is no agent are a\n"
            "; citizen's. The first carrier in trunks.yaml ends this.\n"
            "[anonymous](carrier-endpoint)\ndeny = 0.0.0.0/0\npermit = 127.0.0.0/8\n"
        )
    return "".join(_carrier(carrier, carrier_password(settings.state, carrier.name)) for carrier in carriers)


def _carrier(carrier: Carrier, password: str | None) -> str:
    name = f"carrier-{carrier.name}"
    text = f"[{name}](carrier-endpoint)\nidentify_by = ip\naors = {name}\n"
    matches = [_without_port(address) for address in carrier.addresses]
    contacts = [f"sip:{target}" for target in carrier_hosts(carrier)]
    if carrier.registration:
        user, _, host = carrier.registration.rpartition("@")
        matches.append(_without_port(host))
        text += f"outbound_auth = {name}\nfrom_user = {user}\nfrom_domain = {_without_port(host)}\n"
        text += f"[{name}]\ntype = auth\nauth_type = userpass\nusername = {user}\npassword = {password or ''}\n"
        text += (
            f"[{name}]\ntype = registration\ntransport = udp\noutbound_auth = {name}\nserver_uri = sip:{host}\n"
            f"client_uri = sip:{user}@{host}\ncontact_user = {user}\n"
            "retry_interval = 30\nforbidden_retry_interval = 300\n"
        )
    text += f"[{name}]\ntype = aor\n" + "".join(f"contact = {contact}\n" for contact in contacts)
    return text + f"[{name}]\ntype = identify\nendpoint = {name}\n" + "".join(f"match = {m}\n" for m in matches) + "\n"


def _without_port(address: str) -> str:
    return address.rsplit(":", 1)[0] if address.count(":") == 1 else address


def _emergency(ruleset: Ruleset) -> str:
    """112 and 119 go to each carrier in turn until one answers; the centre's own number is shown."""
    lines = ["[emergency]"]
    targets = [(carrier.name, host) for carrier in ruleset.trunks.carriers for host in carrier_hosts(carrier)]
    for number in ruleset.trunks.emergency:
        lines.append(f"exten => {number},1,Set(CALLERID(num)={ruleset.trunks.numbers[0]})")
        lines.append(" same => n,Set(CALLERID(name)=)")
        for carrier, target in targets:
            lines.append(f" same => n,Dial(PJSIP/carrier-{carrier}/sip:{number}@{target},60)")
            lines.append(' same => n,GotoIf($["${DIALSTATUS}" = "ANSWER"]?end)')
        if not targets:
            lines.append(" ; No carrier is named in trunks.yaml: there is no line to the outside.")
        lines.append(" same => n,Congestion(5)")
        lines.append(" same => n(end),Hangup()")
    return "\n".join(lines) + "\n"


def _outgoing(ruleset: Ruleset) -> str:
    """Run by Dial (option b) on a leg towards a carrier before it rings: it shows the centre's number and no other."""
    lines = ["[centre-id]"]
    lines.append(f"exten => s,1,Set(CONNECTEDLINE(num,i)={ruleset.trunks.numbers[0]})")
    lines.append(" same => n,Set(CONNECTEDLINE(num-pres,i)=allowed)")
    lines.append(" same => n,Set(CONNECTEDLINE(name,i)=)")
    lines.append(" same => n,Return()")
    return "\n".join(lines) + "\n"


def _allowed(ruleset: Ruleset) -> str:
    """The allow-list of dialplan/numbers.py: what the engine asks for is dialled only if these patterns have it.

    Each carrier in turn until one takes the call; the centre's own number is shown.
    """
    lines = ["[outgoing]"]
    for pattern in numbers.patterns():
        lines.append(f"exten => {pattern},1,Gosub(outgoing-line,s,1(${{EXTEN}},${{ARG1}},${{ARG2}}))")
        lines.append(" same => n,Return()")
    for refused in (*ruleset.trunks.numbers, "_[0-9]!"):  # the centre's own are the first that match
        lines += [f"exten => {refused},1,Set(DIALSTATUS=REFUSED)", " same => n,Return()"]
    lines += ["[outgoing-line]", f"exten => s,1,Set(CALLERID(num)={ruleset.trunks.numbers[0]})"]
    lines += [" same => n,Set(CALLERID(name)=)", " same => n,Set(DIALSTATUS=CHANUNAVAIL)"]
    for carrier in ruleset.trunks.carriers:
        for host in carrier_hosts(carrier):
            lines.append(f" same => n,Dial(PJSIP/carrier-{carrier.name}/sip:${{ARG1}}@{host},${{ARG2}},${{ARG3}})")
            lines.append(' same => n,GotoIf($["${DIALSTATUS}" != "CHANUNAVAIL" & "${DIALSTATUS}" != "CONGESTION"]?end)')
    return "\n".join([*lines, " same => n(end),Return()"]) + "\n"


def _transport(ruleset: Ruleset) -> str:
    external = ruleset.trunks.external_media_address
    if not external:
        return "[outside](!)\n; No address translation.\n"
    networks = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    return f"[outside](!)\nexternal_media_address = {external}\nexternal_signaling_address = {external}\n" + "".join(
        f"local_net = {network}\n" for network in networks
    )


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
    data = settings.state / "asterisk" / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    for name in ("documentation", "agi-bin", "keys", "firmware", "rest-api"):
        (data / name).symlink_to(package / name)
    (data / "sounds").symlink_to(settings.sounds)


def _recordings_dir(settings: RunSettings) -> None:
    """STATE/recordings, by the name under which MixMonitor puts what it is given a relative name for."""
    settings.recordings.mkdir(mode=0o700, exist_ok=True)
    settings.recordings.chmod(0o700)
    monitor = settings.state / "asterisk" / "spool" / "monitor"
    if not monitor.is_symlink():
        with suppress(FileNotFoundError):
            monitor.rmdir()  # Asterisk makes an empty one
        monitor.symlink_to(Path("..", "..", settings.recordings.name))


def _event_filters(asterisk: fetch.Program | None) -> str:
    """By name where Asterisk can (22: a hash), else by pattern over the text."""
    if asterisk is None or fetch.asterisk_version(asterisk) >= (22,):
        return "\n".join(f"eventfilter(action(include),name({event})) =" for event in EVENTS)
    return "\n".join(f"eventfilter = Event: {event}[[:space:]]" for event in EVENTS)

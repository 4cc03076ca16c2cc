"""What of Asterisk's configuration follows from trunks.yaml: the way in, the way out, and which numbers go out at all.

Text only; engine/pbxconfig.py writes it to `etc/generated/`.
"""

from __future__ import annotations

from dialplan import numbers
from dialplan.directory import OVER_TLS, carrier_hosts, carrier_uri
from dialplan.ruleset import Ruleset
from dialplan.trunkrules import Carrier
from engine import pbxencryption
from engine.credentials import carrier_password
from engine.settings import RunSettings


def own_numbers(ruleset: Ruleset) -> str:
    """The centre's own numbers as carriers may write them: national, international, with and without the plus."""
    forms = {form: None for number in ruleset.trunks.numbers for form in (number, *_international(number))}
    return "".join(f"exten => {form},1,Goto(citizen,s,1)\n" for form in forms)


def _international(number: str) -> tuple[str, ...]:
    return (f"+82{number[1:]}", f"82{number[1:]}") if number.startswith("0") else ()


def endpoints(settings: RunSettings, ruleset: Ruleset) -> str:
    """Each carrier with its addresses, and its password where it is registered with."""
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
    over_tls = _escaped(OVER_TLS) if carrier.encrypted else ""
    contacts = [f"sip:{target}{over_tls}" for target in carrier_hosts(carrier)]
    if carrier.encrypted:
        text += pbxencryption.carrier()
    if carrier.registration:
        user, _, host = carrier.registration.rpartition("@")
        matches.append(_without_port(host))
        text += f"outbound_auth = {name}\nfrom_user = {user}\nfrom_domain = {_without_port(host)}\n"
        text += f"[{name}]\ntype = auth\nauth_type = userpass\nusername = {user}\npassword = {password or ''}\n"
        text += (
            f"[{name}]\ntype = registration\ntransport = {'tls' if carrier.encrypted else 'udp'}\n"
            f"outbound_auth = {name}\nserver_uri = sip:{host}{over_tls}\n"
            f"client_uri = sip:{user}@{host}{over_tls}\ncontact_user = {user}\n"
            "retry_interval = 30\nforbidden_retry_interval = 300\n"
        )
    text += f"[{name}]\ntype = aor\n" + "".join(f"contact = {contact}\n" for contact in contacts)
    return text + f"[{name}]\ntype = identify\nendpoint = {name}\n" + "".join(f"match = {m}\n" for m in matches) + "\n"


def _escaped(uri: str) -> str:
    """As it is written in Asterisk's files, where a semicolon begins a comment."""
    return uri.replace(";", "\\;")


def _without_port(address: str) -> str:
    return address.rsplit(":", 1)[0] if address.count(":") == 1 else address


def emergency(ruleset: Ruleset) -> str:
    """112 and 119 go to each carrier in turn until one answers; the centre's own number is shown."""
    lines = ["[emergency]"]
    targets = [(carrier, host) for carrier in ruleset.trunks.carriers for host in carrier_hosts(carrier)]
    for number in ruleset.trunks.emergency:
        lines.append(f"exten => {number},1,Set(CALLERID(num)={ruleset.trunks.numbers[0]})")
        lines.append(" same => n,Set(CALLERID(name)=)")
        for carrier, host in targets:
            uri = _escaped(carrier_uri(carrier, number, host))
            lines.append(f" same => n,Dial(PJSIP/carrier-{carrier.name}/{uri},60)")
            lines.append(' same => n,GotoIf($["${DIALSTATUS}" = "ANSWER"]?end)')
        if not targets:
            lines.append(" ; No carrier is named in trunks.yaml: there is no line to the outside.")
        lines.append(" same => n,Congestion(5)")
        lines.append(" same => n(end),Hangup()")
    return "\n".join(lines) + "\n"


def centre_id(ruleset: Ruleset) -> str:
    """Run by Dial (option b) on a leg towards a carrier before it rings: it shows the centre's number and no other."""
    lines = ["[centre-id]"]
    lines.append(f"exten => s,1,Set(CONNECTEDLINE(num,i)={ruleset.trunks.numbers[0]})")
    lines.append(" same => n,Set(CONNECTEDLINE(num-pres,i)=allowed)")
    lines.append(" same => n,Set(CONNECTEDLINE(name,i)=)")
    lines.append(" same => n,Return()")
    return "\n".join(lines) + "\n"


def outgoing(ruleset: Ruleset) -> str:
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
            uri = _escaped(carrier_uri(carrier, "${ARG1}", host))
            lines.append(f" same => n,Dial(PJSIP/carrier-{carrier.name}/{uri},${{ARG2}},${{ARG3}})")
            lines.append(' same => n,GotoIf($["${DIALSTATUS}" != "CHANUNAVAIL" & "${DIALSTATUS}" != "CONGESTION"]?end)')
    return "\n".join([*lines, " same => n(end),Return()"]) + "\n"


def transport(ruleset: Ruleset) -> str:
    """The translation of addresses, where the machine is behind one."""
    external = ruleset.trunks.external_media_address
    if not external:
        return "[outside](!)\n; No address translation.\n"
    networks = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    return f"[outside](!)\nexternal_media_address = {external}\nexternal_signaling_address = {external}\n" + "".join(
        f"local_net = {network}\n" for network in networks
    )

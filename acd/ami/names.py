"""Whose a channel is, where there are several Asterisks: `pbx2:PJSIP/1001-00000003`, so said at the engine's edges.

A Uniqueid begins with its node's name already (asterisk.conf, systemname), a channel's name does not: two nodes have
the same ones. So each node's packets and readings are marked when they come in, and each action's mark is taken off
where it goes out (acd/nodes.py). Where there is one Asterisk nothing is marked, and its node is "". And what others
name, phones their contacts and operators their agents, as it may stand in what Asterisk is told. Pure.
"""

from __future__ import annotations

import re

from acd.ami.packets import Packet

NODE_NAME = re.compile(r"[a-z][a-z0-9]{0,19}")  # a part of names in Asterisk, of file names and of metrics' labels
NODE = "@node"  # a header that no packet of Asterisk's has: its names end at a letter, a digit, `_` or `-`
_NAMES = ("Channel", "DestChannel")  # of all the headers with names these are what is read
_PATH = re.compile(r"sip:([\w.+-]{1,80})@([A-Za-z0-9_.-]{1,100})(:\d{1,5})?((?:;[\w.=~-]{1,100})*)", re.ASCII)
_PARAMETER = re.compile(r"[\w.=~-]{1,100}", re.ASCII)
_NO_LABEL = re.compile(r"[^\w .·-]")


def marked(packet: Packet, node: str) -> Packet:
    """The packet as one of this node's. Its headers are changed in place: it was made for us just now."""
    headers = packet.headers
    headers[NODE] = node
    for name in _NAMES:
        if name in headers:
            headers[name] = at(node, headers[name])
    return packet


def at(node: str, channel: str) -> str:
    """The channel's name with its node; as it is for the node "", and for no channel."""
    return f"{node}:{channel}" if node and channel else channel


def parted(name: str) -> tuple[str, str]:
    """The node and the channel's name as that node knows it."""
    node, colon, channel = name.partition(":")
    return (node, channel) if colon and NODE_NAME.fullmatch(node) else ("", name)


def node_of(uniqueid: str) -> str:
    """The node that has made this Uniqueid."""
    return uniqueid.partition("-")[0]


def belongs(uniqueid: str, node: str) -> bool:
    """Whether this Uniqueid is of this node; every one is of the node ""."""
    return not node or node_of(uniqueid) == node


def contact(uri: str) -> str | None:
    """A phone's registered address as it may stand in a Dial; None: there is something in it that may not.

    A phone chooses what it registers. Parameters that could not be read as nothing else are left out.
    """
    address, _, more = uri.partition(";")
    kept = "".join(f";{one}" for one in more.split(";") if _PARAMETER.fullmatch(one))
    return f"{address}{kept}" if _PATH.fullmatch(f"{address}{kept}") else None


def label(text: str) -> str:
    """Text of the rules that is nothing but text to Asterisk: no quote, comment, variable or separator.

    Asterisk keeps a queue's members in one line of its database, unquoted, and reads them back when it starts: a `|` or
    comma in a name would begin another member there, with an interface of its own.
    """
    return _NO_LABEL.sub("", text)

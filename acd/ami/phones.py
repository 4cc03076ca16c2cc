"""Where each phone is registered, and whether it can be reached there.

With several Asterisks a phone is at home at the node where it registered last; to the others it is unknown, and what
they say of it is no news. Deterministic and without I/O; the dispatcher's thread writes, any thread may read.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from acd.ami.names import contact

_UNREACHABLE = frozenset({"UNAVAILABLE", "INVALID"})


class Phones:
    """Phones by extension: the agents', and of their homes and addresses everybody's who registers."""

    def __init__(self) -> None:
        self.reachable: dict[str, bool] = {}  # what was not told yet is not there
        self.home: dict[str, str] = {}  # -> node
        self.uri: dict[str, str] = {}  # -> where it is registered, as the phone says it

    def state(self, phone: str, node: str, state: str) -> bool:
        """A node's word on the device, as an event. Whether it is news: that of another node than its home is not."""
        return self._told(phone, node, there=state not in _UNREACHABLE)

    def listed(self, phone: str, node: str, state: str) -> None:
        """The same from a node's list; what has not been asked for yet is unknown there."""
        self._told(phone, node, there=state not in _UNREACHABLE and state != "UNKNOWN")

    def answered(self, phone: str, node: str, *, there: bool) -> bool:
        """It has answered, or missed, the PBX's question whether it is there. Whether that is news."""
        return self._told(phone, node, there=there)

    def seen(self, phone: str, node: str) -> None:
        """It has just called."""
        self._told(phone, node, there=True)

    def registered(self, phone: str, node: str, uri: str, *, anew: bool) -> bool:
        """A node has this contact for it. False: its home is elsewhere, and this is an older registration."""
        if not anew and self.home.get(phone, node) != node and self.reachable.get(phone) is True:
            return False
        self.home[phone], self.uri[phone] = node, uri
        return True

    def left_behind(self, phone: str, node: str, uri: str) -> tuple[str, str] | None:
        """Asked before a new contact counts: the node and address of another phone that loses its calls to it.

        On one node the PBX removes it, and says so. One phone that registers at two nodes has one address.
        """
        home, before = self.home.get(phone, node), self.uri.get(phone, "")
        lives = home != node and self.reachable.get(phone) is True and before
        return (home, before) if lives and _place(before) != _place(uri) else None

    def removed(self, phone: str, node: str, uri: str) -> bool:
        """A node has this contact no more. True: another phone has taken its place there."""
        if self.home.get(phone, node) != node:
            return False
        if self.uri.get(phone) == uri:
            del self.uri[phone]
            return False
        return phone in self.uri

    def node_died(self, node: str, newer: Container[str] = ()) -> list[str]:
        """Every registration there is gone with it but the `newer` ones. The phones that were at home there."""
        gone = [phone for phone, home in self.home.items() if home == node and phone not in newer]
        for phone in gone:
            del self.home[phone]
            self.uri.pop(phone, None)
            if phone in self.reachable:
                self.reachable[phone] = False
        return gone

    def dial(self, endpoint: str, node: str) -> str:
        """How this node rings `PJSIP/1001`: as it is, or by the address where the phone is registered elsewhere."""
        technology, _, phone = endpoint.partition("/")
        home = self.home.get(phone, node)
        if technology != "PJSIP" or home == node:
            return endpoint
        uri = contact(self.uri.get(phone, ""))
        return endpoint if uri is None else f"{endpoint}/{uri}"

    def _told(self, phone: str, node: str, *, there: bool) -> bool:
        home = self.home.get(phone, node)
        if home != node:
            if not there or self.reachable.get(phone) is True:
                return False
            self.uri.pop(phone, None)
        if there:
            self.home[phone] = node
        self.reachable[phone] = there
        return True


def _place(uri: str) -> str:
    """Host and port of `sip:1001@10.0.0.1:5060;…`."""
    return uri.partition(";")[0].rpartition("@")[2]


def known_contacts(phones: Phones, node: str, contacts: Iterable[tuple[str, str]]) -> None:
    """What a node's list has: phones and their addresses. Where the home is elsewhere, that stays."""
    for phone, uri in contacts:
        phones.registered(phone, node, uri, anew=phone not in phones.home)

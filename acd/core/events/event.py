"""All that `step` takes, as one type, and the passing of time, which happens to all."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.callbacks import (
    CallbackBooked,
    CallbackClosed,
    CallOutEnded,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    HoursChanged,
)
from acd.core.events.contacts import (
    ContactDeparted,
    ContactHungUp,
    ContactOffered,
    FellIntoNet,
    HandOnAsked,
    HandoverNoted,
    SentOut,
)
from acd.core.events.found import EndedUnseen, PresenceRestored, RingAdopted, RingEnded, TalkAdopted, WrapupRestored
from acd.core.events.legs import HoldChanged, LegAnswered, LegDialled, LegFailed, LegRang, TalkEnded
from acd.core.events.rules import RulesChanged


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The deadline that `next_deadline` named is here. (Every step also sees to what is due at its `now`.)"""


Event = (
    ContactOffered
    | ContactHungUp
    | ContactDeparted
    | FellIntoNet
    | LegDialled
    | LegRang
    | LegAnswered
    | LegFailed
    | HoldChanged
    | TalkEnded
    | SentOut
    | HandoverNoted
    | HandOnAsked
    | PresenceAsked
    | WrapupEndAsked
    | WrapupExtendAsked
    | DeviceChanged
    | RingAdopted
    | RingEnded
    | TalkAdopted
    | PresenceRestored
    | CallbackBooked
    | CallbackClosed
    | CallOutEnded
    | CitizenDialled
    | CitizenAnswered
    | CitizenFailed
    | HoursChanged
    | WrapupRestored
    | EndedUnseen
    | RulesChanged
    | TimePassed
)

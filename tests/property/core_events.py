"""What happens to the core's machine: any event, and those that a centre in its state may well see next."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from acd.core.events.agents import DeviceChanged, PresenceAsked, WrapupEndAsked, WrapupExtendAsked
from acd.core.events.callbacks import (
    CallbackBooked,
    CallbackClosed,
    CallbackEnd,
    CallOutEnded,
    CitizenAnswered,
    CitizenDialled,
    CitizenFailed,
    CitizenResult,
    HoursChanged,
)
from acd.core.events.contacts import (
    Channel,
    ContactDeparted,
    ContactHungUp,
    ContactOffered,
    Departure,
    FellIntoNet,
    HandOnAsked,
    HandoverNoted,
    SentOut,
)
from acd.core.events.event import Event
from acd.core.events.found import EndedUnseen, PresenceRestored, RingAdopted, RingEnded, TalkAdopted, WrapupRestored
from acd.core.events.legs import HoldChanged, LegAnswered, LegDialled, LegFailed, LegRang, LegResult, TalkEnded
from acd.core.handover import Handover
from acd.core.memory import ContactKnown
from acd.core.model import Contact, State
from acd.core.states import (
    FINAL_CONTACT_STATES,
    ContactState,
    Presence,
    Work,
)
from dialplan.queuerules import Requirement
from tests.property.core_world import EN, KO, QUEUES, RULES, START, TAX

agent_ids = st.sampled_from(["1001", "1002", "1003", "1004", "1005", "1006", "9999"])
contact_ids = st.sampled_from([f"c{number}" for number in range(8)])
languages = st.sampled_from([KO, EN])
asked = st.sampled_from([Presence.AVAILABLE] * 4 + [Presence.AWAY, Presence.OFFLINE])
reasons = st.sampled_from([None, "lunch", "not_responding", "error"])
reservation_ids = st.sampled_from([None, None, None, 1, 2, 5])


@st.composite
def offers(draw: st.DrawFn) -> ContactOffered:
    one = QUEUES[draw(st.sampled_from(sorted(QUEUES)))]
    language = draw(languages)
    first = draw(st.sampled_from([None, None, None, START - 100.0, START + 1e6]))
    requirement = draw(st.sampled_from([one.requirement(language)] * 3 + [Requirement(language)]))
    return ContactOffered(
        draw(contact_ids), Channel.VOICE, language, "any", one.key, requirement,
        first, draw(st.sampled_from([0.0, 0.0, 7.0, 33.0])), draw(st.sampled_from([0.0, 0.0, 1.0, -0.5])),
        draw(st.booleans()), draw(st.sampled_from([1, 1, 1, 2])), draw(st.sampled_from([None, None, "1001", "1003", "9999"])),
    )  # fmt: skip


@st.composite
def bookings(draw: st.DrawFn) -> CallbackBooked:
    one = QUEUES[draw(st.sampled_from(sorted(QUEUES)))]
    language = draw(languages)
    due_at = draw(st.sampled_from([0.0, START, START + 30.0, START + 4000.0]))
    return CallbackBooked(
        draw(contact_ids), language, "any", one.key, one.requirement(language), START - 50.0, due_at,
        draw(st.sampled_from([None, None, due_at])), draw(st.sampled_from([0.0, 7.0])),
        attempts=draw(st.sampled_from([0, 0, 2])), counted=draw(st.booleans()), restored=draw(st.booleans()),
    )  # fmt: skip


remembered = st.builds(
    ContactKnown, st.sampled_from(["r1", "r2"]), languages, st.just("any"), st.sampled_from(["tax", "gone"]),
    st.sampled_from(sorted(set(ContactState) - FINAL_CONTACT_STATES - {ContactState.CALLBACK_BOOKED})), agent_ids,
    st.just(START - 50.0), st.just(3.0), st.sampled_from([START - 40.0, START + 1e6]),
)  # fmt: skip
any_event = st.one_of(
    offers(),
    offers(),
    bookings(),
    st.builds(CallbackClosed, contact_ids, st.sampled_from(CallbackEnd)),
    st.builds(CallOutEnded, contact_ids, st.sampled_from([1, 2, 5])),
    st.builds(CitizenDialled, contact_ids),
    st.builds(CitizenAnswered, contact_ids, st.one_of(st.none(), agent_ids)),
    st.builds(CitizenFailed, contact_ids, st.sampled_from(CitizenResult)),
    st.builds(HoursChanged, st.sampled_from([None, None, START + 100.0, START + 5000.0, START + 1e6])),
    st.builds(ContactHungUp, contact_ids),
    st.builds(ContactDeparted, contact_ids, st.sampled_from(Departure)),
    st.builds(LegDialled, contact_ids, agent_ids, reservation_ids),
    st.builds(LegRang, contact_ids, agent_ids, reservation_ids),
    st.builds(LegAnswered, contact_ids, agent_ids),
    st.builds(
        LegFailed, contact_ids, agent_ids, st.sampled_from(LegResult), st.sampled_from([None, 0.2, 3.0]), reservation_ids
    ),
    st.builds(HoldChanged, contact_ids, st.booleans()),
    st.builds(TalkEnded, contact_ids),
    st.builds(HandOnAsked, contact_ids, agent_ids),
    st.builds(SentOut, contact_ids),
    st.builds(HandoverNoted, contact_ids, agent_ids, st.just(Handover("any", "asked", ""))),
    st.builds(PresenceAsked, agent_ids, asked, reasons),
    st.builds(PresenceAsked, agent_ids, st.just(Presence.AVAILABLE)),
    st.builds(PresenceRestored, agent_ids, asked, reasons),
    st.builds(WrapupEndAsked, agent_ids),
    st.builds(WrapupExtendAsked, agent_ids),
    st.builds(DeviceChanged, agent_ids, st.booleans(), st.booleans()),
    st.builds(DeviceChanged, agent_ids, st.just(True), st.just(False)),
    st.builds(
        TalkAdopted, contact_ids, agent_ids, languages, st.just("any"), st.sampled_from(["tax", "gone"]),
        st.sampled_from([START - 50.0, START + 1e6]),
    ),
    st.builds(
        TalkAdopted, contact_ids, st.just("7901"), languages, st.just("any"), st.just("tax"), st.just(START),
        official=st.just(True),
    ),
    st.builds(LegAnswered, contact_ids, st.just("7901")),
    st.builds(
        RingAdopted, contact_ids, agent_ids, languages, st.just("any"), st.sampled_from(["tax", "gone"]),
        st.sampled_from([START - 50.0, START + 1e6]), st.booleans(),
    ),
    st.builds(RingEnded, contact_ids, agent_ids),
    st.builds(FellIntoNet, contact_ids),
    st.builds(EndedUnseen, remembered),
    st.builds(
        WrapupRestored, agent_ids, remembered.filter(lambda one: one.state is ContactState.WRAPUP),
        st.sampled_from([START - 10.0, START, START + 1e6]), st.booleans(),
    ),
    st.sampled_from(RULES),
)  # fmt: skip


def plausible(state: State) -> list[Event]:
    """Events that a centre in this state may well see next, so that the machine gets deep into calls."""
    found: list[Event] = [*RULES]
    agents = sorted(state.agents)
    for number, key in enumerate([*QUEUES, "general", "tax"]):
        if f"c{number}" not in state.contacts:
            one = QUEUES[key]
            language = EN if number % 5 == 3 else KO
            sticky = agents[number % len(agents)] if number % 3 == 0 and agents else None
            offer = ContactOffered(
                f"c{number}", Channel.VOICE, language, "any", key, one.requirement(language),
                order_class=1 + (number == 5), sticky_agent=sticky,
            )  # fmt: skip
            found += [offer] * 3
        elif state.contacts[f"c{number}"].channel is Channel.VOICE:
            found.append(booking(state.contacts[f"c{number}"], state.now))
    found += [HoursChanged(None)] * 3 + [HoursChanged(state.now + 60.0)]
    for contact in state.contacts.values():
        me = contact.id
        if contact.channel is Channel.CALLBACK:
            found += [CallbackClosed(me, CallbackEnd.RANG_IN), *called(contact) * 3]
        match contact.state:
            case ContactState.QUEUED | ContactState.IVR:
                found += [ContactHungUp(me), ContactDeparted(me, Departure.BACK_TO_MENU), again(contact, "tax")]
                found += [FellIntoNet(me)] + [again(contact, contact.queue.key)] * (3 * contact.in_net)
                found += [RingAdopted(me, agent_id, KO, "any", "tax", START, True) for agent_id in agents]
                found += [LegAnswered(me, agents[0]), TalkAdopted(me, agents[-1], KO, "any", "tax", START)]
            case ContactState.RESERVED:
                reservation = contact.reservation
                assert reservation is not None
                pair = (me, reservation.agent.id)
                found += [LegDialled(*pair, reservation.id), LegRang(*pair), LegAnswered(*pair), LegAnswered(*pair)]
                found += [LegFailed(*pair, result, 0.3) for result in LegResult]
                found += [ContactHungUp(me), LegAnswered(me, agents[0]), RingEnded(*pair), FellIntoNet(me)]
            case ContactState.CONNECTED | ContactState.WRAPUP:
                found += [TalkEnded(me), ContactHungUp(me), again(contact, contact.queue.key), again(contact, "tax")]
                found += [HoldChanged(me, contact.hold_since is None), TalkAdopted(me, "1001", KO, "any", "tax", START)]
                found += [SentOut(me), *(HandOnAsked(me, agent_id) for agent_id in agents)]
                found.append(replace(again(contact, "tax"), handed_on_by=contact.agent_id))
    for agent in state.agents.values():
        me = agent.id
        found += [
            DeviceChanged(me, not agent.reachable, False),
            DeviceChanged(me, agent.reachable, not agent.device_busy),
        ]
        if agent.presence is not Presence.AVAILABLE:
            found += [PresenceAsked(me, Presence.AVAILABLE)] * 3
        if agent.work not in (Work.IDLE, Work.OTHER):
            found += [PresenceAsked(me, Presence.AWAY, "lunch"), PresenceAsked(me, Presence.OFFLINE)]
        if agent.work is Work.WRAPUP:
            found += [WrapupEndAsked(me), WrapupExtendAsked(me)]
    return found


def booking(contact: Contact, now: float) -> CallbackBooked:
    """The contact's caller keeps the place and leaves, or is called in a minute."""
    due_at = now + 60.0 * (contact.id in ("c1", "c4"))
    return CallbackBooked(
        contact.id, contact.language, "any", contact.queue.key, contact.requirement, contact.first_queued_at, due_at
    )  # fmt: skip


def called(contact: Contact) -> list[Event]:
    """What the PBX may tell of a call-back that is being made."""
    me, reservation = contact.id, contact.reservation
    if reservation is None:
        return [CallOutEnded(me, contact.call_out or 1), CitizenAnswered(me, "1001")]
    if not reservation.agent_there:
        return [LegAnswered(me, reservation.agent.id), CallOutEnded(me, reservation.id)]
    if not reservation.citizen_dialled:
        return [CitizenDialled(me), CitizenDialled(me), TalkEnded(me)]
    failed = [CitizenFailed(me, CitizenResult.BUSY)] * (1 + 3 * (reservation.citizen_failed is None))
    return [CitizenAnswered(me), *failed, TalkEnded(me), TalkEnded(me), CallOutEnded(me, reservation.id)]


def again(contact: Contact, key: str) -> ContactOffered:
    """The same contact, offered to this queue."""
    one = QUEUES.get(key, TAX)
    return ContactOffered(contact.id, Channel.VOICE, contact.language, "any", key, one.requirement(contact.language))

"""The pages' gate: cookies that end, addresses locked after wrong passwords, names of this machine."""

from dialplan.limits import LOGIN_ADDRESSES, LOGIN_LOCKED_S, LOGIN_TRIES
from web.guard import local
from web.login import STAYS_S, Gate

NOW = 1_800_000_000.0


def test_an_open_gate_asks_nobody() -> None:
    gate = Gate(None)
    assert gate.stands_open
    assert gate.admits(None, NOW)
    assert gate.enter("", "a", NOW) is None


def test_a_cookie_lasts_and_ends_and_is_nobody_elses() -> None:
    gate = Gate("secret")
    cookie = gate.enter(" secret\n", "a", NOW)
    assert cookie is not None
    assert gate.admits(cookie, NOW + STAYS_S - 2)
    assert not gate.admits(cookie, NOW + STAYS_S + 1)
    assert not Gate("another").admits(cookie, NOW)
    expiry, _, signature = cookie.partition(".")
    for forged in (None, "", ".", f"{int(expiry) + 1}.{signature}", f"{expiry}.", expiry, f"-1.{signature}",
                   f"{'9' * 400}.{signature}", f"٣.{signature}"):  # fmt: skip
        assert not gate.admits(forged, NOW)


def test_five_wrong_ones_lock_an_address_and_no_other() -> None:
    gate = Gate("secret")
    for _ in range(LOGIN_TRIES):
        assert not gate.locked("a", NOW)
        assert gate.enter("wrong", "a", NOW) is None
    assert gate.locked("a", NOW)
    assert gate.enter("secret", "a", NOW) is None
    assert gate.enter("secret", "b", NOW)
    assert gate.enter("wrong", "a", NOW + LOGIN_LOCKED_S + 1) is None
    assert gate.locked("a", NOW + LOGIN_LOCKED_S + 2)
    assert gate.enter("secret", "a", NOW + 3 * LOGIN_LOCKED_S)
    assert not gate.locked("a", NOW + 3 * LOGIN_LOCKED_S)


def test_a_slip_now_and_then_locks_nobody() -> None:
    gate = Gate("secret")
    for minute in range(20):
        gate.enter("wrong", "a", NOW + minute * (LOGIN_LOCKED_S + 1))
        assert not gate.locked("a", NOW + minute * (LOGIN_LOCKED_S + 1))


def test_addresses_are_forgotten_before_memory_ends() -> None:
    gate = Gate("secret")
    for number in range(3 * LOGIN_ADDRESSES):
        gate.enter("wrong", str(number), NOW + number)
    assert len(gate._failures) == LOGIN_ADDRESSES


def test_names_of_this_machine() -> None:
    for name in ("127.0.0.1", "127.0.0.1:80", "localhost", "LOCALHOST:8088", "[::1]", "[::1]:80", "127.8.8.8"):
        assert local(name), name
    for name in ("", ":80", "example", "0.0.0.0", "10.1.1.1:80", "[::2]:80", "localhost.example", "127.0.0.1.example"):
        assert not local(name), name

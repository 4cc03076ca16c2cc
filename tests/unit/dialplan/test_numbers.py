"""Numbers as citizens type them and carriers give them; what may be dialled, and what never."""

import pytest

from dialplan.numbers import NumberKind, check, complete, in_groups, normalise, patterns

OWN = ("0319099000",)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("01012345678", "01012345678"),
        ("010-1234-5678", "01012345678"),
        (" 031) 909-9001 ", "0319099001"),
        ("(031) 909-9001", "0319099001"),
        ("031.909.9001", "0319099001"),
        ("+82 10-1234-5678", "01012345678"),
        ("+821012345678", "01012345678"),
        ("+82 (0)10 1234 5678", "01012345678"),
        ("821012345678", "01012345678"),
        ("82319099001", "0319099001"),
        ("8219", "8219"),
        ("+14155550123", None),
        ("anonymous", None),
        ("unknown", None),
        ("", None),
        ("*1234", None),
        ("010123456７8", None),
        ("010${SHELL(id)}", None),
        ("0" * 40, None),
    ],
)
def test_normal_form(written, digits):
    assert normalise(written) == digits


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("01012345678", NumberKind.MOBILE),
        ("0212345678", NumberKind.UNKNOWN),
        ("0222345678", NumberKind.GEOGRAPHIC),
        ("022345678", NumberKind.GEOGRAPHIC),
        ("0319099001", NumberKind.GEOGRAPHIC),
        ("06421234567", NumberKind.GEOGRAPHIC),
        ("0652123456", NumberKind.UNKNOWN),
        ("07012345678", NumberKind.INTERNET),
        ("0607001234", NumberKind.PREMIUM),
        ("06012345678", NumberKind.PREMIUM),
        ("0015551234567", NumberKind.OVERSEAS),
        ("00700821012345678", NumberKind.OVERSEAS),
        ("+15551234567", NumberKind.OVERSEAS),
        ("15881234", NumberKind.SHORT),
        ("112", NumberKind.SHORT),
        ("119", NumberKind.SHORT),
        ("050412345678", NumberKind.PERSONAL),
        ("0801234567", NumberKind.FREEPHONE),
        ("0111234567", NumberKind.OLD_MOBILE),
        ("0319099000", NumberKind.OWN),
        ("+82319099000", NumberKind.OWN),
        ("0101234567", NumberKind.UNKNOWN),
        ("010123456789", NumberKind.UNKNOWN),
        ("9099001", NumberKind.UNKNOWN),
    ],
)
def test_kinds(written, kind):
    found = check(written, OWN)
    assert found.kind is kind
    assert found.allowed is (kind in (NumberKind.MOBILE, NumberKind.GEOGRAPHIC, NumberKind.INTERNET))


def test_the_pbx_gets_the_same_rows():
    assert "_010XXXXXXXX" in patterns()
    assert "_03[1-3]NXXXXXX" in patterns()
    assert not any(
        pattern.startswith(("_06[0", "_060", "_00", "_1", "_05[0")) or "." in pattern for pattern in patterns()
    )


@pytest.mark.parametrize(
    ("digits", "groups"),
    [
        ("01012345678", "010-1234-5678"),
        ("0319099001", "031-909-9001"),
        ("0222345678", "02-2234-5678"),
        ("022345678", "02-234-5678"),
        ("07012345678", "070-1234-5678"),
        ("02120", "02-120"),
        ("010", "010"),
    ],
)
def test_a_number_is_read_in_groups(digits, groups):
    assert in_groups(digits) == groups


@pytest.mark.parametrize(
    ("typed", "whole"),
    [("01012345678", True), ("0101234567", False), ("0319099001", False), ("0222345678", True), ("022345678", False)],
)
def test_no_number_is_longer_than_that(typed, whole):
    assert complete(typed) is whole

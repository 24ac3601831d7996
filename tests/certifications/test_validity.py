"""Until when a certification is valid, as others are told."""

from datetime import date, timedelta

import pytest

from certifications import life
from certifications.models import Certification, Cycle
from certifications.validity import of_certifications, valid_until
from tests.support.builders import TODAY, make_cycle, make_user, noon

DAY = timedelta(days=1)
ENDS = date(2026, 4, 30)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (ENDS - DAY, ENDS),
        (ENDS, ENDS),
        (ENDS + DAY, date(2026, 7, 29)),
        (date(2026, 7, 29), date(2026, 7, 29)),
        (date(2026, 7, 30), None),
    ],
    ids=["the day before the end", "the last day", "in grace", "the last day of grace", "after it"],
)
def test_it_is_valid_until_the_cycle_ends_and_then_until_the_grace_period_does(on: date, expected: date | None) -> None:
    cycle = Cycle(starts_on=date(2023, 5, 1), ends_on=ENDS)
    assert valid_until(Certification(status="active"), cycle, on) == expected


def test_an_extension_of_the_grace_period_counts() -> None:
    cycle = Cycle(starts_on=date(2023, 5, 1), ends_on=ENDS, grace_extended_to=date(2026, 12, 31))
    assert valid_until(Certification(status="reinstated"), cycle, ENDS + DAY) == date(2026, 12, 31)


@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked"])
def test_what_is_not_in_force_is_not_valid(status: str) -> None:
    cycle = Cycle(starts_on=date(2023, 5, 1), ends_on=ENDS)
    assert valid_until(Certification(status=status), cycle, ENDS) is None


def test_where_ccp_is_voluntary_there_is_no_end_day() -> None:
    cycle = Cycle(starts_on=date(2023, 5, 1), ends_on=ENDS)
    assert valid_until(Certification(status="active", ccp_mandatory=False), cycle, ENDS) is None


@pytest.mark.django_db
def test_what_left_force_says_since_when_even_if_it_was_revoked_later() -> None:
    certification = make_cycle().certification
    staff = make_user(is_staff=True)
    for to, on in (("retired", TODAY), ("reinstated", TODAY + DAY), ("lapsed", TODAY + 2 * DAY), ("revoked", ENDS)):
        life.change_status(certification=certification, to=to, reason="So.", by=staff, at=noon(on))
    certification = Certification.objects.select_related("credential").get(pk=certification.pk)
    [validity] = of_certifications([certification], ENDS)
    assert (validity.is_in_force, validity.left_on, validity.until) == (False, TODAY + 2 * DAY, None)
    assert validity.status_in_words == "Revoked, not in force"

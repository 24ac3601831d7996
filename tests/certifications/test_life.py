"""The life of a certification.

The tests show what may follow what, who did it and why, and that the handbook's picture of it is
right.
"""

import re
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications import cycles, life
from certifications.models import Certification, Cycle, RenewalInvoice, StatusChange
from tests.support.builders import TODAY, make_certification, make_cycle, make_user, noon

STATUSES = Certification.Status.values
ALLOWED = [
    ("active", "lapsed"),
    ("active", "retired"),
    ("active", "revoked"),
    ("reinstated", "lapsed"),
    ("reinstated", "retired"),
    ("reinstated", "revoked"),
    ("lapsed", "reinstated"),
    ("lapsed", "revoked"),
    ("retired", "reinstated"),
    ("retired", "revoked"),
]
FORBIDDEN = [pair for pair in product(STATUSES, STATUSES) if pair not in ALLOWED and pair[0] != pair[1]]
DOCUMENT = Path(settings.BASE_DIR) / "docs" / "life-of-a-certification.md"


@pytest.fixture
def clerk(db: None) -> User:
    return make_user(is_staff=True)


# The table


def test_the_table_has_these_steps_and_no_others() -> None:
    assert sorted((before, after) for before in life.NEXT for after in life.NEXT[before]) == sorted(ALLOWED)
    assert set(life.NEXT) == set(STATUSES)


def test_the_diagram_in_the_handbook_shows_the_steps_of_the_table() -> None:
    drawn = re.findall(r"^ *(\w+) --> (\w+)", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(drawn) == sorted(ALLOWED)


def test_the_handbook_names_every_status_and_says_which_are_in_force() -> None:
    rows = re.findall(r"^\| \*\*(\w+)\*\* \| (yes|no) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert {status.lower(): word == "yes" for status, word in rows} == {
        status: life.in_force(status) for status in STATUSES
    }


def test_active_and_reinstated_certifications_are_in_force() -> None:
    assert [status for status in STATUSES if life.in_force(status)] == ["active", "reinstated"]


# Who is bound


@pytest.mark.parametrize(
    ("awarded_on", "recertified_on", "is_mandatory"),
    [
        pytest.param(date(2005, 12, 31), None, False, id="awarded the day before 2006"),
        pytest.param(date(2006, 1, 1), None, True, id="awarded on the first day of 2006"),
        pytest.param(date(1999, 5, 1), date(2014, 3, 31), False, id="recertified the day before 1 April 2014"),
        pytest.param(date(1999, 5, 1), date(2014, 4, 1), False, id="recertified on 1 April 2014"),
        pytest.param(date(1999, 5, 1), date(2014, 4, 2), True, id="recertified the day after"),
        pytest.param(date(2010, 5, 1), date(2012, 4, 2), True, id="both, the award binds"),
    ],
)
def test_ccp_binds_by_the_award_or_the_recertification(
    awarded_on: date, recertified_on: date | None, is_mandatory: bool
) -> None:
    assert life.ccp_is_mandatory(awarded_on, recertified_on) is is_mandatory


# Taking a step


def change(
    certification: Certification, to: str, by: User | None, on: date = TODAY, reason: str = "Asked for it."
) -> None:
    life.change_status(certification=certification, to=to, reason=reason, by=by, at=noon(on))


@pytest.mark.parametrize(("before", "after"), ALLOWED)
def test_every_step_of_the_table_can_be_taken_and_says_who_when_and_why(before: str, after: str, clerk: User) -> None:
    certification = make_certification(status=before)
    change(certification, after, clerk, reason=" Asked for it. ")
    found = StatusChange.objects.get()
    assert (found.before, found.after, found.changed_on, found.changed_at) == (before, after, TODAY, noon(TODAY))
    assert (found.changed_by, found.reason) == (clerk, "Asked for it.")
    certification.refresh_from_db()
    assert certification.status == after
    entry = certification.history.get(history_change_reason="Asked for it.")
    assert (entry.status, entry.history_user, entry.history_date) == (after, clerk, noon(TODAY))


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
def test_no_other_step_can_be_taken(before: str, after: str, clerk: User) -> None:
    certification = make_certification(status=before)
    with pytest.raises(Refused, match=f"is {before} cannot become {after}"):
        change(certification, after, clerk)
    certification.refresh_from_db()
    assert (certification.status, StatusChange.objects.count()) == (before, 0)


def test_a_refusal_says_what_the_certification_can_become(clerk: User) -> None:
    with pytest.raises(Refused, match=r"It can become: reinstated, revoked\.$"):
        change(make_certification(status="lapsed"), "retired", clerk)
    with pytest.raises(Refused, match=r"Its status is final\.$"):
        change(make_certification(status="revoked"), "reinstated", clerk)


@pytest.mark.parametrize("status", STATUSES)
def test_the_status_that_it_has_is_no_step(status: str, clerk: User) -> None:
    certification = make_certification(status=status)
    change(certification, status, clerk, reason="")
    assert not StatusChange.objects.exists()


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_step_needs_a_reason(reason: str, clerk: User) -> None:
    with pytest.raises(Refused, match="Give the reason"):
        change(make_certification(), "retired", clerk, reason=reason)
    assert not StatusChange.objects.exists()


@pytest.mark.parametrize("length", [99, 100, 101])
def test_a_long_reason_stays_whole_and_the_history_has_its_first_100_letters(length: int, clerk: User) -> None:
    certification, reason = make_certification(), "y" * length
    change(certification, "retired", clerk, reason=reason)
    assert StatusChange.objects.get().reason == reason
    assert certification.history.get(history_user=clerk).history_change_reason == reason[:100]


def test_a_step_is_taken_whole_or_not_at_all(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cycle cannot be opened, so the certification is not reinstated either."""

    def broken(**kwargs: object) -> None:
        raise RuntimeError("broken")

    certification = make_certification(status="lapsed")
    monkeypatch.setattr(cycles, "open_current", broken)
    with pytest.raises(RuntimeError):
        change(certification, "reinstated", clerk)
    certification.refresh_from_db()
    assert (certification.status, StatusChange.objects.count()) == ("lapsed", 0)


def test_only_reinstating_opens_a_cycle(clerk: User) -> None:
    change(make_certification(), "retired", clerk)
    assert not Cycle.objects.exists()


# Several at once


def test_several_take_the_step_together_each_with_its_own_line(clerk: User) -> None:
    """A certification that has the status already gets no line.

    The answer is in the order of the keys.
    """
    steps = [make_certification(status=status) for status in ("active", "reinstated", "lapsed")]
    keys = [certification.pk for certification in steps]
    changed = life.change_statuses(
        certifications=keys[::-1], to="lapsed", reason="The requirement was not met.", by=None, at=noon(TODAY)
    )
    assert [(certification.pk, certification.status) for certification in changed] == [(key, "lapsed") for key in keys]
    assert list(StatusChange.objects.values_list("certification", "before", "changed_by")) == [
        (keys[0], "active", None),
        (keys[1], "reinstated", None),
    ]
    lines = Certification.history.filter(history_type="~").order_by("id").values_list("id", "status", "history_date")
    assert list(lines) == [(key, "lapsed", noon(TODAY)) for key in keys[:2]]


def test_one_that_may_not_take_the_step_holds_all_of_them_back(clerk: User) -> None:
    keys = [make_certification(status=status).pk for status in ("active", "revoked")]
    with pytest.raises(Refused, match="is revoked cannot become retired"):
        life.change_statuses(certifications=keys, to="retired", reason="Asked for it.", by=clerk, at=noon(TODAY))
    assert not Certification.objects.filter(status="retired").exists()
    assert not StatusChange.objects.exists()


def test_several_that_are_reinstated_get_the_cycle_of_the_day_unless_they_have_one(clerk: User) -> None:
    with_cycle = make_cycle().certification
    without = make_certification()
    Certification.objects.update(status="retired")
    keys = [with_cycle.pk, without.pk]
    life.change_statuses(certifications=keys, to="reinstated", reason="Back.", by=clerk, at=noon(TODAY))
    assert Cycle.objects.unclosed().filter(certification__in=keys).count() == Cycle.objects.count() == 2


def test_the_number_of_queries_does_not_grow_with_the_certifications(clerk: User) -> None:
    def queries(number: int) -> int:
        keys = [make_certification().pk for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            life.change_statuses(certifications=keys, to="lapsed", reason="Short.", by=None, at=noon(TODAY))
        return len(captured)

    assert queries(2) == queries(20)


# What a step does to cycles


def test_reinstating_opens_the_cycle_of_that_day_with_its_invoices(clerk: User) -> None:
    """The award is of 5/1/2020.

    Cycle 2 is 5/1/2023 to 4/30/2026, and on the day before that it was cycle 1.
    """
    certification = make_certification(awarded_on=date(2020, 5, 1), status="lapsed")
    change(certification, "reinstated", clerk, on=date(2023, 5, 1))
    cycle = Cycle.objects.get()
    assert (cycle.number, cycle.starts_on, cycle.ends_on) == (2, date(2023, 5, 1), date(2026, 4, 30))
    assert RenewalInvoice.objects.filter(cycle=cycle).count() == 3


def test_reinstating_leaves_the_closed_cycle_as_it_was(clerk: User) -> None:
    old = make_cycle()
    closed = {"closed_on": date(2026, 7, 30), "outcome": "non-compliant", "points_at_close": 12}
    Cycle.objects.update(**closed)
    Certification.objects.update(status="lapsed")
    change(old.certification, "reinstated", clerk, on=date(2026, 8, 15))
    assert Cycle.objects.filter(pk=old.pk, **closed).exists()
    assert Cycle.objects.unclosed().get().number == 2


@pytest.mark.parametrize("status", ["lapsed", "retired"])
def test_reinstating_goes_on_with_a_cycle_that_was_never_closed(status: str, clerk: User) -> None:
    cycle = make_cycle()
    change(cycle.certification, status, clerk)
    change(cycle.certification, "reinstated", clerk, on=TODAY + timedelta(days=1))
    assert Cycle.objects.get() == cycle
    assert StatusChange.objects.count() == 2


@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked"])
def test_a_certification_out_of_force_takes_no_records(status: str, clerk: User) -> None:
    cycle = make_cycle()
    member = cycle.certification.member
    assert cycles.taking_records(cycles.unclosed(member), TODAY) == [cycle]
    change(cycle.certification, status, clerk)
    assert cycles.taking_records(cycles.unclosed(member), TODAY) == []


# What staff read beforehand


@pytest.mark.parametrize(("before", "after"), ALLOWED)
def test_what_is_said_beforehand_is_what_happens(before: str, after: str, clerk: User) -> None:
    certification = make_certification(status=before)
    said = life.consequence(certification, after, TODAY, unclosed=None)
    change(certification, after, clerk)
    assert ("takes no records" in said) is not life.in_force(after)
    assert ("From tomorrow on this is final." in said) is (life.NEXT[after] == frozenset())
    assert ("Cycle 1 opens, May 1, 2023 to Apr 30, 2026, for 30 points, with three invoices of $60.00." in said) is (
        Cycle.objects.filter(number=1, ends_on=date(2026, 4, 30)).exists()
    )


def test_what_becomes_of_a_cycle_that_is_not_closed_is_said(clerk: User) -> None:
    cycle = make_cycle()
    assert "Its cycle May 1, 2023 to Apr 30, 2026 is not closed now, and no cycle follows it." in life.consequence(
        cycle.certification, "retired", TODAY, unclosed=cycle
    )
    assert life.consequence(cycle.certification, "reinstated", TODAY, unclosed=cycle) == (
        "It continues with the cycle May 1, 2023 to Apr 30, 2026, which is not closed."
    )

"""The unlock ledger.

Each line has its day, or none, its reason, and whether it is done, now, or ahead.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.standing import ledger
from ccp.standing.standing import standings
from certifications import invoices
from certifications.models import Certification, Cycle
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_activity, make_payment, noon
from tests.support.pages import read, words

DAY = timedelta(days=1)
STARTS = date(2023, 5, 1)
ENDS = date(2026, 4, 30)
DUE = date(2026, 5, 1)
NOTICED = date(2026, 3, 2)  # 60 days before 5/1/2026: 30 in April, 30 of the 31 in March
GRACE = date(2026, 7, 29)  # 90 days after 4/30/2026: 31 in May, 30 in June, 29 in July
LAST = "The renewal invoice of year 3"


def lines(
    *,
    on: date = TODAY,
    counted: str = "22.5",
    met_on: date | None = None,
    mandatory: bool = True,
    paid: date | None = None,
    money_kept: bool = False,
    grace_ends_on: date = GRACE,
    **cycle: object,
) -> list[tuple[date | None, str, str]]:
    """Return the day, sentence and state of each line of the ledger.

    It is that of an RMA cycle 5/1/2023 to 4/30/2026 with the last of its invoices.
    """
    opening = invoices.opening(due_on=DUE, year=3, mandatory=mandatory, met_on=met_on)
    state = invoices.state(status="paid" if paid else "issued", opens_on=opening.opens_on, on=on)
    found = ledger.ledger(
        Cycle(
            **{
                "starts_on": STARTS,
                "ends_on": ENDS,
                "points_required": Decimal(30),
                "requirement_met_on": met_on,
                **cycle,
            }
        ),
        mandatory=mandatory,
        counted=Decimal(counted),
        grace_ends_on=grace_ends_on,
        owed=[ledger.Owed(3, state, opening, paid, money_kept=money_kept)],
        on=on,
    )
    return [(line.on, line.sentence, line.when) for line in found]


TO_GO = "7.5 points to go until your CCP requirement of 30 points is met."
OPENS_AFTER = f"{LAST} opens the day after the missing points are recorded."
CYCLE_ENDS = "The CCP cycle ends. Only what you do up to this day counts for it."
IS_DUE = f"{LAST} is due."
GRACE_ENDS = "The grace period ends: the last day to record what you did up to Apr 30, 2026."
MET = ledger.MET
FOLLOWS = f"{LAST} opens, the day after your CCP requirement was met."
PAY_BY = "The last day to pay the renewal invoice of year 3, which opens after it was due."
BY_NOTICE = f"{LAST} opens, 60 days before it is due."


def test_whoever_is_short_reads_what_unlocks_the_invoice_and_what_follows() -> None:
    """30 - 22.5 = 7.5."""
    assert lines() == [
        (None, TO_GO, "now"),
        (None, OPENS_AFTER, "ahead"),
        (ENDS, CYCLE_ENDS, "ahead"),
        (DUE, IS_DUE, "ahead"),
        (GRACE, GRACE_ENDS, "ahead"),
    ]


@pytest.mark.parametrize(
    ("counted", "missing"),
    [
        pytest.param("28.75", "1.25 points", id="30 - 28.75 = 1.25"),
        pytest.param("29", "1 point", id="30 - 29 = 1"),
        pytest.param("29.25", "0.75 points", id="30 - 29.25 = 0.75"),
    ],
)
def test_one_point_to_go_is_one_point(counted: str, missing: str) -> None:
    assert lines(counted=counted)[0][1] == f"{missing} to go until your CCP requirement of 30 points is met."


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        pytest.param(NOTICED - DAY, f"{OPENS_AFTER[:-1]}, but not before Mar 2, 2026.", id="day before the 60 days"),
        pytest.param(NOTICED, OPENS_AFTER, id="first of the 60 days"),
        pytest.param(NOTICED + DAY, OPENS_AFTER, id="day after"),
    ],
)
def test_a_locked_invoice_names_the_earliest_day_while_it_is_ahead(on: date, sentence: str) -> None:
    assert (None, sentence, "ahead") in lines(on=on)


def test_a_line_without_a_day_stands_where_it_comes_about() -> None:
    """In the first year the last invoice cannot open for two years.

    Its line is after the points and before the end.
    """
    assert [line[0] for line in lines(on=STARTS)] == [None, None, ENDS, DUE, GRACE]


@pytest.mark.parametrize(
    ("met_on", "on", "expected"),
    [
        pytest.param(
            TODAY,
            TODAY,
            [
                (TODAY, MET, "done"),
                (TODAY + DAY, FOLLOWS, "ahead"),
                (ENDS, CYCLE_ENDS, "ahead"),
                (DUE, IS_DUE, "ahead"),
            ],
            id="met today: opens tomorrow",
        ),
        pytest.param(
            TODAY - DAY,
            TODAY,
            [(TODAY - DAY, MET, "done"), (TODAY, FOLLOWS, "done"), (ENDS, CYCLE_ENDS, "ahead"), (DUE, IS_DUE, "ahead")],
            id="met yesterday: open, and to be paid",
        ),
        pytest.param(
            NOTICED - DAY,
            NOTICED,
            [
                (NOTICED - DAY, MET, "done"),
                (NOTICED, BY_NOTICE, "done"),
                (ENDS, CYCLE_ENDS, "ahead"),
                (DUE, IS_DUE, "ahead"),
            ],
            id="met the day before the 60 days: they decide as much",
        ),
        pytest.param(
            NOTICED,
            NOTICED,
            [
                (NOTICED, MET, "done"),
                (NOTICED + DAY, FOLLOWS, "ahead"),
                (ENDS, CYCLE_ENDS, "ahead"),
                (DUE, IS_DUE, "ahead"),
            ],
            id="met on the first of the 60 days",
        ),
        pytest.param(
            ENDS,
            DUE,
            [(ENDS, MET, "done"), (ENDS, CYCLE_ENDS, "done"), (DUE, FOLLOWS, "done"), (DUE, IS_DUE, "now")],
            id="met on the last day: opens on the day it is due",
        ),
        pytest.param(
            date(2026, 6, 1),
            date(2026, 6, 1),
            [
                (ENDS, CYCLE_ENDS, "done"),
                (DUE, IS_DUE, "past"),
                (date(2026, 6, 1), MET, "done"),
                (date(2026, 6, 2), FOLLOWS, "ahead"),
                (GRACE, PAY_BY, "ahead"),
            ],
            id="met in the grace period: opens after it was due, and is paid by its end",
        ),
        pytest.param(
            GRACE,
            GRACE + DAY,
            [
                (ENDS, CYCLE_ENDS, "done"),
                (DUE, IS_DUE, "overdue"),
                (GRACE, MET, "done"),
                (GRACE + DAY, FOLLOWS, "done"),
                (GRACE + DAY, PAY_BY, "now"),
            ],
            id="met on the last day of grace: paid on the day it opens",
        ),
        pytest.param(
            ENDS,
            DUE + DAY,
            [(ENDS, MET, "done"), (ENDS, CYCLE_ENDS, "done"), (DUE, FOLLOWS, "done"), (DUE, IS_DUE, "overdue")],
            id="the day after it was due: overdue",
        ),
    ],
)
def test_once_the_requirement_is_met_every_line_has_its_day(
    met_on: date, on: date, expected: list[tuple[date | None, str, str]]
) -> None:
    assert lines(met_on=met_on, on=on, counted="30") == expected


@pytest.mark.parametrize(
    ("on", "when"),
    [
        pytest.param(ENDS - DAY, ("ahead", "ahead", "ahead"), id="day before the last of the cycle"),
        pytest.param(ENDS, ("now", "ahead", "ahead"), id="last day of the cycle"),
        pytest.param(DUE, ("done", "past", "ahead"), id="first day of grace, on which the locked invoice is due"),
        pytest.param(DUE + DAY, ("done", "past", "ahead"), id="second day of grace"),
        pytest.param(GRACE, ("done", "past", "now"), id="last day of grace"),
        pytest.param(GRACE + DAY, ("done", "past", "done"), id="day after"),
    ],
)
def test_a_day_is_now_on_that_day_only_and_what_is_past_is_not_ahead(on: date, when: tuple[str, str, str]) -> None:
    found = {sentence: state for _, sentence, state in lines(on=on)}
    assert (found[CYCLE_ENDS], found[IS_DUE], found[GRACE_ENDS]) == when


@pytest.mark.parametrize("on", [TODAY, DUE, DUE + DAY, GRACE + 400 * DAY])
@pytest.mark.parametrize("met_on", [None, TODAY, ENDS, GRACE])
@pytest.mark.parametrize("mandatory", [True, False])
def test_no_line_before_today_is_ahead_or_now(on: date, met_on: date | None, mandatory: bool) -> None:
    met_on = met_on if met_on and met_on <= on else None
    found = lines(on=on, met_on=met_on, mandatory=mandatory, counted="30" if met_on else "22.5")
    assert all(when not in ("ahead", "now") for day, _, when in found if day and day < on)
    assert all(when == "ahead" for day, _, when in found if day and day > on)


@pytest.mark.parametrize(
    ("on", "is_promised"),
    [
        pytest.param(GRACE - DAY, True, id="day before the last of grace"),
        pytest.param(GRACE, True, id="last day of grace"),
        pytest.param(GRACE + DAY, False, id="day after"),
    ],
)
def test_the_invoice_can_be_unlocked_to_the_last_day_of_the_grace_period(on: date, is_promised: bool) -> None:
    assert ((None, OPENS_AFTER, "ahead") in lines(on=on)) is is_promised
    assert ((None, TO_GO, "now") in lines(on=on)) is is_promised


def test_when_the_grace_period_is_over_nothing_promises_that_the_invoice_opens() -> None:
    assert lines(on=GRACE + DAY) == [
        (ENDS, CYCLE_ENDS, "done"),
        (DUE, IS_DUE, "past"),
        (GRACE, GRACE_ENDS, "done"),
        (None, "7.5 of 30 points were missing when the grace period ended. Call AMT.", "now"),
    ]


def test_an_extended_grace_period_says_so() -> None:
    until = GRACE + 30 * DAY
    assert lines(grace_ends_on=until, grace_extended_to=until)[-1] == (until, f"{GRACE_ENDS} AMT extended it.", "ahead")


def test_where_ccp_is_voluntary_nothing_waits_for_points() -> None:
    assert lines(mandatory=False, counted="0") == [
        (NOTICED, BY_NOTICE, "done"),
        (ENDS, CYCLE_ENDS, "ahead"),
        (DUE, IS_DUE, "ahead"),
    ]


def test_a_paid_invoice_has_one_line_on_the_day_of_the_payment() -> None:
    found = lines(met_on=TODAY - DAY, counted="30", on=TODAY + 2 * DAY, paid=TODAY + DAY)
    assert found == [
        (TODAY - DAY, MET, "done"),
        (TODAY + DAY, f"{LAST} is paid.", "done"),
        (ENDS, CYCLE_ENDS, "ahead"),
    ]


def test_a_payment_of_today_stands_before_what_is_to_do_now() -> None:
    found = lines(counted="22.5", paid=TODAY)
    assert [when for _, _, when in found][:2] == ["done", "now"]


def test_a_correction_that_takes_points_away_locks_again() -> None:
    """Missing points decide, whatever day was kept."""
    assert lines(counted="29")[:2] == [
        (None, "1 point to go until your CCP requirement of 30 points is met.", "now"),
        (None, OPENS_AFTER, "ahead"),
    ]


@pytest.mark.parametrize(
    ("counted", "met_on", "outcome", "invoice"),
    [
        pytest.param("30", TODAY, "compliant", [(TODAY + DAY, f"{LAST} is paid.", "done")], id="compliant"),
        pytest.param("22", None, "non-compliant", [], id="non-compliant: the locked invoice is no longer owed"),
    ],
)
def test_a_closed_cycle_ends_with_how_it_was_closed(
    counted: str, met_on: date | None, outcome: str, invoice: list[tuple[date, str, str]]
) -> None:
    found = lines(
        counted=counted,
        met_on=met_on,
        on=GRACE + 5 * DAY,
        closed_on=GRACE + DAY,
        outcome=outcome,
        paid=met_on and met_on + DAY,
    )
    assert found[-1] == (GRACE + DAY, f"The cycle was closed as {outcome}.", "done")
    assert [line for line in found if LAST in line[1]] == invoice
    assert all(day for day, _, _ in found)
    assert not any("to go" in sentence or "grace" in sentence for _, sentence, _ in found)


@pytest.mark.parametrize("met_on", [TODAY, NOTICED - DAY], ids=["gated", "by notice"])
def test_a_line_with_a_day_says_the_same_before_and_after_it(met_on: date) -> None:
    """The calendar does not change while the record does not."""
    told = {
        tuple(line[:2] for line in lines(met_on=met_on, counted="30", on=on))
        for on in (met_on, met_on + DAY, ENDS, DUE, DUE + DAY, GRACE)
    }
    assert len(told) == 1


def test_a_line_with_a_day_tells_neither_points_nor_money() -> None:
    for found in (lines(), lines(met_on=TODAY, counted="31.25"), lines(paid=TODAY, met_on=TODAY, counted="31.25")):
        for day, sentence, _ in found:
            assert day is None or ("$" not in sentence and "30 points" not in sentence and "31.25" not in sentence)


def panel(member: Member | User, address: str, name: str = "") -> list[str]:
    page = read(client_of(member).get(address))
    return [words(line) for line in page.select(f"main {name} .ledger > li")]


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_the_panel_is_the_same_on_my_certifications_and_the_invoice(short: Member) -> None:
    """RPT: 22 of 24 points; the years 1 and 2 were due on 4/24/2024 and 4/24/2025.

    AMT received the payment of year 1 on 4/20/2024 and recorded it today.
    """
    cycle = cycle_of(short, "RPT")
    make_payment(invoice_of(cycle, 1), received_on=date(2024, 4, 20))
    shown = panel(short, "/certifications/")
    assert shown == [
        "Apr 20, 2024 Done: The renewal invoice of year 1 is paid.",
        "Feb 23, 2025 Done: The renewal invoice of year 2 opens, 60 days before it is due.",
        "Apr 24, 2025 Overdue: The renewal invoice of year 2 is due.",
        "Now 2 points to go until your CCP requirement of 24 points is met.",
        "No date yet The renewal invoice of year 3 opens the day after the missing points are recorded.",
        "Apr 23, 2026 The CCP cycle ends. Only what you do up to this day counts for it.",
        "Apr 24, 2026 The renewal invoice of year 3 is due.",
        "Jul 22, 2026 The grace period ends: the last day to record what you did up to Apr 23, 2026.",
    ]
    assert panel(short, f"/invoices/{invoice_of(cycle).pk}/") == shown


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_the_panel_follows_the_record_at_once(short: Member) -> None:
    """22 + 2 = 24 today, so the invoice opens tomorrow."""
    make_activity(cycle_of(short, "RPT"), points="2")
    assert f"{TODAY:%b} 15, 2026 {FOLLOWS}" in panel(short, "/certifications/")


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_what_to_do_comes_before_the_panel(met: Member) -> None:
    card = read(client_of(met).get("/certifications/")).select_one("main .card")
    assert [words(heading) for heading in card.select("h3")][:3] == ["AMTRAX", "What to do next", "Timeline"]


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_each_certification_has_its_own_panel_with_days_that_machines_read(two: Member) -> None:
    page = read(client_of(two).get("/certifications/"))
    for credential in ("RMA", "RPT"):
        cycle = cycle_of(two, credential)
        section = page.select_one(f"#certification-{cycle.certification_id}")
        assert section.select_one("[data-line=cycle-ends] time")["datetime"] == cycle.ends_on.isoformat()


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_the_panel_of_a_certification_that_is_not_in_force_is_not_shown(met: Member) -> None:
    Certification.objects.update(status="retired")
    assert panel(met, "/certifications/") == []


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_staff_see_the_panel_of_an_invoice_without_the_way_to_a_calendar(met: Member, staff: User) -> None:
    address = f"/invoices/{invoice_of(cycle_of(met)).pk}/"
    assert panel(staff, address) == panel(met, address)
    assert not read(client_of(staff).get(address)).select('a[href="/calendar/"]')


@pytest.mark.parametrize(("money_kept", "when"), [(False, "overdue"), (True, "past")])
def test_an_invoice_whose_money_is_kept_is_not_overdue(money_kept: bool, when: str) -> None:
    """The member is told not to pay again."""
    of_day = lines(on=DUE + DAY, counted="30", met_on=TODAY, money_kept=money_kept)
    assert (DUE, IS_DUE, when) in of_day


@pytest.mark.django_db
def test_the_days_of_the_panel_are_those_on_which_the_invoice_opens(
    on_today: TimeMachineFixture, short: Member
) -> None:
    """The line names 3/15/2026.

    On 3/14/2026 the invoice is not open, and on 3/15/2026 it is.
    """
    make_activity(cycle_of(short, "RPT"), points="2")
    (standing,) = standings(short, TODAY)
    (opens_on,) = [line.on for line in standing.ledger_lines if line.key == "invoice-3-opens"]
    assert opens_on == TODAY + DAY
    invoice = invoice_of(cycle_of(short, "RPT"))
    assert [invoices.state_of(invoice, day) for day in (opens_on - DAY, opens_on)] == ["upcoming", "open"]
    on_today.move_to(noon(opens_on))
    assert f"{opens_on:%b} 15, 2026 Done: {FOLLOWS}" in panel(short, "/certifications/")

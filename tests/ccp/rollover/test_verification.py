"""Verification.

It finds the day since which a record has sufficed. It finds tampering, and nothing else.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amtportal.formatting import format_day
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.amt_credits import credits as amt_credits
from ccp.counting import credits as counting
from ccp.counting.replay import Version, changes, met_since
from ccp.models import Activity, ActivityType, CategoryTerms, Credit, TypeTerms
from ccp.recording import verbs as recording
from ccp.rollover import closing as rollover
from ccp.rollover import verification
from ccp.rollover.verification import Difference, VerificationTally
from certifications import invoices
from certifications.models import Certification, Cycle, Payment, RenewalInvoice
from tests.support.builders import (
    TODAY,
    chicago,
    cycle_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)

DAY = timedelta(days=1)
D1, D2, D3, D4 = (TODAY + n * DAY for n in range(4))


def totals(*pairs: tuple[date, str]) -> list[tuple[date, Decimal]]:
    return [(on, Decimal(total)) for on, total in pairs]


@pytest.mark.parametrize(
    ("history", "since"),
    [
        pytest.param(totals(), None, id="nothing recorded"),
        pytest.param(totals((D1, "29.75")), None, id="a quarter short"),
        pytest.param(totals((D1, "30")), D1, id="reached"),
        pytest.param(totals((D1, "29.75"), (D2, "30")), D2, id="reached by the second change"),
        pytest.param(totals((D1, "30"), (D2, "41")), D1, id="more later: since the first day"),
        pytest.param(totals((D1, "30"), (D2, "29.75")), None, id="corrected to a quarter short"),
        pytest.param(totals((D1, "30"), (D2, "29"), (D3, "30")), D3, id="reached again: since then"),
        pytest.param(totals((D1, "30"), (D2, "29"), (D2, "30")), D2, id="interrupted within a day: since that day"),
        pytest.param(totals((D1, "30"), (D1, "29"), (D1, "30")), D1, id="interrupted on the first day itself"),
        pytest.param(totals((D1, "30"), (D2, "30")), D1, id="replaced by as many"),
    ],
)
def test_the_day_since_which_a_record_has_sufficed_without_interruption(
    history: list[tuple[date, Decimal]], since: date | None
) -> None:
    assert met_since(history, Decimal(30)) == since


def version(credit: int, points: str, at: datetime, cut: str = "") -> Version:
    return Version(credit, Decimal(points), cut, at)


def test_the_total_after_each_change_is_the_sum_of_what_each_credit_counts_for_then() -> None:
    """5; 5 + 3 = 8; 2 + 3 = 5."""
    history = [version(1, "5", noon(D1)), version(2, "3", noon(D2)), version(1, "2", noon(D3))]
    assert changes(history) == totals((D1, "5"), (D2, "8"), (D3, "5"))


def test_what_is_written_at_one_instant_is_one_change() -> None:
    """10 of one entry are replaced by 10 of another: the total is never 0 and never 20.

    The last line of an instant is the one that holds.
    """
    history = [
        version(1, "10", noon(D1)),
        version(1, "0", noon(D2)),
        version(2, "12", noon(D2)),
        version(2, "10", noon(D2)),
    ]
    assert changes(history) == totals((D1, "10"), (D2, "10"))


def away(credit: int, at: datetime) -> Version:
    return version(credit, "0", at, "not-standing")


HOUR = timedelta(hours=1)
RECORDED, GONE, BACK = noon(D1), noon(D2), noon(D2) + 3 * HOUR


@pytest.mark.parametrize(
    ("later", "since"),
    [
        pytest.param([away(1, GONE), version(1, "30", BACK)], D1, id="undone on the same day"),
        pytest.param([away(1, GONE), version(1, "30", noon(D3))], D3, id="undone on the next day"),
        pytest.param([away(1, GONE)], None, id="not undone"),
        pytest.param([away(1, GONE), version(1, "29", BACK)], None, id="undone, and it counts for less"),
        pytest.param(
            [away(1, GONE), away(2, GONE + HOUR), version(1, "20", BACK), version(2, "10", BACK + HOUR)],
            D1,
            id="two undone, in the order in which they went",
        ),
        pytest.param(
            [away(1, GONE), version(3, "30", GONE + HOUR), version(1, "30", BACK)], D1, id="another came meanwhile"
        ),
        pytest.param([away(1, GONE), version(3, "30", BACK)], D2, id="another came instead"),
        pytest.param(
            [away(1, GONE), version(1, "30", BACK), away(1, BACK + HOUR), version(1, "30", noon(D3))],
            D3,
            id="withdrawn again and left till the next day",
        ),
    ],
)
def test_a_withdrawal_undone_on_the_same_day_interrupts_nothing(later: list[Version], since: date | None) -> None:
    """The 30 points are reached on the first day, and lost on the second at noon."""
    start = [version(1, "30", RECORDED)]
    if any(each.credit == 2 for each in later):
        start = [version(1, "20", RECORDED), version(2, "10", RECORDED)]
    assert met_since(changes([*start, *later]), Decimal(30)) == since


def test_a_change_belongs_to_its_day_in_chicago() -> None:
    late, early = chicago(2026, 3, 14, 23, 59), chicago(2026, 3, 15, 0, 0)
    assert [on for on, _ in changes([version(1, "1", late), version(1, "2", early)])] == [D1, D2]


def found(**filters: Any) -> list[Difference]:
    tally = VerificationTally()
    differences = [each for batch in verification.verify(Cycle.objects.filter(**filters), tally) for each in batch]
    assert tally.differences == len(differences)
    return differences


def said() -> list[str]:
    return [str(difference) for difference in found()]


@pytest.mark.django_db
class TestFindings:
    """Each kind of tampering is found at the row that was changed.

    The change is an UPDATE that the portal does not see.
    """

    def test_a_record_as_the_portal_wrote_it_has_no_differences(
        self, met: Member, short: Member, two: Member, grace: Member, voluntary: Member, new: Member
    ) -> None:
        make_payment(invoice_of(cycle_of(met)))
        assert said() == []

    def test_credits_from_amt_under_a_cap_have_no_differences(self, met: Member, short: Member) -> None:
        """The entries are written in bulk: 4 and 4 points under a cap of 6 count 4 and 2."""
        TypeTerms.objects.filter(activity_type__code="self-study").update(cap=6)
        claim = make_claim(kind="self-study", points="4")
        credits = [
            amt_credits.AmtCredit(f"W-{n}", member, claim) for member in (met, short) for n in (member.pk, -member.pk)
        ]
        amt_credits.record(credits=credits, by=None, at=noon(TODAY))
        assert sorted(Credit.objects.exclude(activity__source="member").values_list("points", flat=True)) == [
            2,
            2,
            4,
            4,
        ]
        assert said() == []

    def test_cycles_that_were_closed_have_no_differences(self, met: Member, grace: Member, voluntary: Member) -> None:
        """One cycle is compliant, one non-compliant, and one voluntary with its invoices paid.

        Two cycles follow.
        """
        for member, credential in ((met, "RMA"), (voluntary, "MLS")):
            for year in (1, 2, 3):
                make_payment(invoice_of(cycle_of(member, credential), year))
        rollover.close_due(at=noon(date(2026, 6, 1)))
        assert sorted(Cycle.objects.values_list("outcome", flat=True)) == [
            "",
            "",
            "compliant",
            "compliant",
            "non-compliant",
        ]
        assert said() == []

    def test_a_stored_credit(self, two: Member, short: Member) -> None:
        """4 points count for both certifications. Those of RPT are changed to 9."""
        cycle = cycle_of(two, "RPT")
        credit = cycle.credits.get()
        Credit.objects.filter(pk=credit.pk).update(points=9)
        assert said() == [
            f"cycle {cycle.pk}: credit {credit.pk} of {credit.activity.reference}: "
            "stored 9 points (not cut), recomputed 4 points (not cut)"
        ]

    def test_the_reason_of_a_cut(self, short: Member) -> None:
        credit = Credit.objects.get()
        Credit.objects.update(cut="type-cap")
        assert said() == [
            f"cycle {credit.cycle_id}: credit {credit.pk} of {credit.activity.reference}: "
            "stored 22 points (type-cap), recomputed 22 points (not cut)"
        ]

    @pytest.mark.parametrize(
        ("stored", "sentence"),
        [
            pytest.param(None, "stored never, recomputed Mar 13, 2026", id="taken away"),
            pytest.param(date(2026, 3, 12), "stored Mar 12, 2026, recomputed Mar 13, 2026", id="a day early"),
            pytest.param(date(2026, 3, 14), "stored Mar 14, 2026, recomputed Mar 13, 2026", id="a day late"),
        ],
    )
    def test_a_day_of_meeting(self, met: Member, short: Member, stored: date | None, sentence: str) -> None:
        cycle = cycle_of(met)
        Cycle.objects.filter(pk=cycle.pk).update(requirement_met_on=stored)
        assert said() == [f"cycle {cycle.pk}: requirement met on: {sentence}"]

    def test_a_day_of_meeting_that_was_never_reached(self, short: Member) -> None:
        Cycle.objects.update(requirement_met_on=TODAY)
        assert [each.split(": ", 1)[1] for each in said()] == [
            "requirement met on: stored Mar 14, 2026, recomputed never"
        ]

    def test_an_entry_that_was_withdrawn_behind_the_portals_back(self, short: Member) -> None:
        Activity.objects.update(withdrawn_at=noon(TODAY), withdrawn_by=make_user())
        assert "stored 22 points (not cut), recomputed 0 points (not-standing)" in said()[0]

    def test_terms_that_were_changed_for_what_is_on_record(self, short: Member) -> None:
        """A cap of 20 that reaches back leaves 20 of 22 until the cycle is counted again."""
        TypeTerms.objects.filter(activity_type__code="course-seminar-webinar").update(cap=20)
        assert said()[0].endswith("stored 22 points (not cut), recomputed 20 points (type-cap)")
        counting.recount_by_key(cycles=[Cycle.objects.get().pk], by=None, at=noon(D2))
        assert said() == []

    def test_an_invoice_due_on_another_day(self, met: Member) -> None:
        invoice = invoice_of(cycle_of(met))
        RenewalInvoice.objects.filter(pk=invoice.pk).update(due_on=date(2026, 4, 30))
        assert said() == [
            f"cycle {invoice.cycle_id}: {invoice.number} due: stored Apr 30, 2026, recomputed May 1, 2026"
        ]

    def test_a_year_without_an_invoice(self, met: Member) -> None:
        invoice = invoice_of(cycle_of(met), 2)
        invoices.void(invoice=invoice, reason="Sent in error.")
        assert said() == [f"cycle {invoice.cycle_id}: years with an invoice: stored 1, 3, recomputed 1, 2, 3"]

    def test_an_invoice_that_is_paid_by_no_payment(self, met: Member) -> None:
        invoice = invoice_of(cycle_of(met))
        RenewalInvoice.objects.filter(pk=invoice.pk).update(status="paid")
        assert said() == [f"cycle {invoice.cycle_id}: {invoice.number}: stored paid, recomputed issued"]

    def test_a_payment_that_is_reversed_pays_nothing(self, met: Member) -> None:
        payment = make_payment(invoice_of(cycle_of(met)))
        invoices.reverse_payment(payment=payment, reason="Returned.", by=make_user(), at=noon(D2))
        assert said() == []
        RenewalInvoice.objects.filter(pk=payment.invoice_id).update(status="paid")
        assert len(said()) == 1

    def test_a_payment_that_stands_for_an_unpaid_invoice(self, met: Member) -> None:
        invoice = make_payment(invoice_of(cycle_of(met))).invoice
        RenewalInvoice.objects.filter(pk=invoice.pk).update(status="issued")
        assert said() == [f"cycle {invoice.cycle_id}: {invoice.number}: stored issued, recomputed paid"]

    def test_the_day_kept_as_that_on_which_an_invoice_opens(self, met: Member) -> None:
        invoice = invoice_of(cycle_of(met))
        opens_on = invoice.opens_on
        RenewalInvoice.objects.filter(pk=invoice.pk).update(opens_on=None)
        assert opens_on is not None
        assert said() == [
            f"cycle {invoice.cycle_id}: {invoice.number} opens: stored never, recomputed {format_day(opens_on)}"
        ]

    def test_a_payment_of_another_amount(self, met: Member) -> None:
        payment = make_payment(invoice_of(cycle_of(met)))
        Payment.objects.update(amount=4000)
        assert said() == [
            f"cycle {payment.invoice.cycle_id}: payment {payment.pk} of {payment.invoice.number}: "
            "stored $40.00, recomputed $60.00"
        ]

    def test_only_the_cycles_asked_for_are_verified(self, met: Member, short: Member) -> None:
        Cycle.objects.update(requirement_met_on=date(2026, 4, 1))
        assert len(found()) == 2
        assert len(found(certification__member=met)) == 1


@pytest.mark.django_db
class TestClosed:
    """A closed cycle is frozen.

    Its points are those of its credits, whatever the terms have become.
    """

    @pytest.fixture
    def closed(self, met: Member) -> Cycle:
        cycle = cycle_of(met)
        Cycle.objects.update(closed_on=cycle.ends_on + DAY, outcome="compliant", points_at_close=30)
        return cycle

    def test_as_it_was_closed_it_has_no_differences_whatever_the_terms_become(self, closed: Cycle) -> None:
        TypeTerms.objects.update(cap=1)
        assert said() == []

    def test_other_points(self, closed: Cycle) -> None:
        Cycle.objects.update(points_at_close=31)
        assert said() == [f"cycle {closed.pk}: points at close: stored 31, recomputed 30"]

    def test_another_outcome(self, closed: Cycle) -> None:
        Cycle.objects.update(outcome="non-compliant")
        assert said() == [f"cycle {closed.pk}: outcome: stored non-compliant, recomputed compliant"]

    def test_a_credit_changed_after_closing(self, closed: Cycle) -> None:
        Credit.objects.update(points=29)
        assert [each.split(": ")[1].split()[0] for each in said()] == ["points"]

    def test_a_day_of_meeting_changed_after_closing(self, closed: Cycle) -> None:
        Cycle.objects.update(requirement_met_on=TODAY)
        assert said() == [f"cycle {closed.pk}: requirement met on: stored Mar 14, 2026, recomputed Mar 13, 2026"]

    @pytest.mark.parametrize("mandatory", [True, False], ids=["was mandatory", "was voluntary"])
    @pytest.mark.usefixtures("short")
    def test_whether_ccp_is_mandatory_stays_as_it_was(self, mandatory: bool) -> None:
        Certification.objects.update(ccp_mandatory=mandatory)
        invoices.keep_openings()
        for year in (1, 2, 3):
            invoices.void(invoice=invoice_of(Cycle.objects.get(), year), reason="Fee waived.")
        rollover.close_due(at=noon(date(2026, 7, 30)))
        assert Cycle.objects.get(number=1).outcome == ("non-compliant" if mandatory else "compliant")
        Certification.objects.update(ccp_mandatory=not mandatory)
        invoices.keep_openings()
        assert said() == []

    def test_an_invoice_that_is_void_stays_alone(self, closed: Cycle) -> None:
        invoices.void(invoice=invoice_of(closed), reason="The member has died.")
        assert said() == []
        RenewalInvoice.objects.filter(year=3).delete()
        assert said() == [f"cycle {closed.pk}: years with an invoice: stored 1, 2, recomputed 1, 2, 3"]

    @pytest.mark.parametrize(
        ("mandatory", "recertified_on", "outcome"),
        [
            pytest.param(True, None, "non-compliant", id="bound"),
            pytest.param(False, None, "compliant", id="voluntary"),
            pytest.param(True, date(2026, 5, 1), "non-compliant", id="recertified on the day of closing"),
            pytest.param(True, date(2026, 5, 2), "compliant", id="recertified after closing: voluntary until then"),
        ],
    )
    def test_the_outcome_of_a_cycle_that_is_a_quarter_short(
        self, mandatory: bool, recertified_on: date | None, outcome: str
    ) -> None:
        certification = Certification(ccp_mandatory=mandatory, recertified_on=recertified_on)
        cycle = Cycle(points_required=Decimal(30), closed_on=date(2026, 5, 1))
        assert verification.outcome_of(certification, cycle, Decimal("29.75")) == outcome
        assert verification.outcome_of(certification, cycle, Decimal(30)) == "compliant"


KINDS = ["course-seminar-webinar", "self-study", "college-semester-hours", "presentation"]
QUARTERS = st.integers(1, 80).map(lambda quarters: Decimal(quarters) / 4)
CAPS = st.none() | st.integers(20, 160).map(lambda quarters: Decimal(quarters) / 4)
CLAIMS = st.tuples(st.sampled_from(KINDS), QUARTERS, st.dates(date(2024, 9, 15), TODAY))
CHOSEN = st.sampled_from(["both", "RMA", "RPT"])
NUMBERS = st.integers(0, 9)
VERBS = st.one_of(
    st.tuples(st.just("record"), CLAIMS, CHOSEN),
    st.tuples(st.just("amend"), NUMBERS, CLAIMS, CHOSEN),
    st.tuples(st.just("withdraw"), NUMBERS),
    st.tuples(st.just("restore"), NUMBERS),
    st.tuples(st.just("void"), NUMBERS),
)
# Each step comes some days after the one before. 0 means the same day, a minute later.
STEPS = st.lists(st.tuples(st.sampled_from([0, 0, 1, 3]), VERBS), max_size=12)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Record:
    """A member with RMA (10 points) and RPT (8) who takes steps on several days.

    Some steps are on the same day.
    """

    def __init__(self) -> None:
        self.member: Member = make_member()
        self.staff: User = make_user(is_staff=True)
        self.cycles = {
            "RMA": make_cycle(self.member),
            "RPT": make_cycle(self.member, credential="RPT", awarded_on=date(2024, 9, 15)),
        }
        for code, required in (("RMA", 10), ("RPT", 8)):
            Cycle.objects.filter(pk=self.cycles[code].pk).update(points_required=required)
        self.kinds = {kind.code: kind for kind in ActivityType.objects.select_related("category")}
        self.at = noon(TODAY)

    def take(self, days: int, verb: str, *values: Any) -> None:
        self.at += timedelta(days=days, minutes=1)
        with suppress(Refused):
            getattr(self, verb)(*values)

    def record(self, claim: tuple[str, Decimal, date], chosen: str) -> None:
        recording.record(member=self.member, submission_id=uuid.uuid4(), **self.values(claim, chosen))

    def amend(self, number: int, claim: tuple[str, Decimal, date], chosen: str) -> None:
        for activity in self.numbered(number):
            recording.amend(activity=activity, revision=activity.revision, **self.values(claim, chosen))

    def withdraw(self, number: int) -> None:
        for activity in self.numbered(number):
            recording.withdraw(activity=activity, by=self.member.user, at=self.at)

    def restore(self, number: int) -> None:
        for activity in self.numbered(number):
            recording.restore(activity=activity, by=self.member.user, at=self.at)

    def void(self, number: int) -> None:
        for activity in self.numbered(number):
            recording.void(activity=activity, reason="No proof.", by=self.staff, at=self.at)

    def numbered(self, number: int) -> list[Activity]:
        activities = list(Activity.objects.filter(member=self.member).order_by("pk"))
        return activities[number % len(activities) :][:1] if activities else []

    def values(self, claim: tuple[str, Decimal, date], chosen: str) -> dict[str, Any]:
        kind, points, day = claim
        return {
            "claim": recording.Claim(self.kinds[kind], points, day, day),
            "cycles": [cycle for code, cycle in self.cycles.items() if chosen in ("both", code)],
            "by": self.member.user,
            "at": self.at,
        }


@pytest.mark.django_db
@given(steps=STEPS, type_cap=CAPS, category_cap=CAPS)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_recorded_amended_withdrawn_restored_and_voided_nothing_differs(
    steps: list[tuple[int, tuple[Any, ...]]], type_cap: Decimal | None, category_cap: Decimal | None
) -> None:
    with undone():
        TypeTerms.objects.filter(activity_type__code="self-study").update(cap=type_cap)
        CategoryTerms.objects.filter(category__code="professional-education").update(cap=category_cap)
        record = Record()
        for days, step in steps:
            record.take(days, *step)
        assert said() == []


@pytest.mark.django_db
@given(steps=STEPS.filter(bool), days=st.sampled_from([-1, 1]))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_history_a_day_that_is_one_off_is_found(
    steps: list[tuple[int, tuple[Any, ...]]], days: int
) -> None:
    with undone():
        record = Record()
        for between, step in steps:
            record.take(between, *step)
        for cycle in Cycle.objects.all():
            before = cycle.requirement_met_on
            wrong = before + days * DAY if before else record.at.date()
            Cycle.objects.filter(pk=cycle.pk).update(requirement_met_on=wrong)
        assert {each.what for each in found()} == {"requirement met on"}
        assert len(found()) == 2


@pytest.mark.django_db
def test_an_entry_recorded_under_other_terms_is_recomputed_under_its_own() -> None:
    """8 points recorded before a cap of 5 took effect stay 8.

    They leave nothing of the cap for later entries.
    """
    cycle = make_cycle()
    make_activity(cycle, kind="self-study", points="8", at=noon(D1))
    kind = ActivityType.objects.get(code="self-study")
    earlier = kind.terms.order_by("-effective_from")[0]
    earlier.pk, earlier._state.adding = None, True
    earlier.effective_from, earlier.cap = D2, Decimal(5)
    earlier.save()
    make_activity(cycle, kind="self-study", points="3", at=noon(D2))
    assert [credit.points for credit in Credit.objects.order_by("pk")] == [8, 0]
    assert said() == []

"""Putting a withdrawn entry back on record: what counts, since when, who may, and the buttons."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.counting import requirement
from ccp.models import Activity, Credit
from ccp.recording import changeable as amendable
from ccp.recording import verbs as recording
from ccp.rollover import verification
from certifications import invoices
from certifications.models import Certification, Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_user,
    noon,
    set_terms,
)
from tests.support.pages import certification_figures, read, words

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def cycle() -> Cycle:
    """RMA 5/1/2023 to 4/30/2026, 30 points required, nothing recorded."""
    return make_cycle()


@pytest.fixture
def entry(cycle: Cycle) -> Activity:
    """30 points, recorded yesterday: the last invoice is open today."""
    return make_activity(cycle, points="30", at=noon(TODAY - DAY))


def withdraw(activity: Activity, *, on: date = TODAY) -> Activity:
    return recording.withdraw(activity=activity, by=activity.member.user, at=noon(on))


def restore(activity: Activity, *, on: date = TODAY, by: User | None = None) -> Activity:
    """Put the entry back an hour after noon."""
    return recording.restore(activity=activity, by=by or activity.member.user, at=noon(on) + HOUR)


def differences() -> list[verification.Difference]:
    return [
        each for batch in verification.verify(Cycle.objects.all(), verification.VerificationTally()) for each in batch
    ]


def met_on(cycle: Cycle) -> date | None:
    return Cycle.objects.get(pk=cycle.pk).requirement_met_on


def test_undone_on_the_same_day_nothing_is_lost(cycle: Cycle, entry: Activity) -> None:
    """The requirement was met yesterday, and the invoice is open today.

    It is locked while the entry is away, and open as before once the entry is back.
    """
    withdraw(entry)
    assert (met_on(cycle), invoices.state_of(invoice_of(cycle), TODAY)) == (None, "locked")
    restored = restore(entry)
    assert (restored.is_standing, restored.withdrawn_by, restored.revision) == (True, None, 3)
    assert requirement.counted_points(cycle) == Decimal(30)
    assert (met_on(cycle), invoices.state_of(invoice_of(cycle), TODAY)) == (TODAY - DAY, "open")
    assert differences() == []


def test_put_back_on_a_later_day_the_requirement_is_met_on_that_day(cycle: Cycle, entry: Activity) -> None:
    withdraw(entry)
    restore(entry, on=TODAY + DAY)
    assert met_on(cycle) == TODAY + DAY
    assert invoices.state_of(invoice_of(cycle), TODAY + DAY) == "upcoming"
    assert differences() == []


def test_a_minute_before_midnight_and_a_minute_after_are_two_days(cycle: Cycle, entry: Activity) -> None:
    """Days are Chicago's: 23:59 on 3/14 and 0:01 on 3/15 are both 3/15 in UTC."""
    late = noon(TODAY).replace(hour=23, minute=59)
    recording.withdraw(activity=entry, by=entry.member.user, at=late)
    recording.restore(activity=entry, by=entry.member.user, at=late + timedelta(minutes=2))
    assert met_on(cycle) == TODAY + DAY
    assert differences() == []


def test_two_withdrawals_undone_on_the_same_day_lose_nothing_either(cycle: Cycle) -> None:
    """20 + 10 = 30: with one of them back it is not enough, with both it is as it was."""
    first, second = (make_activity(cycle, points=points, at=noon(TODAY - DAY)) for points in ("20", "10"))
    withdraw(first)
    recording.withdraw(activity=second, by=second.member.user, at=noon(TODAY) + HOUR / 2)
    restore(first)
    assert met_on(cycle) is None
    recording.restore(activity=second, by=second.member.user, at=noon(TODAY) + 2 * HOUR)
    assert met_on(cycle) == TODAY - DAY
    assert differences() == []


def test_what_was_recorded_instead_meanwhile_does_not_cost_the_day(cycle: Cycle, entry: Activity) -> None:
    """30 go, and 30 others come, which meet the requirement today.

    The first 30 come back, and it has then been met since yesterday.
    """
    withdraw(entry)
    make_activity(cycle, points="30", at=noon(TODAY) + HOUR / 2)
    assert met_on(cycle) == TODAY
    restore(entry)
    assert met_on(cycle) == TODAY - DAY
    assert differences() == []


def test_it_does_not_give_back_what_staff_took_meanwhile(cycle: Cycle) -> None:
    """20 + 10 = 30. The 10 are withdrawn, the 20 voided, the 10 put back: 10 of 30."""
    kept, voided = (make_activity(cycle, points=points, at=noon(TODAY - DAY)) for points in ("10", "20"))
    withdraw(kept)
    recording.void(activity=voided, reason="No proof.", by=make_user(is_staff=True), at=noon(TODAY) + HOUR / 2)
    restore(kept)
    assert (requirement.counted_points(cycle), met_on(cycle)) == (Decimal(10), None)
    assert differences() == []


def test_it_counts_again_under_the_caps(cycle: Cycle) -> None:
    """The cap is 10: 8 of the first count, and 2 of the second.

    Without the first, 5 of the second count. With it again, 2 count.
    """
    set_terms("course-seminar-webinar", cap=Decimal(10))
    first = make_activity(cycle, points="8", starts_on=date(2026, 3, 1))
    second = make_activity(cycle, points="5", starts_on=date(2026, 3, 2))
    withdraw(first)
    assert second.credits.get().points == Decimal(5)
    restore(first)
    assert (first.credits.get().points, second.credits.get().points) == (Decimal(8), Decimal(2))
    assert differences() == []


def test_it_counts_for_the_certifications_it_was_claimed_for_and_no_others() -> None:
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    entry = make_activity(rma, rpt)
    recording.amend(activity=entry, cycles=[rpt], claim=make_claim(), revision=1, by=member.user, at=noon(TODAY - DAY))
    withdraw(entry)
    restore(entry)
    assert (requirement.counted_points(rma), requirement.counted_points(rpt)) == (0, Decimal(5))
    assert Credit.objects.get(cycle=rma).cut == "unclaimed"
    assert differences() == []


def test_an_entry_that_stands_is_left_as_it_is(entry: Activity) -> None:
    assert restore(entry).revision == 1
    withdraw(entry)
    assert restore(entry) == restore(entry, on=TODAY + DAY)
    assert (Activity.objects.get().revision, Activity.history.count()) == (3, 3)


def test_what_was_put_back_can_be_amended_and_withdrawn_again(cycle: Cycle, entry: Activity) -> None:
    withdraw(entry)
    restored = restore(entry)
    assert amendable.can_be_changed(restored, TODAY)
    assert not withdraw(restored, on=TODAY + DAY).is_standing
    assert met_on(cycle) is None
    assert differences() == []


def test_what_staff_voided_stays_void(cycle: Cycle, entry: Activity) -> None:
    recording.void(activity=entry, reason="No proof was sent.", by=make_user(is_staff=True), at=noon(TODAY))
    assert not amendable.can_be_restored(Activity.objects.get(), TODAY)
    with pytest.raises(Refused, match="AMT voided this entry"):
        restore(entry)
    assert Activity.objects.get().is_void
    assert requirement.counted_points(cycle) == 0


def test_nobody_else_puts_it_back(entry: Activity) -> None:
    withdraw(entry)
    with pytest.raises(Refused, match="Only the member who recorded this entry"):
        restore(entry, by=make_user(is_staff=True))
    assert not Activity.objects.get().is_standing


@pytest.mark.parametrize(
    ("on", "still"),
    [
        pytest.param(date(2026, 7, 29), True, id="last day of grace: 4/30 + 90 days"),
        pytest.param(date(2026, 7, 30), False, id="day after the grace period"),
    ],
)
def test_it_can_be_put_back_while_its_cycle_takes_records(cycle: Cycle, on: date, still: bool) -> None:
    entry = withdraw(make_activity(cycle))
    assert amendable.can_be_restored(entry, on) is still
    if still:
        assert restore(entry, on=on).is_standing
    else:
        with pytest.raises(Refused, match="RMA cycle May 1, 2023 to Apr 30, 2026, which no longer takes changes"):
            restore(entry, on=on)
        assert not Activity.objects.get().is_standing


def test_an_entry_of_a_lapsed_certification_stays_withdrawn(entry: Activity) -> None:
    withdraw(entry)
    Certification.objects.update(status="lapsed")
    assert not amendable.can_be_restored(Activity.objects.get(), TODAY)
    with pytest.raises(Refused, match="no longer takes changes"):
        restore(entry)


@pytest.fixture
def signed_in(on_today: TimeMachineFixture, met: Member) -> Client:
    """RMA with one entry of 30 points, recorded yesterday."""
    return client_of(met)


def test_the_notice_after_withdrawing_has_a_button_that_undoes_it(signed_in: Client, met: Member) -> None:
    entry = met.activities.get()
    page = read(signed_in.post(f"/ccp/activities/{entry.pk}/withdraw/", follow=True))
    notice = page.select_one("main .notices li")
    assert words(notice) == f"{entry.reference} is withdrawn. Undo"
    form = notice.select_one("form[method=post]")
    back = read(signed_in.post(form["action"], follow=True))
    assert words(back.select_one("main .notices")) == f"{entry.reference} is back on record."
    history = words(back.select_one("ol.history"))
    assert "Put back on record · You" in history
    figures = certification_figures(signed_in)[f"certification-{cycle_of(met).certification_id}"]
    assert (figures["points-counted"], figures["invoice-status"]) == ("30", "open")


def test_the_page_of_a_withdrawn_entry_offers_to_put_it_back_as_long_as_it_can_be(
    signed_in: Client, on_today: TimeMachineFixture, met: Member
) -> None:
    entry = withdraw(met.activities.get())
    address = f"/ccp/activities/{entry.pk}/"
    assert words(read(signed_in.get(address)).select_one("main .notice form")) == "Put it back on record"
    on_today.move_to(noon(date(2026, 7, 30)))
    late = client_of(met)
    assert not read(late.get(address)).select("main form")
    page = read(late.post(f"{address}restore/", follow=True))
    assert "which no longer takes changes" in words(page.select_one("main .notices .notice-alert"))
    assert not Activity.objects.get().is_standing


def test_the_address_alone_leads_to_the_entry_and_changes_nothing(signed_in: Client, met: Member) -> None:
    entry = withdraw(met.activities.get())
    assert signed_in.get(f"/ccp/activities/{entry.pk}/restore/").headers["Location"] == f"/ccp/activities/{entry.pk}/"
    assert not Activity.objects.get().is_standing


def test_staff_see_no_button_to_put_it_back(on_today: TimeMachineFixture, met: Member, staff: User) -> None:
    entry = withdraw(met.activities.get())
    assert not read(client_of(staff).get(f"/ccp/activities/{entry.pk}/")).select("main form")

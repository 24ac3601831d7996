"""Revoking a certification: since when, by whom it is undone, and what follows of it everywhere."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from time_machine import TimeMachineFixture

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.badges import issuing
from ccp.notices import sending, writing
from ccp.notices.models import Notice, NoticeKind, NoticeMail
from ccp.rollover import catching_up
from ccp.sharing import links, look_up
from ccp.sharing.models import ShareLink
from certifications import revocations
from certifications.invoice_standing import invoice_standing
from certifications.models import Certification, Cycle, StatusChange
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_cycle, make_member, make_user, noon
from tests.support.pages import read, words
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
AT = noon(TODAY)
SINCE = date(2026, 3, 1)
WHY = "The certificate was altered."


@pytest.fixture
def officer() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def second() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def cycle() -> Cycle:
    return make_cycle(make_member(amt_id="7001", first_name="Ann", last_name="O'Neil"))


def revoke(cycle: Cycle, by: User, **fields: object) -> StatusChange:
    given = {"certification": cycle.certification, "effective_on": SINCE, "reason": WHY, "by": by, "at": AT}
    return revocations.revoke(**{**given, **fields})


def undo(cycle: Cycle, by: User, *, on: date = TODAY, reason: str = "The wrong person.") -> Certification:
    return revocations.undo(certification=cycle.certification, reason=reason, by=by, at=noon(on))


def verified() -> str:
    stdout = StringIO()
    call_command("verify_records", stdout=stdout)
    return stdout.getvalue()


@pytest.mark.parametrize(
    ("day", "says"),
    [
        pytest.param(TODAY + DAY, "is still to come. Record the revocation on that day", id="tomorrow"),
        pytest.param(TODAY, "", id="today"),
        pytest.param(date(2024, 6, 1), "", id="the day of the last change"),
        pytest.param(date(2024, 5, 31), "The status changed last on Jun 1, 2024", id="before the last change"),
        pytest.param(date(2023, 4, 30), "The certification was awarded on May 1, 2023", id="before the award"),
    ],
)
def test_since_when_it_can_hold(day: date, says: str) -> None:
    problem = revocations.problem_with_day(day, TODAY, awarded_on=date(2023, 5, 1), changed_on=date(2024, 6, 1))
    assert says in problem.sentence if problem else not says


def test_what_follows_everywhere(cycle: Cycle, officer: User) -> None:
    badge = issuing.issue(certification=cycle.certification, by=officer, at=AT - DAY)
    change = revoke(cycle, officer)
    assert (change.before, change.after, change.changed_on, change.changed_by) == ("active", "revoked", SINCE, officer)
    assert issuing.revoked(badge.list_number) == [badge.list_index]
    assert not catching_up.open_for_records(cycle.certification.member, at=AT)
    assert invoice_standing(invoice_of(cycle, 1), TODAY, counted=0).held == "certification"
    number = cycle.certification.certificate_number
    [found] = look_up.find(last_name="O'Neil", certificate_number=number, at=AT)
    assert (found.status_in_words, found.left_on) == ("Revoked, not in force", SINCE)
    text = words(read(client_of(cycle.certification.member).get("/certifications/")).main)
    assert f"This certification has been revoked since Mar 1, 2026 and takes no records. {WHY}" in text
    assert "no differences" in verified()


def test_a_reason_is_asked_for_and_a_repeat_changes_nothing(cycle: Cycle, officer: User, second: User) -> None:
    with pytest.raises(Refused, match="Give the reason"):
        revoke(cycle, officer, reason=" ")
    first = revoke(cycle, officer)
    assert revoke(cycle, second) == first
    with pytest.raises(Refused, match="A certification that is revoked cannot become revoked"):
        revoke(cycle, officer, reason="Another.")
    assert StatusChange.objects.count() == 1


def test_nobody_decides_about_their_own(cycle: Cycle) -> None:
    with pytest.raises(Refused, match="your own"):
        revoke(cycle, cycle.certification.member.user)


def test_somebody_else_undoes_it_on_the_same_day(cycle: Cycle, officer: User, second: User) -> None:
    change = revoke(cycle, officer)
    assert "You recorded this revocation yourself" in str(
        revocations.problem_with_undoing(change, by=officer, on=TODAY)
    )
    with pytest.raises(Refused, match="Somebody else has to undo it"):
        undo(cycle, officer)
    with pytest.raises(Refused, match="Say why the revocation is undone"):
        undo(cycle, second, reason="")
    assert undo(cycle, second).status == "active"
    assert cycle_of(cycle.certification.member).pk == cycle.pk
    assert catching_up.open_for_records(cycle.certification.member, at=AT) == [cycle]
    assert undo(cycle, second).status == "active"
    assert [each.after for each in StatusChange.objects.order_by("pk")] == ["revoked", "active"]
    assert "no differences" in verified()


def test_from_the_next_day_on_it_is_final(cycle: Cycle, officer: User, second: User) -> None:
    revoke(cycle, officer)
    with pytest.raises(Refused, match="recorded on Mar 14, 2026, so it is final"):
        undo(cycle, second, on=TODAY + DAY)


def test_what_was_lapsed_is_lapsed_again(cycle: Cycle, officer: User, second: User) -> None:
    Certification.objects.update(status="lapsed")
    revoke(cycle, officer)
    assert undo(cycle, second).status == "lapsed"


def test_a_cycle_that_was_closed_meanwhile_is_followed_by_that_of_the_day(
    cycle: Cycle, officer: User, second: User
) -> None:
    revoke(cycle, officer)
    """Its last day was yesterday, and a voluntary cycle closes as soon as it is paid."""
    Cycle.objects.update(
        starts_on=date(2023, 3, 14),
        ends_on=TODAY - DAY,
        closed_on=TODAY,
        outcome="compliant",
        points_at_close=0,
        mandatory_at_close=False,
    )
    Certification.objects.update(awarded_on=date(2023, 3, 14))
    assert undo(cycle, second).status == "active"
    opened = Cycle.objects.unclosed().get()
    assert (opened.number, opened.starts_on, opened.invoices.count()) == (2, TODAY, 3)


def test_the_member_is_told_in_the_morning_after_if_it_still_holds(cycle: Cycle, officer: User) -> None:
    change = revoke(cycle, officer)
    notice = Notice.objects.get()
    assert (notice.kind, notice.anchor_on) == (NoticeKind.REVOKED, TODAY + DAY)
    sending.send_due(on=TODAY, now=AT)
    assert not NoticeMail.objects.exists()
    sending.send_due(on=TODAY + DAY, now=noon(TODAY + DAY))
    said = writing.revoked([Notice.objects.get()], TODAY + DAY)[notice.pk]
    assert isinstance(said, writing.Said)
    assert said.part.sentences[:2] == ["AMT revoked this certification as of Mar 1, 2026.", f"Reason: {change.reason}"]


def test_what_was_undone_is_not_told(cycle: Cycle, officer: User, second: User) -> None:
    revoke(cycle, officer)
    undo(cycle, second)
    assert Notice.objects.get().dropped == "The revocation was undone."
    sending.send_due(on=TODAY + DAY, now=noon(TODAY + DAY))
    assert not Notice.objects.filter(kind=NoticeKind.REVOKED, mail__isnull=False).exists()


# The pages


@pytest.mark.ignore_template_errors
def test_it_is_confirmed_by_the_number_and_undone_by_somebody_else(cycle: Cycle, on_today: TimeMachineFixture) -> None:
    held = cycle.certification
    given = {"label": "Clinic", "until": TODAY + DAY, "by": held.member.user, "at": AT}
    links.create(member=held.member, scope=ShareLink.Scope.STANDING, **given)
    desk = client_of(
        make_clerk("view_certification", "revoke_certification", "undo_revocation", email="kim@amt.example")
    )
    address = page(Certification, "revoke", held.pk)
    assert address in desk.get(page(Certification, "change", held.pk)).text
    shown = words(read(desk.get(address)).main)
    assert "held, AMT asks nobody to pay them" in shown
    assert "none was issued" in shown
    assert "1: they say that it is revoked" in shown
    assert "From tomorrow on this is final." in shown
    form = {"effective_on": "2026-03-01", "reason": WHY, "confirmation": "999"}
    refused = submit(desk, address, **form)
    assert f"This is the page of {held.certificate_number}." in refused.text
    assert f'value="{WHY}"' in refused.text
    assert not StatusChange.objects.exists()
    form["confirmation"] = held.certificate_number
    assert told(desk, submit(desk, address, **form)).endswith(f"as of Mar 1, 2026: {WHY}")
    assert told(desk, submit(desk, address, **form)).endswith("is revoked already.")
    back = page(Certification, "undo_revocation", held.pk)
    assert back in desk.get(page(Certification, "change", held.pk)).text
    assert "You recorded this revocation yourself." in submit(desk, back, reason="Wrong.").text
    other = client_of(make_clerk("view_certification", "undo_revocation", email="lee@amt.example"))
    assert "is active again: The wrong person." in told(other, submit(other, back, reason="The wrong person."))
    assert told(other, other.get(back)).endswith("is not revoked.")


@pytest.mark.ignore_template_errors
def test_the_permissions_are_of_their_own(cycle: Cycle) -> None:
    desk = client_of(make_clerk("view_certification", "change_status"))
    for name in ("revoke", "undo_revocation"):
        assert desk.get(page(Certification, name, cycle.certification_id)).status_code == 403
    status = page(Certification, "status", cycle.certification_id)
    assert "A certification is revoked on a page of its own" in submit(desk, status, to="revoked", reason=WHY).text
    assert not StatusChange.objects.exists()

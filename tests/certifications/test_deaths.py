"""A member has died: what stops, what stays, and that a mistake brings everything back."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from time_machine import TimeMachineFixture

from amtportal.dates import day_of
from amtportal.members.mail import outbox
from amtportal.members.models import DeathReport, MailDelivery, Member, OutgoingMail, User
from amtportal.members.sign_in import giving
from amtportal.refusals import Refused
from ccp import merging
from ccp.audits import deadlines, draws, exclusions
from ccp.notices import sending, telling
from ccp.notices.models import Notice, NoticeKind, NoticeMail
from ccp.rollover import catching_up, closing
from ccp.sharing import links, look_up
from ccp.sharing.models import ShareLink
from certifications import deaths, life
from certifications.admin.certifications import CertificationForm
from certifications.invoice_standing import invoice_standing
from certifications.models import Certification, Credential, Cycle, StatusChange
from tests.support.audits import make_case
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_cycle, make_member, make_user, noon
from tests.support.draws import make_closed, terms
from tests.support.pages import read, words
from tests.support.rosters import load_roster
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
AT = noon(TODAY)
DIED = date(2026, 3, 2)
BY_SISTER = "The sister, by phone."


@pytest.fixture
def clerk() -> User:
    return make_user(is_staff=True)


@pytest.fixture
def member() -> Member:
    return make_cycle(make_member(amt_id="7001", first_name="Ann", last_name="O'Neil")).certification.member


def record(member: Member, clerk: User, **fields: object) -> deaths.Done:
    return deaths.record(
        **{"member": member, "died_on": DIED, "reported_by": BY_SISTER, "by": clerk, "at": AT} | fields
    )


def take_back(member: Member, clerk: User, *, on: date = TODAY) -> list[Certification]:
    return deaths.take_back(member=member, reason="Another Ann O'Neil.", by=clerk, at=noon(on))


def verified() -> str:
    stdout = StringIO()
    call_command("verify_records", stdout=stdout)
    return stdout.getvalue()


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        pytest.param({"died_on": TODAY + DAY}, "died_on", "cannot be in the future", id="tomorrow"),
        pytest.param({"died_on": date(1938, 12, 31)}, "died_on", "AMT was founded in 1939", id="before AMT"),
        pytest.param({"reported_by": " "}, "reported_by", "Say who reported it", id="nobody said so"),
    ],
)
def test_what_cannot_be_is_refused(
    member: Member, clerk: User, fields: dict[str, object], field: str, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        record(member, clerk, **fields)
    assert refusal.value.field == field
    assert not DeathReport.objects.exists()


def test_a_staff_account_is_closed_by_a_superuser_first(clerk: User) -> None:
    with pytest.raises(Refused, match="signs in to a staff account"):
        record(make_member(user=make_user(is_staff=True)), clerk)


def test_everything_stops_and_stays_on_record(member: Member, clerk: User) -> None:
    done = record(member, clerk)
    certification = Certification.objects.get()
    assert (certification.status, done.ended) == ("ended", [certification])
    member = Member.objects.get(pk=member.pk)
    assert (member.died_on, member.user.is_active) == (DIED, False)
    change = StatusChange.objects.get()
    assert (change.before, change.changed_on, change.reason) == ("active", DIED, "The member has died.")
    cycle = cycle_of(member)
    assert not catching_up.open_for_records(member, at=AT)
    first = invoice_of(cycle, 1)
    standing = invoice_standing(first, TODAY, counted=0)
    assert (standing.state, standing.held, first.status) == ("locked", "certification", "issued")
    assert client_of(member.user).get("/certifications/").status_code == 302
    assert "no differences" in verified()


def test_no_cycle_is_judged_and_no_audit_is_drawn(member: Member, clerk: User) -> None:
    closed = make_closed(make_member(amt_id="7002"))
    record(closed.certification.member, clerk)
    record(member, clerk)
    tally = closing.close_due(at=noon(date(2027, 1, 1)))
    assert (tally.closed, tally.failed) == (0, [])
    assert not Cycle.objects.filter(closed_on__gt=TODAY).exists()
    [line] = draws.population(terms(), {}, secret="s")
    assert line.excluded == exclusions.NOT_IN_FORCE


def test_mail_that_waits_is_given_up_and_none_is_written(member: Member, clerk: User) -> None:
    for address in (member.user.email, "else@example.org"):
        outbox.Backend().send_messages([EmailMessage("Your receipt", "…", to=[address])])
    telling.tell(member=member, kind=NoticeKind.ENTRY_VOIDED, subject="entry-1", anchor_on=TODAY)
    assert record(member, clerk).withdrawn == 1
    assert [mail.recipients for mail in OutgoingMail.objects.all()] == [["else@example.org"]]
    delivery = MailDelivery.objects.get()
    assert (delivery.recipient, delivery.reason) == (member.user.email, "The member has died.")
    assert Notice.objects.get().dropped == "The member has died."
    for on in (TODAY, date(2026, 4, 1), date(2026, 6, 1)):
        sending.send_due(on=on, now=noon(on))
    assert not NoticeMail.objects.exists()


def test_a_member_without_a_sign_in_is_told_nothing_either(clerk: User) -> None:
    member = make_cycle(make_member()).certification.member
    Member.objects.update(user=None)
    member.refresh_from_db()
    record(member, clerk)
    sending.send_due(on=date(2026, 4, 1), now=noon(date(2026, 4, 1)))
    assert not NoticeMail.objects.exists()
    with pytest.raises(Refused, match="this member has died"):
        giving.give(member=member, email="new@example.org", reason="Asked.", by=clerk, at=AT)


def test_the_mail_of_the_day_that_waits_is_dropped(member: Member, clerk: User) -> None:
    sending.send_due(on=TODAY, now=AT)
    mail = NoticeMail.objects.get(member=member)
    record(member, clerk)
    mail.refresh_from_db()
    assert mail.state == "dropped"
    assert not OutgoingMail.objects.exists()


def test_outsiders_learn_nothing_of_it(member: Member, clerk: User) -> None:
    certification = Certification.objects.select_related("credential").get()
    link = links.create(
        member=member, scope=ShareLink.Scope.STANDING, label="Clinic", until=TODAY + DAY, by=member.user, at=AT
    )
    token = links.address(link).rstrip("/").rpartition("/")[2]
    asked = {"last_name": "O'Neil", "certificate_number": certification.certificate_number, "at": AT}
    assert look_up.find(**asked)
    assert links.at_token(token, on=TODAY)
    record(member, clerk)
    assert look_up.find(**asked) == []
    assert links.at_token(token, on=TODAY) is None


def test_no_last_day_of_an_audit_passes(clerk: User, on_today: TimeMachineFixture) -> None:
    """The last day of the case was 2/16/2027."""
    case = make_case()
    on_today.move_to(late := noon(date(2027, 3, 1)))
    assert list(deadlines.due(day_of(late))) == [case]
    record(case.member, clerk, at=late)
    assert not deadlines.due(day_of(late)).exists()
    assert deadlines.pass_all(at=late) == (0, [])
    assert deadlines.look(case, at=late).state == "notified"


def test_a_repeat_changes_nothing_and_the_day_can_be_corrected(member: Member, clerk: User) -> None:
    first = record(member, clerk)
    assert record(member, clerk).report == first.report
    assert DeathReport.history.count() == 1
    record(member, clerk, died_on=DIED - DAY)
    report = DeathReport.objects.get()
    assert (report.pk, report.died_on, Member.objects.get(pk=member.pk).died_on) == (
        first.report.pk,
        DIED - DAY,
        DIED - DAY,
    )
    assert StatusChange.objects.count() == 1
    assert "no differences" in verified()


def test_a_mistake_is_taken_back_with_everything(member: Member, clerk: User) -> None:
    telling.tell(member=member, kind=NoticeKind.ENTRY_VOIDED, subject="entry-1", anchor_on=TODAY)
    before = [(invoice.pk, invoice.status, invoice.opens_on) for invoice in cycle_of(member).invoices.order_by("pk")]
    record(member, clerk)
    [certification] = take_back(member, clerk)
    assert (certification.status, certification.pk) == ("active", Certification.objects.get().pk)
    member = Member.objects.get(pk=member.pk)
    assert (member.died_on, member.user.is_active) == (None, True)
    cycle = cycle_of(member)
    assert [(one.pk, one.status, one.opens_on) for one in cycle.invoices.order_by("pk")] == before
    assert cycle.grace_extended_to is None
    assert catching_up.open_for_records(member, at=AT) == [cycle]
    assert Notice.objects.get().dropped == ""
    report = DeathReport.objects.get()
    assert (report.taken_back_by, report.taken_back_reason) == (clerk, "Another Ann O'Neil.")
    assert [change.after for change in StatusChange.objects.order_by("pk")] == ["ended", "active"]
    assert take_back(member, clerk) == []
    assert "no differences" in verified()


def test_a_cycle_that_ended_meanwhile_has_its_grace_period_then(member: Member, clerk: User) -> None:
    record(member, clerk)
    late = date(2027, 2, 1)
    take_back(member, clerk, on=late)
    cycle = cycle_of(member)
    assert cycle.grace_extended_to == late + 90 * DAY
    assert closing.close_due(at=noon(late)).closed == 0
    assert "no differences" in verified()


def test_a_closed_sign_in_and_a_lapsed_certification_stay_as_they_were(member: Member, clerk: User) -> None:
    member.user.is_active = False
    member.user.save()
    Certification.objects.update(status="lapsed")
    assert record(member, clerk).ended == []
    assert take_back(member, clerk) == []
    assert not User.objects.get(pk=member.user.pk).is_active
    assert Certification.objects.get().status == "lapsed"


def test_a_reason_is_asked_for(member: Member, clerk: User) -> None:
    record(member, clerk)
    with pytest.raises(Refused, match="Say how the mistake came about"):
        deaths.take_back(member=member, reason="", by=clerk, at=AT)


def test_nothing_is_reinstated_added_or_merged_after_a_death(member: Member, clerk: User) -> None:
    certification = Certification.objects.get()
    Certification.objects.update(status="lapsed")
    record(member, clerk)
    with pytest.raises(Refused, match="died on Mar 2, 2026"):
        life.change_status(certification=certification, to="reinstated", reason="Asked.", by=clerk, at=AT)
    fields = {"member": member.pk, "credential": Credential.objects.get(code="RPT").pk, "awarded_on": "2024-05-01"}
    form = CertificationForm({**fields, "certificate_number": "555"})
    assert "died on Mar 2, 2026" in str(form.errors["member"])
    other = make_member(amt_id="7009")
    problem = merging.problem_with_people(Member.objects.get(pk=member.pk), other)
    assert problem
    assert "It is on record of one of the two" in problem.sentence


def test_a_roster_adds_nothing_for_somebody_who_died(member: Member, clerk: User) -> None:
    record(member, clerk)
    held = Certification.objects.get()
    row = {"amt_id": "7001", "last_name": "O'Neil", "first_name": "Ann", "awarded_on": "2023-05-01"}
    known = row | {"email": member.user.email, "credential": "RMA", "certificate_number": held.certificate_number}
    new = known | {"credential": "RPT", "certificate_number": "555"}
    assert load_roster(known)[0].problems == []
    [problem] = load_roster(new)[0].problems
    assert "AMT ID 7001 died on Mar 2, 2026, so no certification is added" in problem.sentence


# The pages


@pytest.mark.ignore_template_errors
def test_staff_see_what_follows_record_it_and_take_it_back(member: Member) -> None:
    desk = client_of(make_clerk("view_member", "record_death", email="kim@amt.example"))
    address = page(Member, "death", member.pk)
    shown = words(read(desk.get(address)).main)
    number = invoice_of(cycle_of(member), 1).number
    assert f"End {Certification.objects.get()}" in shown
    assert f"{number}, " in shown
    assert "held, AMT asks nobody to pay them" in shown
    form = {"died_on": "2026-03-02", "reported_by": BY_SISTER}
    done = told(desk, submit(desk, address, **form))
    assert "died on Mar 2, 2026, reported by The sister, by phone." in done
    assert told(desk, submit(desk, address, **form)).startswith("It is on record already")
    text = desk.get(page(Member, "change", member.pk)).text
    assert "closed: died on Mar 2, 2026" in text
    back = page(Member, "death_take_back", member.pk)
    assert back in text
    assert "In force again" in told(desk, submit(desk, back, reason="Another Ann O'Neil."))
    assert told(desk, desk.get(back)).startswith("It is not on record that")


@pytest.mark.ignore_template_errors
def test_the_permission_is_one_of_its_own(member: Member) -> None:
    desk = client_of(make_clerk("view_member", "change_member"))
    assert desk.get(page(Member, "death", member.pk)).status_code == 403
    assert desk.get(page(Member, "death_take_back", member.pk)).status_code == 403


@pytest.mark.ignore_template_errors
def test_the_sign_in_of_somebody_who_died_is_not_opened_on_its_page(member: Member, clerk: User) -> None:
    record(member, clerk)
    desk = client_of(make_clerk("view_user", "change_user"))
    answer = submit(desk, page(User, "change", member.user.pk), email=member.user.email, is_active="on")
    assert "It is on record that this member has died." in answer.text
    assert not User.objects.get(pk=member.user.pk).is_active

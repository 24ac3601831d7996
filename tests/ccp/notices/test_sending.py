"""One mail for each member and day, exactly once, with what is true when it is sent."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members.mail.layout import Part, unwrapped
from amtportal.members.models import BouncingAddress, Member, OutgoingMail, User
from ccp.amt_credits import error_reports
from ccp.notices import sending, telling
from ccp.notices.models import Notice, NoticeKind, NoticeMail, Preference
from ccp.notices.telling import Said
from ccp.recording import verbs as recording
from certifications import invoices, life
from certifications.models import Cycle, RenewalInvoice
from certifications.payments.models.checkouts import CheckoutStatus
from tests.support.builders import (
    TODAY,
    begin_checkout,
    chicago,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_payment,
    make_user,
    noon,
)
from tests.support.mail import Mailbox, use_outbox
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
YESTERDAY = noon(TODAY - DAY)
Kind = NoticeKind


def morning(day: date) -> datetime:
    return chicago(day.year, day.month, day.day, 8)


def send(day: date = TODAY) -> sending.Tally:
    return sending.send_due(on=day, now=morning(day))


def only_last_invoice(member: Member) -> None:
    """Void the invoices of years 1 and 2, which nobody has paid."""
    earlier = RenewalInvoice.objects.filter(cycle__certification__member=member, year__lt=3)
    earlier.update(status="void", void_reason="Test")


def kinds_of(member: Member) -> list[str]:
    return sorted(Notice.objects.filter(member=member, dropped="").values_list("kind", flat=True))


def command(*arguments: str) -> list[str]:
    output = StringIO()
    call_command("send_notices", *arguments, verbosity=0, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def at_eight(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    time_machine.move_to(morning(TODAY), tick=False)
    return time_machine


def test_same_day_notices_are_one_mail_with_the_most_pressing_first(
    short: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    make_amt_credit(cycle_of(short, "RPT"), points="0.5", at=noon(TODAY - DAY))
    make_amt_credit(cycle_of(short, "RPT"), points="0.25", at=noon(TODAY - DAY))
    tally = send()
    assert (tally.kinds, tally.mails) == ({Kind.CYCLE_ENDS: 1, Kind.AMT_CREDIT: 2}, 1)
    (mail,) = mailbox.mails
    assert mail["Subject"] == "1.25 points to go by Apr 23"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",)).get_content()
    assert "The cycle ends in 40 days." in text
    assert text.count("Credit from AMT") == 1
    (stored,) = NoticeMail.objects.all()
    assert (stored.state, stored.sent_at, stored.address) == ("sent", morning(TODAY), short.user.email)
    assert stored.message_id == mail["Message-ID"]
    assert "1.25" in stored.text


def test_a_second_run_sends_nothing_again(short: Member, met: Member, at_eight: TimeMachineFixture) -> None:
    only_last_invoice(met)
    assert command()[-1].startswith("2 notices for 2 members")
    assert command() == ["0 notices for 0 members, 0 of them without an address that takes mail."]
    assert OutgoingMail.objects.count() == NoticeMail.objects.count() == 2


def test_a_dry_run_counts_and_writes_nothing(short: Member, grace: Member, at_eight: TimeMachineFixture) -> None:
    assert command("--dry-run") == [
        "      1  Cycle ends",
        "      1  Grace period",
        "Nothing written; would be: 2 notices for 2 members, 0 of them without an address that takes mail.",
    ]
    assert not Notice.objects.exists()
    assert not NoticeMail.objects.exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1), date(2028, 2, 29), TODAY])
def test_nothing_is_sent_before_eight_in_chicago(day: date) -> None:
    """On the days on which the clocks change, too: eight hours after midnight it may be 7 or 9."""
    assert sending.is_early(day, chicago(day.year, day.month, day.day, 7, 59))
    assert not sending.is_early(day, chicago(day.year, day.month, day.day, 8))


def test_the_command_waits_for_eight(short: Member, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(morning(TODAY) - timedelta(minutes=1), tick=False)
    assert command() == ["Nothing sent: notices are sent from 8:00 AM in Chicago on."]
    assert not Notice.objects.exists()
    assert command("--dry-run")[-1].startswith("Nothing written; would be: 1 notice ")


def test_a_future_day_needs_a_dry_run(short: Member, at_eight: TimeMachineFixture) -> None:
    with pytest.raises(CommandError, match="is in the future"):
        command("--on", (TODAY + DAY).isoformat())
    assert command("--on", (TODAY + DAY).isoformat(), "--dry-run")[-1].startswith(
        "Nothing written; would be: 1 notice "
    )


def test_a_run_for_a_day_of_the_past_does_not_remind_of_what_a_later_one_did(
    short: Member, at_eight: TimeMachineFixture
) -> None:
    assert send(date(2026, 4, 1)).kinds == {Kind.CYCLE_ENDS: 1}
    assert send(TODAY).kinds == {}


def test_the_unlock_mail_comes_on_the_day_the_invoice_opens(met: Member, at_eight: TimeMachineFixture) -> None:
    """The record reached the requirement the day before."""
    only_last_invoice(met)
    assert send(TODAY - DAY).kinds == {}
    assert send().kinds == {Kind.INVOICE_OPEN: 1}


def test_there_is_no_unlock_mail_if_it_was_paid_five_minutes_after_midnight(met: Member) -> None:
    only_last_invoice(met)
    make_payment(invoice_of(cycle_of(met)), at=chicago(2026, 3, 14, 0, 5))
    assert send().kinds == {Kind.PAYMENT_RECEIVED: 1}


def test_what_is_paid_before_the_mail_goes_out_is_dropped(
    met: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    only_last_invoice(met)
    send()
    make_payment(invoice_of(cycle_of(met)), at=morning(TODAY))
    assert mailbox.mails == []
    (notice,) = Notice.objects.all()
    assert notice.dropped == "The invoice was not to be paid any more."
    assert NoticeMail.objects.get().state == "dropped"
    assert not OutgoingMail.objects.exists()
    assert kinds_of(met) == []


def test_what_the_mail_says_is_of_the_moment_of_sending(
    short: Member, mailbox: Mailbox, settings: Settings, at_eight: TimeMachineFixture
) -> None:
    """The mail server is away for two days; in the meantime a point is recorded."""
    port = settings.EMAIL_PORT
    use_outbox(settings)
    send()
    assert mailbox.mails == []
    assert NoticeMail.objects.get().state == "waiting"
    make_activity(cycle_of(short, "RPT"), points="1", at=noon(TODAY + DAY))
    at_eight.move_to(morning(TODAY + 2 * DAY), tick=False)
    settings.EMAIL_PORT = port
    (mail,) = mailbox.mails
    assert mail["Subject"] == "1 point to go by Apr 23"
    assert "The cycle ends in 38 days." in mail.get_body(("plain",)).get_content()


def test_only_what_is_overdue_is_called_overdue_and_since_which_year(
    met: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    """Years 1 and 2 are not paid; that of year 3 is open, and is due on 5/1/2026."""
    send()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "$120 overdue since May 1, 2024"


def test_of_a_series_only_the_newest_goes_out_after_the_mail_server_was_away(
    short: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    send()
    send(date(2026, 3, 24))
    at_eight.move_to(morning(date(2026, 3, 24)), tick=False)
    assert [mail["Subject"] for mail in mailbox.mails] == ["2 points to go by Apr 23"]
    assert list(Notice.objects.order_by("pk").values_list("dropped", flat=True)) == ["A newer notice says it.", ""]


def test_who_has_no_address_is_not_forgotten(short: Member) -> None:
    short.user = None
    short.save()
    assert send().undeliverable == 1
    assert NoticeMail.objects.get().state == "undeliverable"
    assert kinds_of(short) == [Kind.CYCLE_ENDS]
    assert not OutgoingMail.objects.exists()


def test_an_address_from_which_mail_comes_back_gets_none_and_is_not_forgotten(short: Member) -> None:
    BouncingAddress.objects.create(email=short.user.email, reason="550 no such user", marked_at=noon(TODAY))
    assert send().undeliverable == 1
    mail = NoticeMail.objects.get()
    assert (mail.state, mail.address) == ("undeliverable", short.user.email)
    assert not OutgoingMail.objects.exists()


def test_a_changed_address_gets_what_waits(short: Member, mailbox: Mailbox, at_eight: TimeMachineFixture) -> None:
    send()
    short.user.email = "new@example.org"
    short.user.save()
    assert [mail["X-Delivered-To"] for mail in mailbox.mails] == ["new@example.org"]
    assert NoticeMail.objects.get().address == "new@example.org"


def test_a_closed_account_and_a_merged_member_are_told_nothing(short: Member, grace: Member) -> None:
    short.user.is_active = False
    short.user.save()
    grace.merged_into = short
    grace.save()
    assert send().mails == 0


@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked"])
def test_a_certification_that_is_not_in_force_is_not_reminded_of(short: Member, status: str) -> None:
    certification = cycle_of(short, "RPT").certification
    life.change_status(certification=certification, to=status, reason="Test", by=make_user(), at=noon(TODAY))
    assert send().kinds == ({Kind.LAPSED: 1} if status == "lapsed" else {})


def test_a_voluntary_certification_is_reminded_of_money_only(voluntary: Member) -> None:
    only_last_invoice(voluntary)
    assert send(date(2026, 3, 2)).kinds == {Kind.INVOICE_OPEN: 1}
    assert send(date(2026, 3, 31)).kinds == {Kind.INVOICE_DUE: 1, Kind.CYCLE_ENDS: 1}


def test_money_under_way_counts_as_paid(met: Member) -> None:
    only_last_invoice(met)
    checkout = begin_checkout(invoice_of(cycle_of(met)))
    checkout.status, checkout.session_id = CheckoutStatus.PROCESSING, "cs_1"
    checkout.save()
    assert send().kinds == {}


def test_what_was_settled_before_the_portal_is_not_asked_for(met: Member) -> None:
    only_last_invoice(met)
    RenewalInvoice.objects.filter(pk=invoice_of(cycle_of(met)).pk).update(status="paid", before_portal=date(2026, 5, 1))
    assert send().kinds == {}


def test_a_member_who_has_not_opened_the_account_gets_duties_only(short: Member) -> None:
    """Nothing was recorded for 6 months: that can be switched off, and nobody is there who could."""
    make_cycle(short, credential="RMA", awarded_on=TODAY - 183 * DAY)
    assert send().kinds == {Kind.CYCLE_ENDS: 1}


def test_what_can_be_switched_off_comes_and_stays_away(
    new: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    new.user.set_password("seven blue lanterns")
    new.user.save()
    day = date(2026, 3, 1)
    assert send(day).kinds == {Kind.NOTHING_RECORDED: 1}
    Preference.objects.create(member=new, nothing_recorded=False)
    assert mailbox.mails == []
    assert Notice.objects.get().dropped == "The member switched this kind off."
    Notice.objects.all().delete()
    NoticeMail.objects.all().delete()
    assert send(day).kinds == {}


def test_the_month_is_summarized_for_those_of_whom_something_changed(
    short: Member, new: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    for member in (short, new):
        member.user.set_password("seven blue lanterns")
        member.user.save()
    # The record of ``short`` changed on March 14.
    day = date(2026, 4, 2)
    at_eight.move_to(morning(day), tick=False)
    assert send(day).kinds[Kind.MONTHLY_SUMMARY] == 1
    assert "Mar" in mailbox.mails[0].get_body(("plain",)).get_content()
    assert Kind.MONTHLY_SUMMARY in kinds_of(short)


def test_the_language_is_the_chosen_one_or_that_of_the_last_sign_in(
    short: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    short.user.language = "en"
    short.user.save()
    Preference.objects.create(member=short, language="es")
    send()
    (mail,) = mailbox.mails
    assert mail["Content-Language"] == "es"
    assert NoticeMail.objects.get().language == "es"
    assert "23 abr" in mail["Subject"]


def test_money_entries_and_answers_are_told_the_next_morning(
    short: Member, staff: User, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    cycle = cycle_of(short, "RPT")
    yesterday = noon(TODAY - DAY)
    paid = make_payment(invoice_of(cycle, 1), received_on=TODAY - DAY, at=yesterday)
    invoices.reverse_payment(payment=paid, reason="The check came back.", by=staff, at=yesterday)
    entry = make_amt_credit(cycle, points="1", at=yesterday)
    report = error_reports.report(activity=entry, text="That was two points.", by=short.user, at=yesterday)
    error_reports.answer(report=report, text="It was one.", by=staff, at=yesterday)
    recording.void(activity=entry, reason="Wrong person.", by=staff, at=yesterday)
    assert send().kinds == {
        Kind.CYCLE_ENDS: 1,
        Kind.PAYMENT_FAILED: 1,
        Kind.ENTRY_VOIDED: 1,
        Kind.REPORT_ANSWERED: 1,
    }
    text = mailbox.mails[0].get_body(("plain",)).get_content()
    assert "was reversed." in text
    assert "Reason: Wrong person." in text
    assert "It was one." in text


def test_points_that_amt_set_are_told_with_the_totals(
    met: Member, staff: User, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    """The entry was set twice on the day before: what was set last is told, once."""
    waiting = make_activity(cycle_of(met), kind="journal-article", points=None, title="On veins")
    for points in ("3", "4"):
        waiting = recording.set_points(
            activity=waiting, points=Decimal(points), reason="Page 4", revision=waiting.revision, by=staff, at=YESTERDAY
        )
    assert send().kinds[Kind.POINTS_SET] == 1
    text = mailbox.mails[0].get_body(("plain",)).get_content()
    assert f"AMT set 4 points for {waiting.reference}, On veins" in text
    assert "34 of 30" in text
    assert "RMA: requirement met." in text
    assert Kind.POINTS_SET not in send(TODAY + DAY).kinds


def test_points_that_came_too_late_for_a_closed_cycle_are_told_as_such(
    met: Member, staff: User, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    """RMA was closed before AMT set the points; they count in MLT."""
    closed, running = cycle_of(met), make_cycle(met, credential="MLT")
    entry = make_activity(closed, running, kind="journal-article", points=None, title="On veins", at=YESTERDAY)
    values = {"ends_on": TODAY - 2 * DAY, "closed_on": TODAY - DAY, "outcome": "compliant", "points_at_close": 30}
    Cycle.objects.filter(pk=closed.pk).update(**values)
    recording.set_points(
        activity=entry, points=Decimal(4), reason="Page 4", revision=1, by=staff, at=YESTERDAY + timedelta(hours=1)
    )
    send()
    text = unwrapped(mailbox.mails[0].get_body(("plain",)).get_content().replace("\r\n", "\n"))
    assert "RMA: the cycle that ended Mar 12, 2026 was closed before, and does not change." in text
    assert "MLT: 4 of 45" in text
    assert "RMA: 3" not in text


def test_in_grace_the_mail_says_that_nobody_lapses_while_amt_owes_points(
    grace: Member, mailbox: Mailbox, at_eight: TimeMachineFixture
) -> None:
    cycle = cycle_of(grace, "MLT")
    recorded_on = cycle.ends_on
    make_activity(cycle, kind="journal-article", points=None, starts_on=recorded_on, at=noon(recorded_on))
    send()
    text = unwrapped(mailbox.mails[0].get_body(("plain",)).get_content().replace("\r\n", "\n"))
    assert "this certification lapses, but not before AMT has set the points for which your entries wait." in text


def test_points_of_an_entry_that_was_withdrawn_are_not_told(met: Member, staff: User) -> None:
    waiting = make_activity(cycle_of(met), kind="journal-article", points=None)
    entry = recording.set_points(
        activity=waiting, points=Decimal(4), reason="Page 4", revision=1, by=staff, at=YESTERDAY
    )
    recording.withdraw(activity=entry, by=met.user, at=YESTERDAY)
    assert Kind.POINTS_SET not in send().kinds


def test_a_payment_of_an_old_file_is_no_news(short: Member) -> None:
    invoice = invoice_of(cycle_of(short, "RPT"), 1)
    receipt = invoices.Receipt(invoice, invoice.amount, "check", "7", date(2024, 4, 1))
    invoices.record_payments(receipts=[receipt], by=None, at=noon(TODAY), file_name="old.csv")
    assert Kind.PAYMENT_RECEIVED not in send().kinds


def test_what_another_app_tells_goes_with_the_mail_of_the_day(
    short: Member, mailbox: Mailbox, at_eight: TimeMachineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        telling._writers,
        Kind.AUDIT,
        lambda notices, on: {notice.pk: Said("Audit: one question", Part(["Send proof."])) for notice in notices},
    )
    for _ in range(2):
        telling.tell(member=short, kind=Kind.AUDIT, subject="audit-3", anchor_on=TODAY)
    telling.tell(member=short, kind=Kind.AUDIT, subject="audit-4", anchor_on=TODAY)
    telling.take_back(kind=Kind.AUDIT, subject="audit-4", reason="It was decided.")
    assert send().kinds == {Kind.AUDIT: 1, Kind.CYCLE_ENDS: 1}
    assert send(TODAY + DAY).kinds == {}
    assert mailbox.mails[0]["Subject"] == "Audit: one question"


def test_later_the_same_day_waits_for_the_next_mail(short: Member) -> None:
    send()
    make_amt_credit(cycle_of(short, "RPT"), points="1", at=noon(TODAY))
    assert send().kinds == {}
    assert send(TODAY + DAY).kinds == {Kind.AMT_CREDIT: 1}


def test_a_run_that_was_killed_goes_on_where_it_was(
    short: Member, grace: Member, met: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_last_invoice(met)
    monkeypatch.setattr("amtportal.chunks.CHUNK", 1)
    store = sending._store

    def fails_at_the_second(members: list[int], *rest: object, **more: object) -> None:
        if NoticeMail.objects.exists():
            raise KeyboardInterrupt
        store(members, *rest, **more)

    monkeypatch.setattr(sending, "_store", fails_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        send()
    assert NoticeMail.objects.count() == OutgoingMail.objects.count() == 1
    monkeypatch.setattr(sending, "_store", store)
    assert send().mails == 2
    assert Notice.objects.count() == NoticeMail.objects.count() == OutgoingMail.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_send_nothing_twice(short: Member, grace: Member, met: Member) -> None:
    only_last_invoice(met)
    tallies = at_once(send, send)
    assert sum(tally.mails for tally in tallies) == 3
    assert Notice.objects.count() == NoticeMail.objects.count() == OutgoingMail.objects.count() == 3

"""What a member was sent, on the member's page: the newest first, each with its text or the reason."""

from datetime import timedelta

import pytest

from ccp.notices.models import MailState, NoticeKind
from tests.support.builders import TODAY, client_of, make_member, noon
from tests.support.notices import make_mail, make_notice
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("on_today")]

PAGE = "/account/notices/"
DAY = timedelta(days=1)


def test_each_mail_has_its_day_its_state_and_why_it_was_not_sent() -> None:
    member = make_member()
    make_mail(member, on=TODAY - 3 * DAY, subject="2 points to go by Apr 30, 2026")
    dropped = make_mail(member, NoticeKind.INVOICE_DUE, on=TODAY - 2 * DAY, state=MailState.DROPPED)
    dropped.notices.update(dropped="It was paid.")
    make_mail(member, NoticeKind.CYCLE_ENDS, NoticeKind.GRACE, on=TODAY - DAY, state=MailState.UNDELIVERABLE)
    make_mail(member, NoticeKind.PAYMENT_RECEIVED, state=MailState.WAITING)
    make_notice(member, NoticeKind.AMT_CREDIT, on=TODAY - 4 * DAY, dropped="It was withdrawn.")
    make_notice(member, NoticeKind.AUDIT, on=TODAY + DAY)
    make_mail(member, on=TODAY - 5 * DAY, subject="It waited for the mail server", sent_at=noon(TODAY - 3 * DAY))
    make_mail(make_member(), subject="Somebody else's")
    rows = read(client_of(member).get(PAGE)).select("#sent tbody tr")
    assert [[words(cell) for cell in row.select("th, td")] for row in rows] == [
        ["Audit", "3/15/2026", "Waits to be sent"],
        ["Payment received", "3/14/2026", "Waits to be sent"],
        ["End of your CCP cycle, Grace period", "3/13/2026", "Not sent: your address does not take mail"],
        ["Renewal invoice due", "3/12/2026", "Not sent It was paid."],
        ["2 points to go by Apr 30, 2026", "3/11/2026", "Sent"],
        ["Credit from AMT recorded", "3/10/2026", "Not sent It was withdrawn."],
        ["It waited for the mail server", "3/9/2026", "Sent Mar 11, 2026, 12:00 PM"],
    ]
    assert [bool(row.select("a")) for row in rows] == [False, False, False, False, True, False, True]


def test_a_mail_is_read_as_it_was_sent() -> None:
    member = make_member()
    mail = make_mail(member, text="Hello Ada,\n\n2 points are <b>missing</b>:\nhttps://portal.example.org/x/?a=1&b=2\n")
    page = read(client_of(member).get(f"{PAGE}{mail.pk}/"))
    assert words(page.h1) == mail.subject
    assert f"Sent Mar 14, 2026, 12:00 PM Central Time to {member.user.email}" in words(page.main)
    assert "2 points are <b>missing</b>:" in words(page.main)
    assert page.select_one("main [lang=en] a")["href"] == "https://portal.example.org/x/?a=1&b=2"


@pytest.mark.parametrize("state", [state for state in MailState if state != MailState.SENT])
def test_a_mail_that_was_not_sent_has_no_text_to_read(state: MailState) -> None:
    member = make_member()
    mail = make_mail(member, state=state)
    assert client_of(member).get(f"{PAGE}{mail.pk}/").status_code == 404


def test_long_lists_have_pages() -> None:
    member = make_member()
    for number in range(45):
        make_mail(member, on=TODAY - number * DAY, subject=f"Mail {number}")
    client = client_of(member)
    first, last = (read(client.get(PAGE, {"page": number})) for number in (1, 3))
    assert [words(row) for row in first.select("#sent tbody th")] == [f"Mail {number}" for number in range(20)]
    assert [words(row) for row in last.select("#sent tbody th")] == [f"Mail {number}" for number in range(40, 45)]
    assert not last.select("#choices, #ahead")
    assert "page 3" in words(last.title)


def test_a_member_to_whom_nothing_was_sent_reads_that() -> None:
    page = read(client_of(make_member()).get(PAGE))
    assert words(page.select_one("#sent p")).startswith("Nothing yet.")
    assert not page.select("#sent table")


def test_a_mail_that_was_sent_at_once_is_listed_on_its_day() -> None:
    member = make_member()
    make_mail(member, NoticeKind.PAYMENT_RECEIVED, at_once=True, subject="Receipt")
    make_mail(member, NoticeKind.CYCLE_ENDS, subject="47 days", sent_at=noon(TODAY))
    rows = read(client_of(member).get(PAGE)).select("#sent tbody th")
    assert [words(row) for row in rows] == ["47 days", "Receipt"]

"""What staff see of notices: the mails with their texts, single notices, and what a member was mailed."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from amtportal.members.models import Member
from ccp.notices.models import MailState, Notice, NoticeKind, NoticeMail
from tests.support.builders import TODAY, client_of, make_member
from tests.support.notices import make_mail, make_notice
from tests.support.pages import words
from tests.support.staff import found, make_clerk, page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.ignore_template_errors,
    pytest.mark.usefixtures("on_today"),
]
DAY = timedelta(days=1)


@pytest.fixture
def desk() -> Client:
    return client_of(make_clerk("view_member", "view_noticemail", "view_notice"))


def test_mails_are_found_by_member_state_and_day(desk: Client) -> None:
    ada, ben = make_member(), make_member(first_name="Ben", last_name="Berg")
    old = make_mail(ada, on=TODAY - 20 * DAY)
    lost = make_mail(ada, on=TODAY, state=MailState.UNDELIVERABLE)
    dropped = make_mail(ben, on=TODAY - DAY, state=MailState.DROPPED)
    assert found(desk, NoticeMail, q=ada.amt_id) == [lost, old]
    assert found(desk, NoticeMail, state="undeliverable") == [lost]
    assert found(desk, NoticeMail, state="dropped") == [dropped]
    assert found(desk, NoticeMail, state="sent") == [old]
    assert found(desk, NoticeMail, day="today") == [lost]
    assert found(desk, NoticeMail, day="7-days") == [lost, dropped]
    assert found(desk, NoticeMail, day="30-days") == [lost, dropped, old]


def test_notices_are_found_by_kind_and_by_what_was_not_sent(desk: Client) -> None:
    mail = make_mail(make_member(), NoticeKind.GRACE, NoticeKind.INVOICE_DUE)
    paid = make_notice(mail.member, NoticeKind.INVOICE_OVERDUE, dropped="It was paid.")
    assert [notice.kind for notice in found(desk, Notice, kind__exact="grace")] == ["grace"]
    assert found(desk, Notice, dropped="yes") == [paid]
    assert len(found(desk, Notice, dropped="no")) == 2


def test_staff_with_the_permission_read_the_text(desk: Client) -> None:
    mail = make_mail(make_member(), text="2 points to go.")
    answer = desk.get(page(NoticeMail, "change", mail.pk))
    assert "2 points to go." in answer.text
    assert "Renewal invoice open" in answer.text
    assert client_of(make_clerk("view_member")).get(page(NoticeMail, "change", mail.pk)).status_code == 403


def test_the_page_of_a_member_says_what_was_mailed(desk: Client) -> None:
    member = make_member()
    mails = [make_mail(member, on=TODAY - place * DAY, subject=f"Mail {place}") for place in range(1, 8)]
    make_mail(member, state=MailState.UNDELIVERABLE)
    make_mail(make_member(), subject="Somebody else's")
    answer = desk.get(page(Member, "change", member.pk))
    shown = words(BeautifulSoup(answer.text, "html.parser").select_one("[aria-labelledby=desk-mails]"))
    assert "Mail of the day Sat Mar 14. Not sent, because there is no address that takes mail" in shown
    assert "Mail 1 Fri Mar 13. Sent" in shown
    assert "Mail 3" not in shown
    assert page(NoticeMail, "change", mails[0].pk) in answer.text
    everything = desk.get(page(Member, "mail", member.pk))
    assert "Mail 7" in everything.text
    assert "Somebody else's" not in everything.text
    assert len(found(desk, NoticeMail, member__id__exact=str(member.pk))) == 8


def test_a_member_to_whom_nothing_was_mailed_says_so(desk: Client) -> None:
    assert "Nothing yet." in desk.get(page(Member, "change", make_member().pk)).text


def test_without_the_permission_the_page_of_a_member_does_not_say_it() -> None:
    member = make_member()
    make_mail(member)
    answer = client_of(make_clerk("view_member")).get(page(Member, "change", member.pk))
    assert "desk-mails" not in answer.text

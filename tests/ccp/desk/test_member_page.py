"""The page of a member: the answers that staff give on the phone, the actions, the tabs, and what they cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp.desk import notes, overview
from ccp.desk.models import Note
from ccp.recording import verbs as recording
from ccp.standing import standing
from certifications import deaths, probations
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
    set_category_terms,
    set_terms,
)
from tests.support.pages import words
from tests.support.staff import make_clerk, page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.ignore_template_errors,
    pytest.mark.usefixtures("on_today", "terms_known"),
]


@pytest.fixture
def root() -> Client:
    return client_of(make_user(is_staff=True, is_superuser=True))


def soup_of(client: Client, member: Member, name: str = "change") -> BeautifulSoup:
    return BeautifulSoup(client.get(page(Member, name, member.pk)).text, "html.parser")


def test_it_answers_why_the_invoice_cannot_be_paid_and_what_comes_next(root: Client, short: Member) -> None:
    card = soup_of(root, short).select_one("[data-name=certification]")
    assert card is not None
    assert words(card.select_one("[data-name=points]")) == "22 of 24 points"
    invoice, paid = invoice_of(cycle_of(short, "RPT")), [invoice_of(cycle_of(short, "RPT"), year) for year in (1, 2)]
    for each in paid:
        make_payment(each)
    card = soup_of(root, short).select_one("[data-name=certification]")
    assert card is not None
    assert words(card.select_one("[data-name=why-not-paid]")) == (
        f"Year 3, {invoice.number}: Locked: 22 of 24 points are on record. The invoice opens the day after your CCP "
        "requirement is met."
    )
    assert words(card.select_one("[data-name=next]")) == "Record 2 more points by Apr 23, 2026."


def test_an_invoice_that_can_be_paid_is_named_with_the_button_to_record_a_payment(root: Client, met: Member) -> None:
    invoice = next(each for each in [invoice_of(cycle_of(met), year) for year in (1, 2, 3)] if each.status == "issued")
    card = soup_of(root, met).select_one("[data-name=certification]")
    assert card is not None
    assert f"It can be paid now: Year {invoice.year}, {invoice.number}" in words(card)
    assert page(type(invoice), "pay", invoice.pk) in str(card)


def test_each_entry_that_counts_for_less_says_why_with_the_cap_and_the_figures() -> None:
    """The cap of the type is 12: 5 of March 1, then 7 of 10 of March 2, then none of 3 of March 3."""
    set_terms("course-seminar-webinar", cap=Decimal(12))
    cycle = make_cycle()
    for day, points in enumerate(("5", "10", "3"), start=1):
        make_activity(cycle, points=points, starts_on=TODAY.replace(day=day))
    [shown] = standing.standings(cycle.certification.member, TODAY)
    partly, none = overview.less_than_claimed([shown])[shown.cycle.pk]
    name = "Course, seminar or webinar"
    assert (partly.claimed, partly.counted) == (Decimal(10), Decimal(7))
    assert partly.why.endswith("at most 12 points count in one cycle. Entries of earlier days use 5, so 7 are left."), (
        name
    )
    assert none.why.endswith("Entries of earlier days use 12, so none is left.")


def test_the_cap_of_a_category_and_points_that_amt_sets_are_told_too() -> None:
    set_terms("course-seminar-webinar", points_per_unit=None, unit="")
    set_category_terms("professional-education", cap=Decimal(4))
    cycle = make_cycle()
    make_activity(cycle, points="6")
    make_activity(cycle, points=None, starts_on=TODAY - timedelta(days=1))
    [shown] = standing.standings(cycle.certification.member, TODAY)
    capped, waits = overview.less_than_claimed([shown])[shown.cycle.pk]
    assert capped.why == "Of the category “Professional Education”, at most 4 points count in one cycle."
    assert waits.why == "AMT has not set its points yet: it counts from the day on which it does."
    assert waits.claimed is None


def test_the_page_says_how_much_is_claimed_and_how_much_counts(root: Client) -> None:
    set_terms("course-seminar-webinar", cap=Decimal(12))
    cycle = make_cycle()
    make_activity(cycle, points="20")
    card = words(soup_of(root, cycle.certification.member).select_one("[data-name=certification]"))
    assert "Why do only 12 count? 20 points are claimed." in card
    assert "claims 20, counts 12." in card


def test_an_entry_that_was_withdrawn_claims_nothing() -> None:
    cycle = make_cycle()
    entry = make_activity(cycle, points="6")
    recording.withdraw(activity=entry, by=entry.member.user, at=noon(TODAY))
    [shown] = standing.standings(entry.member, TODAY)
    assert overview.less_than_claimed([shown]) == {}


# Where the links lead, and how far the actions are


def test_every_action_is_at_most_two_clicks_away(root: Client) -> None:
    """One click is a button of the page. Two are a tab, and a button there."""
    cycle = make_cycle()
    member, entry = cycle.certification.member, make_activity(cycle)
    invoice = invoice_of(cycle, 1)
    payment = make_payment(invoice)
    make_payment(invoice_of(cycle, 2))
    at_once = {link["href"] for link in soup_of(root, member).select(".desk a")}
    tabs = {link["href"] for link in soup_of(root, member).select(".desk-tabs a")}
    then = {link["href"] for tab in tabs for link in BeautifulSoup(root.get(tab).text, "html.parser").select(".desk a")}
    assert {
        page(Member, "rekey", member.pk),
        page(Member, "merge", member.pk),
        page(Member, "hide", member.pk),
        page(Member, "viewing", member.pk),
        page(type(cycle), "extend", cycle.pk),
        page(type(cycle.certification), "status", cycle.certification_id),
    } <= at_once
    assert {
        page(type(entry), "void", entry.pk),
        page(type(payment), "reverse", payment.pk),
        page(type(invoice), "void", invoice_of(cycle, 3).pk),
    } <= then


def test_after_an_action_staff_are_back_on_the_page(root: Client) -> None:
    member = make_member()
    answer = root.post(page(Member, "rekey", member.pk), {"amt_id": "77", "reason": "Joined."})
    assert answer["Location"] == page(Member, "change", member.pk)


def test_the_contact_is_still_changed_there(root: Client) -> None:
    member = make_member()
    wrong = root.post(page(Member, "change", member.pk), {"first_name": "", "last_name": ""})
    assert '<details class="desk-edit" open>' in wrong.text


# Who sees what


def test_each_part_is_shown_to_who_may_see_its_records(short: Member) -> None:
    notes.write(member=short, text="Called.", by=make_user(is_staff=True), at=noon(TODAY))
    seen = soup_of(client_of(make_clerk("view_member")), short)
    assert [words(link) for link in seen.select(".desk-tabs a")] == ["Overview", "History"]
    assert not seen.select("[data-name=certification], [data-name=notes]")
    assert "Last sign-in" not in seen.text
    seen = soup_of(client_of(make_clerk("view_member", "view_certification")), short)
    assert seen.select("[data-name=certification]")
    assert not seen.select("[data-name=why-not-paid]")


def test_nobody_sees_the_tab_of_their_own_audits() -> None:
    user = make_user(is_staff=True, is_superuser=True)
    member = make_member(user=user)
    assert client_of(user).get(page(Member, "audits", member.pk)).status_code == 403


# Notes


def test_a_note_stays_with_author_and_time(root: Client) -> None:
    member = make_member()
    root.post(page(Member, "notes", member.pk), {"text": "  Called about the invoice.\nSent the form. "})
    note = Note.objects.get()
    assert note.text == "Called about the invoice.\nSent the form."
    assert note.written_at == noon(TODAY)
    shown = words(soup_of(root, member, "notes").select_one("[data-name=notes]"))
    assert shown.startswith("Called about the invoice. Sent the form. Mar 14, 2026, 12:00 PM, user")


def test_a_note_sent_twice_is_one_note_and_an_empty_one_is_none(root: Client) -> None:
    member = make_member()
    for text in ("Called.", "Called.", "   "):
        answer = root.post(page(Member, "notes", member.pk), {"text": text})
    assert "Write the note." in answer.text
    assert Note.objects.count() == 1


def test_notes_of_a_merged_record_stand_on_the_page_of_the_one_that_is_left(root: Client) -> None:
    kept = make_member()
    emptied = make_member(merged_into=kept, user=None)
    notes.write(member=emptied, text="Of before.", by=make_user(is_staff=True), at=noon(TODAY))
    assert "about a merged record" in soup_of(root, kept, "notes").text


def test_members_read_no_note(short: Member) -> None:
    notes.write(member=short, text="Xylophone.", by=make_user(is_staff=True), at=noon(TODAY))
    client = client_of(short)
    for path in ("/", "/certifications/", "/account/notices/", "/account/details/"):
        assert "Xylophone" not in client.get(path).text


def test_it_says_that_somebody_is_on_probation_or_has_died(root: Client, short: Member) -> None:
    clerk, at = make_user(is_staff=True), noon(TODAY)
    probations.impose(
        certification=short.certifications.get(), ends_on=TODAY + timedelta(days=90), order="Take a course on ethics.",
        points=Decimal(2), due_on=None, by=clerk, at=at,
    )  # fmt: skip
    said = words(soup_of(root, short).select_one("[data-name=probation]"))
    assert said.startswith("On probation until")
    assert "Take a course on ethics. 2 points are asked for." in said
    deaths.record(member=short, died_on=TODAY - timedelta(days=2), reported_by="The sister.", by=clerk, at=at)
    assert "Died Mar 12, 2026" in words(soup_of(root, short).select_one(".desk-facts"))


# What it costs


@pytest.mark.parametrize("name", ["change", "entries", "money", "mail", "audits", "changes", "notes"])
def test_a_page_takes_the_same_queries_for_little_and_for_much(root: Client, name: str) -> None:
    member = make_member()
    cycle = make_cycle(member)
    make_activity(cycle, points="30")
    make_payment(invoice_of(cycle, 1))
    notes.write(member=member, text="The first.", by=make_user(is_staff=True), at=noon(TODAY))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert root.get(page(Member, name, member.pk)).status_code == 200
        return len(captured)

    queries()
    few = queries()
    other = make_cycle(member, credential="RPT")
    for _ in range(6):
        make_activity(cycle, other, points="1")
    make_payment(invoice_of(other, 1))
    for text in ("One.", "Two.", "Three.", "Four."):
        notes.write(member=member, text=text, by=make_user(is_staff=True), at=noon(TODAY))
    assert queries() == few <= 30

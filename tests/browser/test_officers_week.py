"""The week of a certification officer in Chromium, with every click counted.

The officer has the ready-made role, and that of finance for the check.

A click is a link, a button, or Enter in a search. "Before" is release 00b9c4f, counted by hand on the
same records, from the first page of the admin: its index had no search and no figures, a member's
page had no points, and each record had its own list.

| what the officer does | before | now |
| --- | --- | --- |
| see what waits, and since when: 15 lists are opened, one after another | 15 | 0 |
| open the oldest error report | 2 | 2 |
| "Why can't I pay?": Members, search, member, certification, cycle, invoice | 6 | 1 |
| "Why do only 12 count?": the same up to the cycle; entry, type, its terms for the cap | 8 | 1 |
| void an entry: Activities, search, entry, Void, confirm | 5 | 4 |
| record a check: Invoices, search, invoice, Record a payment, confirm | 5 | 3 |
| note what was said on the phone | not possible | 3 |
| see the page that the member sees, and come back | not possible | 4 |

Together, without what was not possible: 41 before, 11 now.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from amtportal.members.models import Member
from amtportal.staff.roles import Role
from ccp.amt_credits import error_reports
from ccp.desk.models import Note, Viewing
from ccp.privacy.models import AccessRequest
from tests.audit.measures import violations
from tests.support.builders import cycle_of, invoice_of, make_activity, make_amt_credit, make_user, set_terms
from tests.support.staff import page as address

pytestmark = [pytest.mark.browser, pytest.mark.ignore_template_errors]
TABS = ("change", "entries", "money", "mail", "audits", "changes", "notes")
PHONE: Any = {"width": 320, "height": 640}


class Officer:
    """A window in which each click is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def link(self, name: str) -> None:
        self.click(self.page.get_by_role("link", name=name).first)

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def search(self, words: str) -> None:
        self.clicks += 1
        self.page.get_by_role("searchbox").fill(words)
        self.page.get_by_role("searchbox").press("Enter")

    def since_start(self) -> int:
        """Return the clicks since the start page, and go back there."""
        clicks, self.clicks = self.clicks, 0
        self.page.goto("/admin/")
        return clicks


@pytest.fixture
def officer(member: Member, window: Callable[..., Page]) -> Iterator[Officer]:
    complaints: list[str] = []
    clerk = make_user(email="officer@amt.example", is_staff=True)
    clerk.groups.set(Group.objects.filter(name__in=(Role.OFFICER, Role.FINANCE)))
    page = window(clerk)
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/")
    yield Officer(page)
    assert complaints == []


def test_the_week_takes_a_quarter_of_the_clicks(officer: Officer, member: Member) -> None:
    set_terms("course-seminar-webinar", cap=12)
    cycle, page = cycle_of(member), officer.page
    credit = make_amt_credit(cycle, points="2", starts_on=cycle.starts_on, at=timezone.now())
    error_reports.report(activity=credit, text="Wrong day", by=member.user, at=timezone.now())
    entry = make_activity(cycle, points="1", title="To be voided", starts_on=cycle.starts_on, at=timezone.now())
    invoice = invoice_of(cycle, 1)
    page.goto("/admin/")

    expect(page.locator("[data-name=error-reports]")).to_contain_text("1 error report")
    assert officer.since_start() == 0, "what waits"

    officer.click(page.locator("[data-name=error-reports] a"))
    officer.click(page.locator("#result_list th a").first)
    expect(page.locator("#content")).to_contain_text("Wrong day")
    assert officer.since_start() == 2, "the oldest error report"

    officer.search("lane ada")
    expect(page.locator("[data-name=why-not-paid]")).to_contain_text("points are on record")
    assert officer.since_start() == 1, "why can't I pay"

    officer.search(member.amt_id)
    expect(page.locator("[data-name=less]")).to_contain_text("at most 12 points count in one cycle")
    assert officer.since_start() == 1, "why do only 12 count"

    officer.search("ada@example.org")
    officer.link("Entries")
    officer.click(page.locator("article", has_text=entry.reference).get_by_role("link", name="Void this entry"))
    page.get_by_label("Reason").fill("Recorded twice.")
    officer.button("Void entry")
    expect(page.locator(".messagelist")).to_contain_text("Voided")
    assert officer.since_start() == 4, "void an entry"

    officer.search(invoice.number)
    officer.link("Record a payment")
    page.get_by_label("Reference").fill("1042")
    officer.button("Record payment")
    expect(page.locator(".messagelist")).to_contain_text("is paid")
    assert officer.since_start() == 3, "record a check"

    officer.search("lane")
    officer.link("Write a note")
    page.get_by_label("New note").fill("Called about the invoice.")
    officer.button("Write the note")
    expect(page.locator("[data-name=notes]")).to_contain_text("Called about the invoice.")
    assert Note.objects.get().member == member
    assert officer.since_start() == 3, "a note"

    officer.search("lane")
    officer.link("View as the member sees it")
    page.get_by_label("Reason").fill("The page says something else.")
    officer.button("View as the member")
    expect(page.locator("[data-name=viewing]")).to_contain_text("Ada Lane")
    page.goto("/certifications/")
    expect(page.locator("[data-name=viewing]")).to_be_visible()
    officer.button("Back to the staff pages")
    expect(page.get_by_role("heading", name="Ada Lane")).to_be_visible()
    assert page.url.endswith(address(Member, "change", member.pk))
    assert Viewing.objects.count() == 1
    assert officer.since_start() == 4, "the page that the member sees"


def test_the_desk_fits_a_phone_and_works_without_scripts(member: Member, window: Callable[..., Page]) -> None:
    """Every address of the admin was looked at with 320 pixels; these have the parts of which pages are made."""
    set_terms("course-seminar-webinar", cap=12)
    root = make_user(email="root@amt.example", is_staff=True, is_superuser=True)
    page, plain = window(root, viewport=PHONE), window(root, viewport=PHONE, java_script_enabled=False)
    entry, cycle = member.activities.get(), cycle_of(member)
    looked_at = {"/admin/", "/admin/search/?q=lanne", address(Member)}
    looked_at |= {address(Member, name, member.pk) for name in ("change", "entries", "notes")}
    call_command("count_reports", verbosity=0)
    pages = [reverse(f"admin:reports_{name}") for name in ("index", "at_risk", "overdue", "compliance", "money")]
    pages += [f"{reverse('admin:reports_at_risk')}?days=30", reverse("admin:reports_at_risk_mail")]
    pages += [reverse("admin:certifications_payment_till"), reverse("admin:api_key_issue"), address(AccessRequest)]
    pages += [address(Member, name, member.pk) for name in ("death", "erasure", "access", "legal_hold")]
    of_certification = ("award", "probation", "revoke")
    pages += [address(type(cycle.certification), name, cycle.certification_id) for name in of_certification]
    looked_at |= set(pages)
    for path in (
        *pages,
        "/admin/",
        "/admin/search/?q=lanne",
        *(
            address(Member, name, member.pk)
            for name in ("change", "entries", "money", "mail", "audits", "changes", "notes")
        ),
        address(Member),
        address(type(entry)),
        address(type(cycle)),
        address(type(entry), "change", entry.pk),
        address(type(entry), "void", entry.pk),
        address(type(entry), "history", entry.pk),
        address(type(cycle), "change", cycle.pk),
        address(type(root), "change", root.pk),
        address(type(root), "add"),
    ):
        answer = page.goto(path)
        assert answer
        assert answer.ok, path
        assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"], path
        if path in looked_at:
            found = violations(page)
            page.emulate_media(color_scheme="dark")
            assert found + violations(page, "color-contrast", "link-in-text-block", "target-size") == [], (path, found)
            page.emulate_media(color_scheme="light")
    plain.goto("/admin/")
    plain.get_by_role("searchbox").fill("lane")
    plain.get_by_role("button", name="Search").click()
    plain.get_by_role("link", name="Entries").click()
    expect(plain.get_by_role("link", name=entry.reference)).to_be_visible()

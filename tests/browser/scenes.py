"""The scenes of the guide's pictures: a member on a fixed day, and a way through the portal.

The member is Ada Lane, RMA, on 3/14/2026: 22 of 30 points, 47 days before the cycle ends. The way
is that of the guide: she records a webinar, looks at her progress, and opens her transcript.
"""

from collections.abc import Callable
from datetime import date

from allauth.account.models import EmailAddress
from playwright.sync_api import Locator, Page, expect

from amtportal.members.models import Member
from tests.support.builders import invoice_of, make_activity, make_cycle, make_member, make_payment, make_user, noon

Take = Callable[..., None]
RECORDED = (
    ("course-seminar-webinar", "8", "State society spring meeting", date(2024, 4, 20)),
    ("self-study", "4", "Journal quiz: anemia", date(2025, 2, 8)),
    ("presentation", "5", "Glucose testing for new hires", date(2025, 6, 12)),
    ("office-or-committee", "5", "Secretary of the state society", date(2025, 12, 31)),
)


def ada() -> Member:
    user = make_user(email="ada@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    member = make_member(user=user, amt_id="2100042", first_name="Ada", last_name="Lane")
    cycle = make_cycle(member, certificate_number="2100042")
    for kind, points, title, day in RECORDED:
        make_activity(cycle, kind=kind, points=points, title=title, starts_on=day, at=noon(day))
    for year in (1, 2):
        invoice = invoice_of(cycle, year)
        make_payment(invoice, received_on=invoice.due_on, at=noon(invoice.due_on))
    return member


def play(page: Page, take: Take) -> None:
    """Go the way of the guide.

    ``take`` gets the name of each picture and what the picture is to show.
    """
    _enter(page, take)
    _track(page, take)
    _transcript(page, take)


def _enter(page: Page, take: Take) -> None:
    page.goto("/certifications/")
    card = page.locator("main .card")
    take("enter-amtrax", card.locator(".card-head"), card.locator(".amtrax"), card.locator(".amtrax + .actions"))
    card.get_by_role("link", name="Record CE").click()
    expect(page.get_by_role("heading", name="Record CE")).to_be_visible()
    page.locator("input[role=combobox]").fill("webinar")
    page.locator("#type-found").get_by_role("option", name="Course, seminar or webinar").click()
    expect(page.locator("#chosen-kind dl")).to_be_visible()
    take("enter-type", page.locator("#type .field"), page.locator("#chosen-kind"))
    page.get_by_label("Title").fill("Infection prevention update")
    page.get_by_label("Contact hours").fill("3")
    page.get_by_label("When?").fill("3/7/2026")
    expect(page.locator("#earned")).to_have_text("= 3 points")
    take("enter-points", page.locator("#amount"), page.locator("#when .when-day"))
    expect(page.locator("#preview-place section")).to_be_visible()
    take("enter-preview", page.locator("#preview-place section"))
    page.get_by_label("I attest").click()
    take("enter-submit", field_of(page.get_by_label("I attest")), page.locator("#entry-form .actions"))
    page.get_by_role("button", name="Submit").click()
    gains = page.locator("main .gains")
    expect(gains).to_contain_text("Infection prevention update")
    take("enter-done", gains)


def _track(page: Page, take: Take) -> None:
    page.goto("/")
    card = page.locator("main .card")
    take("track-home", card.locator("h2").first, card.locator(".glance-record"), card.locator(".glance-next > .agenda"))
    page.goto("/certifications/")
    take("track-categories", page.get_by_role("table", name="Points by category"))
    take("track-dates", page.locator("section:has(> .ledger)"))
    page.goto("/ccp/activities/")
    take("track-activities", page.locator("main .filter"), page.locator("main tbody tr").first)


def _transcript(page: Page, take: Take) -> None:
    page.goto("/certifications/")
    take("transcript-links", page.locator(".facts > div", has=page.get_by_role("link", name="View or print")))
    page.get_by_role("link", name="View or print").click()
    expect(page.get_by_role("heading", name="CE transcript", exact=True)).to_be_visible()
    take("transcript-page", page.locator("main .page-head"))


def field_of(control: Locator) -> Locator:
    return control.locator("xpath=ancestor::div[contains(concat(' ', @class, ' '), ' field ')]")

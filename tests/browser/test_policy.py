"""The Content-Security-Policy in Chromium.

It stops nothing of the portal, neither on the members' ways nor on any staff page.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.utils import timezone
from playwright.sync_api import Page, expect

from amtportal.dates import today
from amtportal.formatting import typed
from amtportal.members.models import Member
from ccp.amt_credits import error_reports
from ccp.amt_credits import holding as held_credits
from ccp.models import Activity, ErrorReport
from ccp.standing import calendar
from certifications import life
from certifications.models import Certification, Cycle, Payment, RenewalInvoice
from tests.support.builders import cycle_of, invoice_of, make_activity, make_claim, make_cycle, make_payment, make_user
from tests.support.staff import page as address
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.ignore_template_errors]
Window = Callable[..., Page]

ROSTER = """amt_id,email,first_name,last_name,credential,certificate_number,awarded_on
7001,zoe@example.org,Zoe,O'Neil,RMA,500123,2024-05-01
"""
LISTEN = """document.addEventListener("securitypolicyviolation", (found) => {
    window.stopped(`${found.effectiveDirective} ${found.blockedURI} on ${location.pathname}: ${found.sample}`);
});"""


@pytest.fixture
def watched(window: Window) -> Iterator[Callable[..., Page]]:
    """Return a function that opens windows.

    The test fails if the policy stops anything in them, or if the browser complains.
    """
    stopped: list[str] = []

    def open_window(signed_in: Any) -> Page:
        opened = window(signed_in)
        opened.expose_function("stopped", lambda found: stopped.append(found))
        opened.add_init_script(LISTEN)
        opened.on("console", lambda said: stopped.append(said.text) if "Policy" in said.text else None)
        opened.on("pageerror", lambda error: stopped.append(str(error)))
        return opened

    yield open_window
    assert stopped == []


def visit(window: Page, path: str) -> None:
    answer = window.goto(path, wait_until="load")
    assert answer is not None
    assert answer.status == 200, path


def test_the_watch_sees_what_is_stopped(window: Window, member: Member) -> None:
    stopped: list[str] = []
    opened = window(member)
    opened.expose_function("stopped", lambda found: stopped.append(found))
    opened.add_init_script(LISTEN)
    opened.goto("/")
    opened.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">No</p>')")
    wait_until(lambda: stopped, "word of what was stopped", pause=lambda: opened.wait_for_timeout(20))
    assert len(stopped) == 1
    assert stopped[0].startswith("style-src-attr inline on /")


def test_nothing_is_stopped_on_a_members_way(watched: Window, member: Member) -> None:
    opened = watched(member)
    entry = member.activities.get()
    calendar.create(member=member, at=timezone.now())
    cycle = cycle_of(member)
    for path in (
        "/",
        "/certifications/",
        "/ccp/activities/",
        f"/ccp/activities/{entry.pk}/",
        f"/ccp/activities/{entry.pk}/amend/",
        f"/ccp/activities/{entry.pk}/withdraw/",
        f"/ccp/activities/{entry.pk}/difference/",
        f"/ccp/transcript/{cycle.pk}/",
        "/ccp/transcript/all/",
        "/calendar/",
        "/invoices/",
        f"/invoices/{invoice_of(cycle, 1).pk}/",
        "/qualifying-activities/",
        "/guide/",
        "/verify/",
        "/accounts/password/change/",
        "/accounts/logout/",
    ):
        visit(opened, path)
    visit(opened, "/ccp/record/")
    opened.locator("input[role=combobox]").fill("journal")
    opened.get_by_role("button", name="Today").click()
    opened.get_by_role("button", name="Choose a day").click()
    opened.locator("[name=activity_type]").select_option("self-study")
    opened.locator("[name=quantity]").fill("2")
    opened.get_by_label("When?").fill(typed(today()))
    expect(opened.locator("#preview")).to_contain_text("24 of 30")
    opened.get_by_label("I attest").check()
    opened.get_by_role("button", name="Submit").click()
    expect(opened.locator('[data-name="reference"]')).to_be_visible()
    opened.go_back()
    expect(opened.locator("[name=quantity]")).to_have_value("2")


def test_nothing_is_stopped_for_those_signed_out(watched: Window, member: Member) -> None:
    opened = watched(None)
    for path in ("/", "/guide/", "/verify/", "/accounts/login/", "/accounts/activate/", "/accounts/password/reset/"):
        visit(opened, path)
    opened.goto("/nothing/")
    expect(opened.get_by_role("heading").first).to_be_visible()


@pytest.fixture
def rows(member: Member) -> None:
    """Make something to read on as many staff pages as possible.

    There are a credit, a report, a paid invoice and a retired award.
    """
    clerk, cycle, now = make_user(), cycle_of(member), timezone.now()
    make_payment(invoice_of(cycle, 1), by=clerk, received_on=today(), at=now)
    credits = [
        held_credits.Received(f"W-{number}", number, make_claim(starts_on=today())) for number in (member.amt_id, "X1")
    ]
    held_credits.receive(credits=credits, by=clerk, at=now)
    credit = Activity.objects.get(provider_reference=f"W-{member.amt_id}")
    error_reports.report(activity=credit, text="Wrong day", by=member.user, at=now)
    calendar.create(member=member, at=now)
    other = make_cycle(credential="RPT", on=today(), awarded_on=today())
    make_activity(other, starts_on=today(), at=now)
    life.change_status(certification=other.certification, to="retired", reason="Asked for it.", by=clerk, at=now)


def pages_of(model: type[Model]) -> Iterator[str]:
    """Yield the addresses of the list, the form to add, and the pages of the first row."""
    yield address(model)
    if model._meta.model_name in ("user", "member", "certification", "credential", "category", "activitytype", "group"):
        yield address(model, "add")
    row = model._default_manager.order_by("pk").first()
    if row is not None:
        yield address(model, "change", row.pk)
        yield address(model, "history", row.pk)


@pytest.mark.usefixtures("rows")
def test_nothing_is_stopped_on_any_staff_page(watched: Window, member: Member) -> None:
    opened = watched(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    cycle, entry = cycle_of(member), member.activities.order_by("pk")[0]
    for path in (
        "/admin/",
        "/admin/ccp/",
        "/admin/password_change/",
        "/styleguide/",
        *(found for model in admin.site._registry for found in pages_of(model)),
        address(Activity, "void", entry.pk),
        address(Certification, "import"),
        address(Certification, "status", cycle.certification_id),
        "/admin/ccp/heldcredit/import/",
        "/admin/ccp/heldcredit/match/",
        address(ErrorReport, "answer", ErrorReport.objects.get().pk),
        address(Cycle, "extend", cycle.pk),
        address(Payment, "reverse", Payment.objects.get().pk),
        address(RenewalInvoice, "void", invoice_of(cycle, 2).pk),
    ):
        visit(opened, path)


def test_nothing_is_stopped_in_an_import(watched: Window, member: Member) -> None:
    opened = watched(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    visit(opened, "/admin/certifications/certification/import/")
    file = {"name": "roster.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()}
    opened.get_by_label("File to import").set_input_files(file)  # type: ignore[arg-type]
    opened.get_by_role("button", name="Submit").click()
    expect(opened.get_by_role("cell", name="zoe@example.org")).to_be_visible()
    opened.get_by_role("button", name="Confirm import").click()
    expect(opened.locator(".messagelist")).to_contain_text("1 new")

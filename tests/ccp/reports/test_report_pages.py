"""The pages of the reports: since when, the chart with its table, the file, and the list behind a figure."""

import csv
import io
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from amtportal.members.models import Member
from ccp.reports import standby
from ccp.reports.figures import counting
from ccp.reports.figures.registry import REPORTS
from ccp.reports.models import ListOpening, ReportCount
from certifications.models import Cycle
from tests.support.builders import client_of, cycle_of, invoice_of, make_cycle, make_member, make_payment, make_user
from tests.support.staff import make_clerk, populate, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def clerk() -> Client:
    return client_of(make_clerk("view_reports", "count_reports"))


def read(client: Client, page: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(page).text, "html.parser")


def test_a_page_says_since_when_and_what_each_figure_is(clerk: Client, met: Member) -> None:
    counting.count("compliance", at=timezone.now())
    page = read(clerk, "/admin/reports/compliance/")
    assert page.select_one("[data-name=as-of]").get_text() == "As of Mar 14, 2026, 12:00 PM Central Time."
    assert len(page.select("table")) == len(page.select("svg[role=img]")) == 2  # nothing has ended, so no third
    for drawn in page.select("svg[role=img]"):
        named = [page.select_one(f"#{key}").get_text(strip=True) for key in drawn["aria-labelledby"].split()]
        assert all(named)
    assert "Met of all that are running." in page.get_text()


def test_a_report_that_was_never_counted_says_so_and_is_counted_once(clerk: Client) -> None:
    assert "This report has not been counted yet." in clerk.get("/admin/reports/money/").text
    assert "is being counted" in told(clerk, clerk.post("/admin/reports/count/", {"report": "money"}))
    assert clerk.get("/admin/reports/money.csv")["Location"] == "/admin/reports/money/"
    clerk.post("/admin/reports/count/", {"report": "money"})
    assert DBTaskResult.objects.count() == 2
    for _ in range(2):
        counting.count_later.func("money")
    assert ReportCount.objects.count() == 1
    assert "less than 5 minutes ago" in told(clerk, clerk.post("/admin/reports/count/", {"report": "money"}))
    assert clerk.post("/admin/reports/count/", {"report": "other"}).status_code == 400


def test_the_file_has_the_figures_of_the_page(clerk: Client, met: Member, short: Member) -> None:
    counting.count_all(at=timezone.now())
    text = clerk.get("/admin/reports/compliance.csv?credential=RPT").content.decode()
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["Compliance", "RPT", "As of Mar 14, 2026, 12:00 PM Central Time"]
    assert ["Year 3", "1", "0", "1", "0", "0.0"] in rows
    assert ListOpening.objects.get().subject == "Compliance, CSV"


@pytest.mark.slow
def test_every_figure_leads_to_a_list_that_answers(met: Member) -> None:
    """One address of each kind; where a list counts what the figure counts, the numbers are the same."""
    populate(1)
    make_payment(invoice_of(cycle_of(met), year=2))
    ended = date(2026, 2, 1)
    Cycle.objects.filter(pk=make_cycle(make_member()).pk).update(
        ends_on=ended, closed_on=ended + timedelta(days=1), outcome="compliant", points_at_close=30
    )
    counting.count_all(at=timezone.now())
    root = client_of(make_user(is_staff=True, is_superuser=True))
    seen = set()
    for name in REPORTS:
        for link in read(root, f"/admin/reports/{name}/").select("td.number a"):
            address, figure = unescape(str(link["href"])), link.get_text()
            if figure in ("0", "$0.00") or (kind := (name, address.partition("=")[0])) in seen:
                continue
            seen.add(kind)
            answer: Any = root.get(address)
            assert answer.status_code == 200, address
            if name in ("compliance", "recorded", "invoices"):
                assert answer.context["cl"].result_count == int(figure), address
    assert {name for name, _ in seen} >= {"compliance", "cohorts", "points", "recorded", "invoices", "audits"}


def test_the_nightly_run_counts_all(capsys: pytest.CaptureFixture[str], met: Member) -> None:
    call_command("count_reports")
    assert set(ReportCount.objects.values_list("report", flat=True)) == set(REPORTS)
    assert "Compliance: 1 rows in" in capsys.readouterr().out


def test_reports_ask_the_standby_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert standby.alias() == "default"
    monkeypatch.setitem(django_settings.DATABASES, "standby", {})
    assert standby.alias() == "standby"

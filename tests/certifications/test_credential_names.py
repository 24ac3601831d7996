"""A credential is renamed from a day on, and its past is kept."""

from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from amtportal.history.shipped import write_lines
from amtportal.refusals import Refused
from ccp.transcripts import contents
from certifications import credential_names
from certifications.credential_names import Name, rename
from certifications.models import Certification, Credential, Cycle, FormerName, RenewalInvoice
from tests.support.builders import TODAY, client_of, cycle_of, make_cycle, make_member, make_user, noon
from tests.support.rosters import load_roster
from tests.support.staff import make_clerk

pytestmark = pytest.mark.django_db

FACTS = import_module("certifications.migrations.0014_fees_of_2020_and_names_of_2023")
ADA = {
    "amt_id": "1001",
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Lane",
    "credential": "MT",
    "certificate_number": "A-1",
    "awarded_on": "2019-05-01",
}


def renamed(code: str = "RMA", *, to: str = "CMA", from_on: date = date(2026, 1, 1), source: str = "The board.") -> Any:
    return rename(
        credential=Credential.objects.get(code=code),
        name=Name(to, "Certified Medical Assistant"),
        from_on=from_on,
        source=source,
        by=make_user(is_staff=True),
        at=noon(TODAY),
        on=TODAY,
    )


def test_the_portal_comes_with_the_names_of_today_and_where_they_come_from() -> None:
    mls = Credential.objects.get(code="MLS")
    assert (mls.name, mls.formerly, mls.annual_fee) == ("Medical Laboratory Scientist", "MT", 9500)
    assert [mls.named_on(day).code for day in (date(2022, 12, 31), date(2023, 1, 1))] == ["MT", "MLS"]
    assert Credential.objects.get(code="PCT").name == "Patient Care Technician"
    assert set(Credential.objects.values_list("code", "annual_fee")) >= {("RMA", 6000), ("CLC", 9500), ("AHI", 3000)}
    assert not Credential.objects.filter(source="").exists()
    assert all(
        "2020" in source for source in Credential.objects.filter(annual_fee=9500).values_list("source", flat=True)
    )


def test_a_name_holds_from_its_first_day_on() -> None:
    renamed(from_on=date(2026, 1, 1))
    rma = renamed("CMA", to="CMX", from_on=date(2026, 3, 1))
    assert rma.formerly == "CMA, RMA"
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1))
    assert [rma.named_on(day).code for day in days] == ["RMA", "CMA", "CMA", "CMX"]
    assert credential_names.by_code(list(Credential.objects.all()))["RMA"] == rma


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from_on": date(2026, 3, 15)}, "from_on"),
        ({"from_on": date(26, 3, 1)}, "from_on"),
        ({"to": "RPT"}, "code"),
        ({"to": "MT"}, "code"),
        ({"source": " "}, "source"),
        ({"code": "MLS", "from_on": date(2023, 1, 1)}, "from_on"),
    ],
)
def test_a_name_that_cannot_be_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        renamed(**changes)
    assert refusal.value.field == field
    assert FormerName.objects.count() == 1


def test_a_roster_finds_it_by_both_codes(on_today: Any) -> None:
    load_roster(ADA)
    resource, _ = load_roster({**ADA, "credential": "MLS"})
    assert resource.entries[0].changes_nothing
    assert Certification.objects.get().credential.code == "MLS"
    both, _ = load_roster(ADA, {**ADA, "credential": "MLS"})
    assert "1001 has MLS on line 2 already" in both.problems[0].sentence


def test_pages_of_today_say_what_it_was_called(on_today: Any) -> None:
    load_roster(ADA)
    member = Certification.objects.get().member
    browser = client_of(member)
    page = " ".join(browser.get("/certifications/").text.split())
    assert "Medical Laboratory Scientist" in page
    assert "formerly MT" in page
    assert "as Medical Technologist (MT)" in page
    transcript = " ".join(browser.get(f"/ccp/transcript/{cycle_of(member, 'MLS').pk}/").text.split())
    assert "as Medical Technologist (MT)" in transcript
    recent = make_cycle(make_member(), credential="MLS", awarded_on=date(2024, 5, 1)).certification
    assert recent.named_at_award is None


def test_what_was_issued_stays_as_it_was() -> None:
    make_cycle()
    cycle = Cycle.objects.select_related("certification__credential", "certification__member").get()
    before = contents.snapshot(contents.of_cycle(cycle))
    renamed()
    assert before["sheets"][0]["credential"] == "RMA"
    again = Cycle.objects.select_related("certification__credential", "certification__member").get()
    assert contents.snapshot(contents.of_cycle(again))["sheets"][0]["credential"] == "CMA"


def test_staff_rename_it_with_the_permission_for_it(on_today: Any) -> None:
    rma = Credential.objects.get(code="RMA")
    address = f"/admin/certifications/credential/{rma.pk}/rename/"
    typed = {"code": "CMA", "name": "Certified Medical Assistant", "from_on": "2026-03-01", "source": "The board."}
    assert client_of(make_clerk("view_credential", "change_credential")).get(address).status_code == 403
    browser = client_of(make_clerk("view_credential", "rename_credential"))
    answer = browser.post(address, {**typed, "from_on": "2026-03-15"})
    assert "Mar 15, 2026 is in the future." in answer.text
    assert 'value="CMA"' in answer.text
    browser.post(address, typed)
    browser.post(address, typed)
    assert FormerName.objects.filter(credential=rma).count() == 1
    page = browser.get(f"/admin/certifications/credential/{rma.pk}/change/").text
    assert "Registered Medical Assistant" in page


def test_the_page_of_a_renamed_credential_lists_its_former_names() -> None:
    root = client_of(make_user(is_staff=True, is_superuser=True))
    page = root.get(f"/admin/certifications/credential/{Credential.objects.get(code='MLS').pk}/change/")
    assert "Medical Technologist" in page.text


class TestUpgrade:
    """The migration on a portal of the release before, and what staff had changed there."""

    @pytest.fixture(autouse=True)
    def release_before(self) -> None:
        """Make the rows of the release before, with the line of history that they came with."""
        rows = list(Credential.objects.exclude(code="PCT").values("code", "name", "points_required", "annual_fee"))
        FormerName.objects.all().delete()
        Credential.objects.all().delete()
        for row in rows:
            if row["code"] == "MLS":
                row |= {"code": "MT", "name": "Medical Technologist"}
            row["annual_fee"] = FACTS.SHIPPED_FEES.get(row["code"], row["annual_fee"])
        Credential.objects.bulk_create(Credential(**row) for row in rows)
        write_lines(apps, "certifications", "Credential")

    def upgrade(self) -> dict[str, tuple[str, int]]:
        FACTS.load(apps, None)
        rows = Credential.objects.values_list("code", "name", "annual_fee")
        return {code: (name, fee) for code, name, fee in rows}

    def test_shipped_rows_get_the_facts_and_a_line_of_history(self) -> None:
        after = self.upgrade()
        assert after["MLS"] == ("Medical Laboratory Scientist", 9500)
        assert after["PCT"] == ("Patient Care Technician", 6000)
        assert "MT" not in after
        assert (after["RMA"][1], after["AHI"][1]) == (6000, 3000)
        mls = Credential.objects.get(code="MLS")
        assert mls.formerly == "MT"
        assert mls.history.first().history_change_reason == FACTS.REASON
        before = Credential.history.count()
        self.upgrade()
        assert Credential.history.count() == before

    def test_what_staff_changed_stays(self) -> None:
        rma, mt = Credential.objects.get(code="RMA"), Credential.objects.get(code="MT")
        rma.annual_fee = 5500
        rma.save()
        rma.annual_fee = 5000  # back to what it was: their decision too
        rma.save()
        mt.name = "Technologist"
        mt.save()
        after = self.upgrade()
        assert after["RMA"][1] == 5000
        assert after["MT"] == ("Technologist", 9500)
        assert "MLS" not in after

    def test_a_portal_with_both_is_left_alone(self) -> None:
        Credential.objects.create(code="MLS", name="Ours", points_required=45, annual_fee=9900)
        after = self.upgrade()
        assert (after["MT"], after["MLS"]) == (("Medical Technologist", 9000), ("Ours", 9900))
        assert not FormerName.objects.exists()

    def test_invoices_keep_their_amounts(self) -> None:
        cycle = make_cycle()
        self.upgrade()
        assert set(RenewalInvoice.objects.filter(cycle=cycle).values_list("amount", flat=True)) == {5000}

"""Credentials, certifications and cycles in the admin."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from certifications import cycles
from certifications.models import Certification, Credential, Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    make_activity,
    make_certification,
    make_cycle,
    make_member,
    make_user,
)
from tests.support.staff import found, make_clerk, page, submit

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
GRACE = timedelta(days=settings.CCP_GRACE_DAYS)


@pytest.fixture
def root() -> Client:
    """Return a superuser's browser."""
    return client_of(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def cycle() -> Cycle:
    """RMA of Ann O'Neil, AMT ID 7001234, certificate RMA-77, among other certifications."""
    make_cycle()
    ann = make_member(user=make_user(email="ann@example.org"), amt_id="7001234", first_name="Ann", last_name="O'Neil")
    return make_cycle(ann, certificate_number="RMA-77")


# Credentials


def test_fee_is_shown_and_typed_in_dollars(root: Client) -> None:
    credential = Credential.objects.get(code="RMA")
    address = page(Credential, "change", credential.pk)
    assert 'value="60.00"' in root.get(address).text
    submit(root, address, annual_fee="$62.50")
    credential.refresh_from_db()
    assert credential.annual_fee == 6250


def test_fee_that_is_no_amount_is_refused_and_kept_in_the_form(root: Client) -> None:
    credential = Credential.objects.get(code="RMA")
    text = submit(root, page(Credential, "change", credential.pk), annual_fee="fifty").text
    assert "Enter an amount in dollars" in text
    assert 'value="fifty"' in text


# Certifications


@pytest.mark.parametrize("words", ["ann o'neil", "ann@example.org", "7001234", "RMA-77", "rma-77"])
def test_certification_is_found_by_its_member_and_number(root: Client, cycle: Cycle, words: str) -> None:
    assert found(root, Certification, q=words) == [cycle.certification]


def test_new_certification_gets_its_current_cycle_and_invoices(root: Client) -> None:
    member, credential = make_member(), Credential.objects.get(code="RMA")
    response = submit(
        root,
        page(Certification, "add"),
        member=str(member.pk),
        credential=str(credential.pk),
        certificate_number="500123",
        awarded_on="2021-02-28",
    )
    assert response.status_code == 302
    cycle = Cycle.objects.get(certification__certificate_number="500123")
    assert (cycle.number, cycle.starts_on, cycle.ends_on) == (2, date(2024, 2, 28), date(2027, 2, 27))
    assert [invoice.due_on.year for invoice in cycle.invoices.order_by("year")] == [2025, 2026, 2027]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"awarded_on": "2026-03-15"}, "cannot be in the future", id="awarded tomorrow"),
        pytest.param({"awarded_on": "2026-02-30"}, "Enter a valid date", id="no such day"),
        pytest.param({"awarded_on": "0206-03-14"}, "Mar 14, 0206 is in the year 206", id="a slip of the finger"),
        pytest.param({"awarded_on": "0026-03-14"}, "with four digits, for example 2026", id="a picker's year 26"),
        pytest.param({"awarded_on": "1938-12-31"}, "is before Jan 1, 1939", id="older than AMT"),
        pytest.param({"recertified_on": "0027-03-14"}, "Mar 14, 0027 is in the year 27", id="recertified in year 27"),
        pytest.param({"certificate_number": "RMA-77\u200b"}, "Another certification has this", id="unseen character"),
        pytest.param({"certificate_number": "ＲＭＡ\u201177"}, "Another certification has this", id="other letters"),
        pytest.param({"certificate_number": "RMA-77"}, "Another certification has this", id="number is taken"),
    ],
)
def test_certification_that_cannot_be_is_refused(
    root: Client, cycle: Cycle, typed: dict[str, str], sentence: str
) -> None:
    response = submit(
        root,
        page(Certification, "add"),
        **{
            "member": str(make_member().pk),
            "credential": str(cycle.certification.credential_id),
            "certificate_number": "500123",
            "awarded_on": "2026-03-14",
            **typed,
        },
    )
    assert sentence in response.text
    assert Certification.objects.count() == 2


def test_award_and_holder_and_status_are_fixed_and_the_number_is_not(root: Client, cycle: Cycle) -> None:
    other = make_member()
    response = submit(
        root,
        page(Certification, "change", cycle.certification_id),
        awarded_on="2020-01-01",
        member=str(other.pk),
        certificate_number="RMA-78",
        status="retired",
    )
    assert response.status_code == 302
    changed = Certification.objects.get(pk=cycle.certification_id)
    assert (changed.awarded_on, changed.member_id) == (date(2023, 5, 1), cycle.certification.member_id)
    assert (changed.certificate_number, changed.status) == ("RMA-78", "active")


@pytest.mark.parametrize(
    ("typed", "is_mandatory"),
    [
        pytest.param({"awarded_on": "2005-12-31"}, False, id="awarded the day before 2006"),
        pytest.param({"awarded_on": "2006-01-01"}, True, id="awarded on the first day of 2006"),
        pytest.param({"awarded_on": "1999-05-01", "recertified_on": "2014-04-02"}, True, id="recertified"),
        pytest.param({"awarded_on": "2006-01-01", "ccp_mandatory": ""}, False, id="staff say otherwise"),
    ],
)
def test_whether_ccp_is_mandatory_follows_from_the_dates(
    root: Client, typed: dict[str, str], is_mandatory: bool
) -> None:
    member, credential = make_member(), Credential.objects.get(code="RMA")
    address = page(Certification, "add")
    named = {"member": str(member.pk), "credential": str(credential.pk), "certificate_number": "500123"}
    assert submit(root, address, **named, **typed).status_code == 302
    assert Certification.objects.get().ccp_mandatory is is_mandatory


def test_a_recertification_makes_ccp_mandatory(root: Client) -> None:
    cycle = make_cycle(awarded_on=date(1999, 5, 1), ccp_mandatory=False)
    address = page(Certification, "change", cycle.certification_id)
    assert "comes after the award" in submit(root, address, recertified_on="1999-05-01").text
    assert "cannot be in the future" in submit(root, address, recertified_on="2026-03-15").text
    submit(root, address, recertified_on="2020-06-01")
    assert Certification.objects.get().ccp_mandatory


def test_number_of_another_certification_is_a_form_error(root: Client, cycle: Cycle) -> None:
    """The form does not show the credential, so Django skips the constraint.

    The save would then be a server error.
    """
    make_certification(certificate_number="RMA-79")
    text = submit(root, page(Certification, "change", cycle.certification_id), certificate_number="RMA-79").text
    assert "Another certification has this certificate number." in text


def test_certification_shows_its_cycles(root: Client, cycle: Cycle) -> None:
    assert page(Cycle, "change", cycle.pk) in root.get(page(Certification, "change", cycle.certification_id)).text


def test_member_of_a_certification_is_chosen_by_typing(root: Client, cycle: Cycle) -> None:
    assert "O&#x27;Neil" not in root.get(page(Certification, "add")).text
    query = {"app_label": "certifications", "model_name": "certification", "field_name": "member", "term": "o'n"}
    results = root.get("/admin/autocomplete/", query).json()["results"]
    assert [result["text"] for result in results] == ["Ann O'Neil (7001234)"]


@pytest.mark.parametrize(
    "query", [{"credential__id__exact": "RPT"}, {"status__exact": "lapsed"}, {"ccp_mandatory__exact": "0"}]
)
def test_certifications_are_filtered(root: Client, cycle: Cycle, query: dict[str, str]) -> None:
    wanted = make_certification(credential="RPT", status="lapsed", ccp_mandatory=False)
    query = {name: str(wanted.credential_id) if value == "RPT" else value for name, value in query.items()}
    assert found(root, Certification, **query) == [wanted]


# Cycles


@pytest.mark.parametrize("words", ["o'neil", "ann@example.org", "7001234"])
def test_cycle_is_found_by_its_member(root: Client, cycle: Cycle, words: str) -> None:
    assert found(root, Cycle, q=words) == [cycle]


@pytest.mark.parametrize(
    ("choice", "first", "last"),
    [
        pytest.param("30-days", TODAY, TODAY + 30 * DAY, id="30 days"),
        pytest.param("60-days", TODAY, TODAY + 60 * DAY, id="60 days"),
        pytest.param("90-days", TODAY, TODAY + 90 * DAY, id="90 days"),
        pytest.param("grace", TODAY - GRACE, TODAY - DAY, id="grace period"),
        pytest.param("this-year", date(2026, 1, 1), date(2026, 12, 31), id="this year"),
        pytest.param("next-year", date(2027, 1, 1), date(2027, 12, 31), id="next year"),
    ],
)
def test_cycles_are_filtered_by_their_last_day(
    root: Client, cycle: Cycle, choice: str, first: date, last: date
) -> None:
    for ends_on, is_found in ((first - DAY, False), (first, True), (last, True), (last + DAY, False)):
        Cycle.objects.update(starts_on=date(1990, 1, 1), ends_on=ends_on)
        assert (cycle in found(root, Cycle, ends=choice)) is is_found, ends_on


@pytest.mark.parametrize(
    ("ends_on", "extended_to"),
    [
        pytest.param(TODAY - GRACE - DAY, None, id="over since yesterday"),
        pytest.param(TODAY - GRACE, None, id="its last day"),
        pytest.param(TODAY - DAY, None, id="its first day"),
        pytest.param(TODAY, None, id="the cycle's last day"),
        pytest.param(TODAY - GRACE - DAY, TODAY - DAY, id="extended to yesterday"),
        pytest.param(TODAY - GRACE - DAY, TODAY, id="extended to today"),
        pytest.param(TODAY, TODAY + 2 * GRACE, id="extended on the cycle's last day"),
    ],
)
def test_grace_period_of_the_filter_is_that_of_the_rule(
    root: Client, cycle: Cycle, ends_on: date, extended_to: date | None
) -> None:
    reason = "Deployed." if extended_to else ""
    Cycle.objects.update(starts_on=date(1990, 1, 1), ends_on=ends_on)
    Cycle.objects.update(grace_extended_to=extended_to, grace_extension_reason=reason)
    cycle.refresh_from_db()
    takes_records = cycles.takes_records(cycle, TODAY)
    assert (cycle in found(root, Cycle, ends="grace")) is (takes_records and ends_on < TODAY)
    assert (cycle in found(root, Cycle, ends="over")) is not takes_records


def test_closed_cycles_are_found_and_are_not_in_the_grace_period(root: Client, cycle: Cycle) -> None:
    closed = {"closed_on": TODAY, "outcome": "non-compliant", "points_at_close": 3}
    Cycle.objects.filter(pk=cycle.pk).update(ends_on=TODAY - DAY, **closed)
    assert found(root, Cycle, ends="closed") == [cycle]
    assert cycle not in found(root, Cycle, ends="grace")


def test_cycles_are_filtered_by_requirement_and_credential(root: Client, cycle: Cycle) -> None:
    make_activity(cycle, points="30")
    assert found(root, Cycle, requirement="met") == [cycle]
    assert cycle not in found(root, Cycle, requirement="unmet")
    rpt = make_cycle(credential="RPT")
    query: Any = {"certification__credential__id__exact": str(rpt.certification.credential_id)}
    assert found(root, Cycle, **query) == [rpt]


def test_cycle_shows_its_points_and_what_they_come_from(root: Client, cycle: Cycle) -> None:
    activity = make_activity(cycle, points="22.5")
    assert "22.5 of 30" in root.get(page(Cycle)).text
    text = root.get(page(Cycle, "change", cycle.pk)).text
    assert "22.5 of 30" in text
    assert activity.reference in text


def test_staff_who_may_not_see_entries_do_not_see_them_below_a_cycle(cycle: Cycle) -> None:
    activity = make_activity(cycle)
    text = client_of(make_clerk("view_cycle")).get(page(Cycle, "change", cycle.pk)).text
    assert activity.reference not in text

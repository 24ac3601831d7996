"""The roster import: what it writes and what it does not change.

A bad row leaves everything as it was.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError
from import_export.formats import base_formats
from import_export.results import Result
from pytest_django import DjangoAssertNumQueries

from amtportal.imports import csv_files
from amtportal.members.models import Member, User
from certifications import cycles, invoices
from certifications.models import Certification, Cycle, RenewalInvoice
from certifications.roster import changes as roster_changes
from certifications.roster.resource import RosterResource
from certifications.roster.rows import COLUMNS, REQUIRED
from tests.support.builders import (
    TODAY,
    cycle_of,
    invoice_of,
    make_activity,
    make_payment,
    make_user,
    noon,
)
from tests.support.mail import words_of
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db

ADA = {
    "amt_id": "1001",
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Lane",
    "credential": "RMA",
    "certificate_number": "A-1",
    "awarded_on": "2023-05-01",
}
ADAS_RPT = {**ADA, "credential": "RPT", "awarded_on": "2024-09-15"}
BOB = {**ADA, "amt_id": "1002", "email": "bob@example.org", "first_name": "Bob", "certificate_number": "A-2"}
ADAS_NUMBER = {"certificate_number": ADA["certificate_number"]}
CLEO = {**ADA, "amt_id": "1003", "email": "cleo@example.org", "first_name": "Cleo", "certificate_number": "A-3"}


def make_csv(*rows: dict[str, str], columns: Iterable[str] = REQUIRED) -> bytes:
    lines = [columns, *([row[column] for column in columns] for row in rows)]
    return "\n".join(",".join(line) for line in lines).encode()


def load(*rows: dict[str, str], on: date = TODAY, **options: Any) -> tuple[RosterResource, Result]:
    """Import rows that all have the columns of the first row."""
    resource = RosterResource(on=on)
    dataset = csv_files.read_csv(make_csv(*rows, columns=rows[0]))
    return resource, resource.import_data(dataset, **options)


def problems(*rows: dict[str, str], **options: Any) -> list[str]:
    """Return what is wrong with the rows, after checking that they changed nothing."""
    before = everything()
    resource, result = load(*rows, **options)
    assert result.has_validation_errors()
    assert everything() == before
    return [str(problem) for problem in resource.problems]


def everything() -> dict[str, list[Any]]:
    """Return everything that an import writes, with its history."""
    historic = (Member, Certification, Cycle, RenewalInvoice)
    managers = [model.objects for model in (User, EmailAddress, *historic)] + [model.history for model in historic]
    return {manager.model.__name__: list(manager.order_by("pk").values()) for manager in managers}


def totals(result: Result) -> dict[str, int]:
    return {kind: number for kind, number in result.totals.items() if number}


def test_a_new_row_brings_member_account_certification_cycle_and_three_invoices() -> None:
    """The award is of 5/1/2023, so on 3/14/2026 the first cycle is running.

    Invoices are due on 5/1 of 2024, 2025 and 2026.
    """
    resource, result = load(ADA)
    assert totals(result) == {"new": 1}
    assert resource.new_members == 1

    cycle = cycle_of(Member.objects.get(amt_id="1001"))
    assert (cycle.number, cycle.starts_on, cycle.ends_on) == (1, date(2023, 5, 1), date(2026, 4, 30))
    assert cycle.points_required == 30
    assert [(i.year, i.due_on, i.amount, i.issued_on) for i in cycle.invoices.order_by("year")] == [
        (1, date(2024, 5, 1), 6000, TODAY),
        (2, date(2025, 5, 1), 6000, TODAY),
        (3, date(2026, 5, 1), 6000, TODAY),
    ]
    assert invoices.state_of(invoice_of(cycle), TODAY) == "locked"
    certification = cycle.certification
    assert (certification.certificate_number, certification.status, certification.ccp_mandatory) == (
        "A-1",
        "active",
        True,
    )


def test_the_account_of_a_new_member_waits_for_activation() -> None:
    load({**ADA, "email": "Ada@Example.ORG"})
    user = User.objects.get()
    assert user.email == "ada@example.org"
    assert user.is_active
    assert not user.has_usable_password()
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.primary, address.verified) == ("ada@example.org", True, True)


def test_a_member_with_two_certifications_is_one_member() -> None:
    resource, result = load(ADA, ADAS_RPT)
    assert totals(result) == {"new": 2}
    assert resource.new_members == 1
    assert Certification.objects.filter(member__amt_id="1001").count() == 2
    assert cycle_of(Member.objects.get(), "RPT").points_required == 24


def test_a_later_row_for_a_known_member_adds_a_certification() -> None:
    load(ADA)
    resource, result = load(ADAS_RPT)
    assert totals(result) == {"new": 1}
    assert resource.new_members == 0
    assert Member.objects.get().certifications.count() == 2


def test_every_column_is_stored() -> None:
    load(
        {
            **ADA,
            "first_name": "Zoë 小明",
            "last_name": "O’Neil القحطاني",
            "phone": "+1 312 555 0100",
            "address_line1": "12 Main Street",
            "address_line2": "Apt 4",
            "city": "Chicago",
            "state": "IL",
            "postal_code": "60601",
            "country": "USA",
            "ccp_mandatory": "no",
        }
    )
    member = Member.objects.get()
    assert member.name == "Zoë 小明 O’Neil القحطاني"
    assert [getattr(member, column) for column in COLUMNS[7:14]] == [
        *("+1 312 555 0100", "12 Main Street", "Apt 4", "Chicago", "IL", "60601", "USA")
    ]
    assert not Certification.objects.get().ccp_mandatory


def test_an_award_of_1999_is_voluntary_and_in_its_tenth_cycle() -> None:
    """9 cycles of 3 years from 5/1/1999 end on 4/30/2026."""
    load({**ADA, "credential": "MLS", "awarded_on": "5/1/1999"})
    cycle = cycle_of(Member.objects.get(), "MLS")
    assert (cycle.number, cycle.ends_on) == (9, date(2026, 4, 30))
    assert not cycle.certification.ccp_mandatory


def test_the_history_names_the_import_and_the_person() -> None:
    by = make_user(is_staff=True)
    load(ADA, file_name="march.csv", user=by)
    for record in (*Member.history.all(), *Certification.history.all(), *Cycle.history.all()):
        assert (record.history_type, record.history_change_reason) == ("+", "Roster import: march.csv")
        assert record.history_user == by
    assert RenewalInvoice.history.count() == 3


def test_the_same_file_again_changes_nothing() -> None:
    load(ADA, ADAS_RPT, BOB)
    before = everything()
    _, result = load(ADA, ADAS_RPT, BOB)
    assert totals(result) == {"skip": 3}
    assert everything() == before


def test_the_same_file_opens_no_second_cycle_when_the_first_is_over() -> None:
    load(ADA)
    load(ADA, on=date(2026, 5, 1))
    assert Cycle.objects.count() == 1


def test_members_who_are_not_in_the_file_are_left_alone() -> None:
    load(ADA, BOB)
    before = everything()
    load(BOB)
    assert everything() == before


def test_a_changed_row_updates_the_record_and_its_history() -> None:
    load(ADA, BOB)
    _, result = load({**ADA, "last_name": "Lang", "certificate_number": "A-9"}, BOB, file_name="april.csv")
    assert totals(result) == {"update": 1, "skip": 1}
    member = Member.objects.get(amt_id="1001")
    assert member.last_name == "Lang"
    assert member.certifications.get().certificate_number == "A-9"
    for record in (member.history.first(), member.certifications.get().history.first()):
        assert (record.history_type, record.history_change_reason) == ("~", "Roster import: april.csv")
    assert Member.history.filter(amt_id="1002").count() == 1


def test_a_column_that_the_file_does_not_have_is_left_as_it_is() -> None:
    load({**ADA, "city": "Chicago"})
    _, result = load(ADA)
    assert totals(result) == {"skip": 1}
    assert Member.objects.get().city == "Chicago"


def test_an_emptied_cell_empties_the_record() -> None:
    load({**ADA, "city": "Chicago"})
    load({**ADA, "city": ""})
    assert Member.objects.get().city == ""


def test_a_blank_choice_keeps_the_choice_on_record() -> None:
    load({**ADA, "ccp_mandatory": "no"})
    _, result = load({**ADA, "ccp_mandatory": ""})
    assert totals(result) == {"skip": 1}
    load({**ADA, "ccp_mandatory": "yes"})
    assert Certification.objects.get().ccp_mandatory


def test_a_changed_address_is_the_new_sign_in_and_is_to_be_verified() -> None:
    load(ADA)
    EmailAddress.objects.update(verified=True)
    load({**ADA, "email": "Lane@example.org"})
    assert User.objects.get().email == "lane@example.org"
    address = EmailAddress.objects.get()
    assert (address.email, address.primary, address.verified) == ("lane@example.org", True, False)
    assert Member.history.first().history_change_reason == "Roster import; e-mail was ada@example.org"


def test_a_change_of_address_is_told_at_the_old_one_to_those_who_use_the_portal() -> None:
    load(ADA)
    load({**ADA, "email": "lane@example.org"})
    assert mail.outbox == [], "nobody has activated the account yet"
    user = User.objects.get()
    user.set_password("seven blue lanterns")
    user.save()
    load({**ADA, "email": "l.lane@example.org"})
    (told,) = mail.outbox
    assert told.to == ["lane@example.org"]
    assert told.subject == "The e-mail address of your account was changed"
    assert "l.lane@example.org" not in words_of(told)


def own_address(email: str) -> None:
    """The only member has given the account another address."""
    member = Member.objects.get()
    User.objects.update(email=email)
    EmailAddress.objects.update(email=email)
    member.roster_email = ADA["email"]
    member.save()


def test_an_address_of_the_members_own_stands_until_the_roster_has_a_new_one() -> None:
    load(ADA)
    own_address("ada.lane@example.net")
    lines = Member.history.count()
    load(ADA)
    assert User.objects.get().email == "ada.lane@example.net"
    assert Member.history.count() == lines
    load({**ADA, "city": "Peoria"})
    assert (User.objects.get().email, Member.objects.get().city) == ("ada.lane@example.net", "Peoria")
    load({**ADA, "email": "lane@example.org"})
    assert (User.objects.get().email, Member.objects.get().roster_email) == ("lane@example.org", "")
    load(ADA)
    assert User.objects.get().email == "ada@example.org"


def test_an_address_of_the_members_own_that_amt_takes_over_is_the_rosters() -> None:
    load(ADA)
    own_address("ada.lane@example.net")
    load({**ADA, "email": "ada.lane@example.net"})
    assert (User.objects.get().email, Member.objects.get().roster_email) == ("ada.lane@example.net", "")
    assert EmailAddress.objects.get().verified
    load(ADA)
    assert User.objects.get().email == "ada@example.org"


def test_a_second_address_of_the_member_can_become_the_first() -> None:
    load(ADA)
    EmailAddress.objects.create(user=User.objects.get(), email="lane@example.org", verified=True)
    load({**ADA, "email": "lane@example.org"})
    assert list(EmailAddress.objects.values_list("email", "primary")) == [("lane@example.org", True)]


def test_members_can_exchange_addresses_and_numbers_within_a_file() -> None:
    """Ada takes Bob's address, Bob takes Cleo's, and a newcomer takes Ada's.

    Cleo gets another one.
    """
    load(ADA, BOB, CLEO)
    load(
        {**ADA, "email": BOB["email"], "certificate_number": "A-2"},
        {**BOB, "email": CLEO["email"], "certificate_number": "A-3"},
        {**CLEO, "email": "new@example.org", "certificate_number": "A-4"},
        {**ADA, "amt_id": "1004"},
    )
    held = Certification.objects.order_by("member__amt_id")
    assert list(held.values_list("member__amt_id", "member__user__email", "certificate_number")) == [
        ("1001", "bob@example.org", "A-2"),
        ("1002", "cleo@example.org", "A-3"),
        ("1003", "new@example.org", "A-4"),
        ("1004", "ada@example.org", "A-1"),
    ]
    for address in EmailAddress.objects.select_related("user"):
        assert address.email == address.user.email


def test_a_corrected_award_dates_the_cycle_and_its_invoices_anew() -> None:
    """The award moves from 5/1/2023 to 6/1/2020.

    On 3/14/2026 the second cycle of that award is running, 6/1/2023 to 5/31/2026.
    """
    load(ADA)
    load({**ADA, "awarded_on": "2020-06-01"})
    cycle = Cycle.objects.get()
    assert (cycle.number, cycle.starts_on, cycle.ends_on) == (2, date(2023, 6, 1), date(2026, 5, 31))
    assert list(cycle.invoices.order_by("year").values_list("due_on", flat=True)) == [
        date(2024, 6, 1),
        date(2025, 6, 1),
        date(2026, 6, 1),
    ]
    assert list(cycle.invoices.order_by("year").values_list("opens_on", flat=True)) == [
        date(2024, 4, 2),
        date(2025, 4, 2),
        None,
    ]
    assert cycle.history.count() == 2


@pytest.mark.parametrize(
    ("before", "after", "mandatory", "state"),
    [
        pytest.param("2005-05-01", "2006-05-01", True, "locked", id="into 2006: bound, the invoice waits for points"),
        pytest.param("2006-05-01", "2005-05-01", False, "open", id="out of 2006: voluntary, the invoice is open"),
    ],
)
def test_a_corrected_award_settles_whether_ccp_is_mandatory(
    before: str, after: str, mandatory: bool, state: invoices.State
) -> None:
    """The third invoice, of a cycle that ends in 2027 or 2026, is looked at once that is over."""
    load({**ADA, "awarded_on": before})
    load({**ADA, "awarded_on": after})
    certification = Certification.objects.get()
    assert certification.ccp_mandatory is mandatory
    assert certification.history.latest().ccp_mandatory is mandatory
    invoice = invoice_of(Cycle.objects.get())
    assert invoices.state_of(invoice, date(2027, 5, 1)) == state
    assert invoice in invoices.in_state(RenewalInvoice.objects.all(), state, date(2027, 5, 1))


def test_a_choice_against_the_day_of_the_award_stands_when_that_is_corrected() -> None:
    load({**ADA, "ccp_mandatory": "no"})
    load({**ADA, "awarded_on": "2023-05-02"})
    assert not Certification.objects.get().ccp_mandatory


@pytest.mark.parametrize("what", ["ce", "extension", "payment", "reversed payment", "void invoice"])
def test_an_award_cannot_change_once_something_is_counted_from_it(what: str) -> None:
    load(ADA)
    cycle = cycle_of(Member.objects.get())
    because = "one of its invoices is paid or void"
    if what == "ce":
        make_activity(cycle)
        because = "CE is recorded in its cycle"
    elif what == "extension":
        until, by = date(2026, 8, 31), make_user(is_staff=True)
        cycles.extend_grace(cycle=cycle, until=until, reason="Deployed.", by=by, at=noon(TODAY))
        because = "the grace period of its cycle was extended"
    elif what == "void invoice":
        invoices.void(invoice=invoice_of(cycle, 1), reason="Issued by mistake")
    else:
        payment = make_payment(invoice_of(cycle, 1))
        because = "a payment was recorded for one of its invoices"
        if what == "reversed payment":
            invoices.reverse_payment(payment=payment, reason="Returned", by=payment.recorded_by, at=noon(TODAY))
    assert problems({**ADA, "awarded_on": "2023-05-02"}) == [
        "Line 2, awarded_on: The award is on record as May 1, 2023 and can no longer change by a roster, "
        f"because {because}. Write 5/1/2023. If that day is wrong, press “Correct the award date” on the page of the "
        "certification."
    ]


def test_one_bad_row_keeps_every_row_out() -> None:
    assert problems(ADA, {**BOB, "credential": "XYZ"}, {**CLEO, "awarded_on": "2026-03-15"}) == [
        "Line 3, credential: “XYZ” is not a credential that the portal knows. Write one of AHI, CLC, CMAS, CMLA, MDT, "
        "MLS, MLT, MT, PCT, RDA, RMA, RPT.",
        "Line 4, awarded_on: Mar 15, 2026 is in the future. Correct the date, or import the row once it is past.",
    ]


def test_a_row_is_judged_against_file_and_record_at_once() -> None:
    """Line 3 has Bob's number, line 4 has Ada's number on record, and line 5 has Cleo's AMT ID."""
    load(ADA)
    found = problems(
        BOB, {**BOB, "amt_id": "1009", "email": "x@example.org"}, {**CLEO, "last_name": "Park", **ADAS_NUMBER}, CLEO
    )
    assert [problem.split(": ")[0] for problem in found] == [
        "Line 3, certificate_number",
        "Line 4, certificate_number",
        "Line 5, amt_id",
        "Line 5, amt_id",
    ]


@pytest.mark.parametrize("is_staff", [True, False], ids=["of staff", "without a member"])
def test_the_address_of_another_account_is_not_given_to_a_member(is_staff: bool) -> None:
    """The member comes in without a sign-in, until staff add the member to that account."""
    user = make_user(email="ada@example.org", is_staff=is_staff)
    assert totals(load(ADA)[1]) == {"new": 1}
    ada = Member.objects.get()
    assert (ada.user, ada.roster_email, User.objects.get()) == (None, "ada@example.org", user)
    Member.objects.update(user=user)
    load(ADA)
    assert (Member.objects.get().user, Member.objects.get().roster_email) == (user, "")


def test_an_unknown_column_keeps_every_row_out() -> None:
    assert problems({**ADA, "adress_line1": "12 Main Street"})[0].startswith("Line 1, adress_line1: ")


def test_a_dry_run_says_what_would_happen_and_writes_nothing() -> None:
    load(ADA, BOB)
    before = everything()
    resource, result = load({**ADA, "last_name": "Lang"}, BOB, CLEO, dry_run=True)
    assert totals(result) == {"new": 1, "update": 1, "skip": 1}
    assert resource.new_members == 1
    assert everything() == before
    assert [row.diff[3] for row in result.valid_rows()] == ["Lane → Lang", "Lane"]


def test_the_admins_two_steps_import_a_file_in_the_standard_csv_format() -> None:
    """The format does not report lines.

    The record of line 2 has a line break, so the next record is on line 4.
    """
    bad = (
        make_csv(
            {**ADA, "address_line1": '"12 Main Street\nApt 4"'},
            {**BOB, "address_line1": ""},
            columns=[*REQUIRED, "address_line1"],
        )
        .decode()
        .replace("bob@", "bob")
    )
    result = RosterResource(on=TODAY).import_data(base_formats.CSV().create_dataset(bad), dry_run=True)
    assert [(row.number, list(row.error_dict)) for row in result.invalid_rows] == [(4, ["email"])]

    for dry_run in (True, False):
        dataset = base_formats.CSV().create_dataset(bad.replace("bob", "bob@"))
        assert totals(RosterResource(on=TODAY).import_data(dataset, dry_run)) == {"new": 2}
    assert Certification.objects.count() == 2


def test_the_second_step_is_all_or_nothing_too() -> None:
    """The admin does not ask for a rollback on bad rows.

    Here a row became bad after the first step.
    """
    result = RosterResource(on=TODAY).import_data(
        csv_files.read_csv(make_csv(ADA, {**BOB, "email": "bob"})), rollback_on_validation_errors=False
    )
    assert result.has_validation_errors()
    assert not Member.objects.exists()


def test_what_was_imported_is_exported_in_the_same_columns() -> None:
    load(ADA)
    exported = RosterResource().export()
    assert exported.headers == list(COLUMNS)
    again = RosterResource(on=TODAY)
    assert totals(again.import_data(exported)) == {"skip": 1}


def test_a_change_made_meanwhile_is_a_sentence_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else adds the member between the check and the writing."""

    def write_new(*args: Any, **kwargs: Any) -> None:
        User.objects.create(email="half@example.org")
        raise IntegrityError

    monkeypatch.setattr(roster_changes, "write_new", write_new)
    _, result = load(ADA)
    assert result.has_errors()
    assert str(result.base_errors[0].error) == (
        "Somebody added or changed a member or certification of this file while it was imported. "
        "Nothing was written. Import the file again."
    )
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_write_every_row_once() -> None:
    def run() -> dict[str, int]:
        return totals(load(ADA, ADAS_RPT, BOB)[1])

    assert sorted(at_once(run, run), key=str) == [{"new": 3}, {"skip": 3}]
    assert (User.objects.count(), Certification.objects.count(), RenewalInvoice.objects.count()) == (2, 3, 9)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """SQLite takes 999 values in a statement, so 60 rows need a few statements for each table.

    14 tables are written.
    """
    rows = [{**ADA, "amt_id": str(n), "email": f"m{n}@example.org", "certificate_number": str(n)} for n in range(60)]
    with django_assert_max_num_queries(60):
        load(*rows)
    with django_assert_max_num_queries(18):
        load(*rows)

"""The command that lists stored values that no form, file or command would take today."""

import io
from datetime import date

import pytest
from django.core.management import call_command

from amtportal.members.models import Member, User
from ccp.models import ActivityType, TypeTerms
from certifications.models import Certification, Payment
from tests.support.builders import invoice_of, make_cycle, make_member, make_payment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


def check() -> tuple[list[str], int]:
    """Return the lines that the command prints, and its exit status."""
    printed, status = io.StringIO(), 0
    try:
        call_command("check_values", stdout=printed)
    except SystemExit as end:
        status = int(end.code or 0)
    return printed.getvalue().splitlines(), status


def test_a_clean_portal_has_nothing_to_correct() -> None:
    make_payment(invoice_of(make_cycle(), 1))
    make_member(first_name="محمد", last_name="می\u200cخواهم", city="São Paulo")
    assert check() == (["0 values to correct."], 0)


def test_what_nobody_sees_and_days_that_cannot_be_are_named() -> None:
    """Written past the models, as before there was a rule."""
    cycle = make_cycle()
    payment = make_payment(invoice_of(cycle, 1))
    member, certification, terms = cycle.certification.member, cycle.certification, TypeTerms.objects.first()
    kind = ActivityType.objects.first()
    assert terms
    assert kind
    User.objects.filter(pk=member.user_id).update(email="ada@example.org\u200b")
    Member.objects.update(amt_id="\ufeff700", first_name="Ada\u00a0Mae")
    Certification.objects.update(
        certificate_number="ＲＭＡ-1", awarded_on=date(206, 5, 1), recertified_on=date(27, 1, 1)
    )
    Payment.objects.update(received_on=date(26, 11, 20))
    TypeTerms.objects.filter(pk=terms.pk).update(effective_from=date(27, 3, 1))
    ActivityType.objects.filter(pk=kind.pk).update(retired_on=date(2206, 1, 1))
    lines, status = check()
    assert status == 1
    year = "Enter the year with four digits, for example 2026."
    assert lines == [
        f"User {member.user_id}, email: “ada@example.org” has U+200B and should be “ada@example.org”.",
        f"Member {member.pk}, amt_id: “700” has U+FEFF and should be “700”.",
        f"Member {member.pk}, first_name: “Ada Mae” has U+00A0 and should be “Ada Mae”.",
        f"Certification {certification.pk}, certificate_number: “ＲＭＡ-1” should be “RMA-1”.",
        f"Certification {certification.pk}, awarded_on: May 1, 0206 is in the year 206. {year}",
        f"Certification {certification.pk}, recertified_on: Jan 1, 0027 is in the year 27. {year}",
        f"Payment {payment.pk}, received_on: Nov 20, 0026 is in the year 26. {year}",
        f"TypeTerms {terms.pk}, effective_from: Mar 1, 0027 is in the year 27. {year}",
        f"ActivityType {kind.pk}, retired_on: Jan 1, 2206 cannot be right. Enter a day from Jan 1, 1990 to Mar "
        f"14, 2031, with "
        "the year in four digits.",
        "9 values to correct.",
    ]

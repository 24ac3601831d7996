"""What is done after the commit may fail.

The record stands, the answer comes, and the log says what failed.
"""

from decimal import Decimal
from typing import Any, NoReturn

import pytest
from django.db import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from amtportal.imports import csv_files
from amtportal.members.models import Member
from ccp.amt_credits import holding as held_credits
from ccp.catalogue import term_changes as impact
from ccp.models import ActivityType, TypeTerms
from certifications.models import Certification
from certifications.roster import resource as roster
from tests.support.builders import TODAY, client_of, make_user, noon
from tests.support.staff import make_clerk, page, submit

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]


def gone(*args: object, **kwargs: object) -> NoReturn:
    raise OperationalError("server closed the connection unexpectedly")


def change_terms() -> None:
    kind = ActivityType.objects.get(code="course-seminar-webinar")
    terms = TypeTerms(activity_type=kind, effective_from=TODAY, cap=Decimal(1))
    impact.put_in_force(terms=terms, by=make_user(is_staff=True), at=noon(TODAY))


def import_roster() -> None:
    header = "amt_id,email,first_name,last_name,credential,certificate_number,awarded_on\n"
    content = header + "7001,zoe@example.org,Zoë,O'Neil,RMA,1,2023-05-01\n"
    assert not roster.RosterResource().import_data(csv_files.read_csv(content.encode())).has_errors()


def add_a_member() -> None:
    desk = client_of(make_clerk("view_user", "view_member", "add_member"))
    typed = {"user": str(make_user().pk), "amt_id": "7001", "first_name": "Zoë", "last_name": "O'Neil"}
    assert submit(desk, page(Member, "add"), **typed).status_code == 302


@pytest.mark.parametrize(
    ("module", "name", "deed", "kept"),
    [
        pytest.param(impact, "_count_stragglers", change_terms, TypeTerms, id="terms are changed"),
        pytest.param(held_credits, "match", import_roster, Certification, id="a roster is imported"),
        pytest.param(held_credits, "match", add_a_member, Member, id="a member is added"),
    ],
)
def test_a_failure_after_the_commit_is_logged_and_changes_nothing(
    module: Any,
    name: str,
    deed: Any,
    kept: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    before = kept.objects.count()
    monkeypatch.setattr(module, name, gone)
    with django_capture_on_commit_callbacks(execute=True):
        deed()
    assert kept.objects.count() == before + 1
    assert "server closed the connection unexpectedly" in caplog.text

"""The admin pages of every app: who may open them and what they cost.

Accounts and members are tested in particular.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amtportal.members.models import Member, NameRequest, RosterDifference, SearchTerm, Tally, User
from ccp.api.models import Consent, CourseSystem, Delivery, Event, KeptAnswer, Key
from ccp.badges.models import Badge
from ccp.desk.models import NightlyRun, Note, Viewing
from ccp.models import (
    Activity,
    ActivityType,
    AttestationStatement,
    Category,
    CategoryTerms,
    Credit,
    ErrorReport,
    Evidence,
    HeldCredit,
    PendingFile,
    Reading,
    TypeTerms,
)
from ccp.notices.models import Notice, NoticeMail, Preference
from ccp.sharing.models import Listing, ShareLink
from certifications.models import (
    Certification,
    Credential,
    Cycle,
    CycleCorrection,
    Payment,
    RenewalInvoice,
    StatusChange,
)
from certifications.payments.models import (
    Checkout,
    Dispute,
    ProviderEvent,
    Refund,
    Settlement,
    SettlementLine,
    UnappliedMoney,
)
from tests.support.builders import (
    client_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
)
from tests.support.staff import make_clerk, page, populate

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.ignore_template_errors,
    pytest.mark.usefixtures("on_today", "terms_known"),
]

MODELS = [
    User,
    Member,
    NameRequest,
    RosterDifference,
    EmailAddress,
    Credential,
    Certification,
    Cycle,
    RenewalInvoice,
    Payment,
    Checkout,
    ProviderEvent,
    UnappliedMoney,
    Refund,
    Dispute,
    Settlement,
    SettlementLine,
    Category,
    CategoryTerms,
    ActivityType,
    TypeTerms,
    Activity,
    Credit,
    HeldCredit,
    ErrorReport,
    Evidence,
    StatusChange,
    CycleCorrection,
    NoticeMail,
    Notice,
    Preference,
    ShareLink,
    Listing,
    Badge,
    CourseSystem,
    Key,
    Delivery,
    Event,
    Consent,
    Note,
    Viewing,
    NightlyRun,
]
NO_HISTORY = (StatusChange, CycleCorrection, ProviderEvent, NoticeMail, Notice, Badge, Note, Viewing, NightlyRun)
NO_HISTORY += (Delivery, Event)
WITH_HISTORY = [model for model in MODELS if model not in NO_HISTORY]
BIG = [model for model in MODELS if model not in (Credential, Category, ActivityType)]


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture(scope="module", autouse=True)
def _rows(keep: Callable[[Callable[[], object]], None]) -> None:
    keep(lambda: populate(1))


@pytest.fixture
def root() -> Client:
    """Return a superuser's browser."""
    return client_of(make_user(is_staff=True, is_superuser=True))


def test_every_model_has_an_admin() -> None:
    """The model has its own page, or lines on the page of another model.

    Tallies have none: their keys are digests, and there is nothing to read. A statement that is
    attested to is read on the page of each of its entries. Files that wait for a form, and what was
    read from them, are the member's alone. An answer that is kept for a repeat was sent already.
    """
    ours = {"members", "certifications", "payments", "ccp", "notices", "sharing", "badges", "exports", "desk", "api"}
    as_lines = {inline.model for shown in admin.site._registry.values() for inline in shown.inlines}
    missing = [
        model
        for model in apps.get_models()
        if model._meta.app_label in ours
        and model not in as_lines
        and not admin.site.is_registered(model)
        and not hasattr(model, "history_id")
        and model is not SearchTerm  # follows from the member
    ]
    assert missing == [Tally, AttestationStatement, PendingFile, Reading, KeptAnswer]


# Who may look


@pytest.mark.any_database
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_list_is_for_staff_with_the_permission_only(model: Any) -> None:
    with_permission = make_clerk(f"view_{model._meta.model_name}")
    assert client_of(with_permission).get(page(model)).status_code == 200
    assert client_of(make_clerk()).get(page(model)).status_code == 403
    member = client_of(make_member()).get(page(model))
    assert member.status_code == 302
    assert client_of(make_member()).get(member["Location"]).status_code == 403
    anonymous = client_of(None).get(page(model))
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith(reverse("account_login"))


def test_index_has_the_portals_name(root: Client) -> None:
    assert "AMT Portal – staff" in root.get(reverse("admin:index")).text


# What a page costs


def test_each_list_takes_the_same_queries_for_one_row_and_for_many(root: Client) -> None:
    for model in MODELS:
        root.get(page(model))  # content types are read once in a process
    few = {model.__name__: queries(root, page(model)) for model in MODELS}
    # The session, the account, one count and one query for the rows, and the choices of a filter
    # that the rows have, or another table: credentials or categories. Settlements are shown by day.
    with_choices = {"Certification", "Cycle", "RenewalInvoice", "ActivityType", "Activity"}
    with_choices |= {"StatusChange", "CycleCorrection", "SettlementLine", "ProviderEvent"}
    with_choices |= {"Credential"}  # its former names
    more = dict.fromkeys(with_choices, 1) | {"Settlement": 2}
    assert few == {model.__name__: 4 + more.get(model.__name__, 0) for model in MODELS}
    populate(5)
    assert {model.__name__: queries(root, page(model)) for model in MODELS} == few


@pytest.mark.parametrize(
    ("model", "words", "least"),
    [
        pytest.param(Member, "lane", 2, id="member"),
        pytest.param(Member, "ada lane", 1, id="member-by-two-words"),
        pytest.param(Credit, "lane", 2, id="what-a-member-has"),
    ],
)
def test_search_takes_the_same_queries_and_sends_its_keys_as_one_value(
    root: Client, model: Any, words: str, least: int
) -> None:
    """``least``: the queries that find the keys of members. One more finds the keys of the rows."""
    root.get(page(model))
    with CaptureQueriesContext(connection) as captured:
        assert root.get(page(model), {"q": words}).context["cl"].result_count
    assert len(captured) == 5 + least
    populate(5)
    with CaptureQueriesContext(connection) as again:
        root.get(page(model), {"q": words})
    assert len(again) == len(captured)
    assert max(len(query["sql"].split(" WHERE ")[-1]) for query in again if "COUNT(" in query["sql"]) < 400


def test_each_list_with_a_search_box_answers_a_search(root: Client) -> None:
    searched = [model for model in MODELS if admin.site._registry[model].search_fields]
    assert len(searched) > 20
    assert [model.__name__ for model in searched if root.get(page(model), {"q": "lane"}).status_code != 200] == []


def test_each_list_counts_to_a_bound_and_not_the_table(root: Client) -> None:
    for model in MODELS:
        with CaptureQueriesContext(connection) as captured:
            root.get(page(model))
        counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
        assert len(counts) == 1, model.__name__
        assert "LIMIT 10001" in counts[0], model.__name__
        assert "ORDER BY" not in counts[0], model.__name__


def test_list_over_the_bound_says_that_there_is_more(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amtportal.staff.changelists.BOUND", 60)
    for _ in range(62):
        make_member()
    assert "More than 60 members" in root.get(page(Member)).text
    last = root.get(page(Member), {"p": 2})
    assert len(last.context["cl"].result_list) == 10
    assert "61 members" not in last.text


def test_facets_that_count_the_table_cannot_be_asked_for(root: Client) -> None:
    with CaptureQueriesContext(connection) as captured:
        root.get(page(RenewalInvoice), {"_facets": "True"})
    assert len([query for query in captured if "COUNT(" in query["sql"]]) == 1


@pytest.mark.parametrize("model", [Member, Certification, Cycle, RenewalInvoice, Activity], ids=lambda m: m.__name__)
def test_record_takes_the_same_queries_with_one_row_below_it_and_with_many(root: Client, model: Any) -> None:
    member = make_member()
    cycle = make_cycle(member)
    activity = make_activity(cycle, points="30")
    make_payment(invoice_of(cycle, year=1))
    key = {
        Member: member.pk,
        Certification: cycle.certification_id,
        Cycle: cycle.pk,
        RenewalInvoice: invoice_of(cycle, year=1).pk,
        Activity: activity.pk,
    }[model]
    root.get(page(model, "change", key))
    few = queries(root, page(model, "change", key))
    other = make_cycle(member, credential="RPT", awarded_on=date(2024, 5, 1))
    for _ in range(6):
        make_activity(cycle, other, points="1")
    assert queries(root, page(model, "change", key)) == few


@pytest.mark.parametrize("model", WITH_HISTORY, ids=lambda model: model.__name__)
def test_history_says_who_changed_what(root: Client, model: Any) -> None:
    record = model.objects.first()
    clerk = make_user(email="clerk@amt.example")
    record._history_user = clerk
    record.save()
    root.get(page(model, "history", record.pk))
    few = queries(root, page(model, "history", record.pk))
    for _ in range(5):
        record.save()
    # What an account may do, and for which credentials a type counts, is read line by line: both
    # change rarely.
    assert model in (User, ActivityType) or queries(root, page(model, "history", record.pk)) == few
    assert "clerk@amt.example" in root.get(page(model, "history", record.pk)).text


def test_history_writes_money_and_days_as_people_do(root: Client) -> None:
    credential = Credential.objects.get(code="RMA")
    credential.annual_fee = 6050
    credential.save()
    credential.annual_fee = 7000
    credential.save()
    assert "$60.50 → $70.00" in root.get(page(Credential, "history", credential.pk)).text


def test_no_page_of_an_old_version_takes_a_post(root: Client) -> None:
    """django-simple-history's page of one version would save what is posted to it.

    It would do so whatever the permissions.
    """
    activity = make_activity(make_cycle(), points="5")
    version = activity.history.first().pk
    response = root.post(page(Activity, "history", activity.pk) + f"{version}/", {"points": "90"})
    assert response.status_code in (302, 404)
    activity.refresh_from_db()
    assert activity.points == 5


# What is not done by hand


@pytest.mark.any_database
@pytest.mark.parametrize(
    "model",
    [
        Cycle,
        RenewalInvoice,
        Payment,
        Checkout,
        UnappliedMoney,
        Refund,
        Settlement,
        Activity,
        Credit,
        StatusChange,
        CycleCorrection,
        NoticeMail,
        Notice,
        Preference,
        ShareLink,
        Listing,
        Badge,
        CourseSystem,
        Key,
        Delivery,
        Event,
        Consent,
    ],
    ids=lambda m: m.__name__,
)
def test_what_verbs_write_cannot_be_written_by_hand(root: Client, model: Any) -> None:
    record = model.objects.first()
    assert root.get(page(model, "add")).status_code == 403
    assert root.get(page(model, "change", record.pk)).status_code == 200
    assert root.post(page(model, "change", record.pk), {"points": "90"}).status_code == 403
    assert root.post(page(model, "delete", record.pk), {"post": "yes"}).status_code == 403


@pytest.mark.any_database
@pytest.mark.parametrize("model", [model for model in BIG if model is not HeldCredit], ids=lambda m: m.__name__)
def test_nobody_deletes_people_and_their_records(root: Client, model: Any) -> None:
    record = model.objects.first()
    selected = {"action": "delete_selected", "_selected_action": record.pk, "post": "yes"}
    assert root.post(page(model, "delete", record.pk), {"post": "yes"}).status_code == 403
    root.post(page(model), selected)
    assert model.objects.filter(pk=record.pk).exists()


@pytest.mark.parametrize(
    ("model", "used"), [(Credential, "RMA"), (Category, None), (ActivityType, "course-seminar-webinar")], ids=str
)
def test_terms_in_use_cannot_be_deleted(root: Client, model: Any, used: str | None) -> None:
    make_activity(make_cycle())
    record = model.objects.get(code=used) if used else model.objects.first()
    assert root.post(page(model, "delete", record.pk), {"post": "yes"}).status_code == 403


def test_credential_that_nobody_holds_can_be_deleted(root: Client) -> None:
    unused = Credential.objects.get(code="MDT")
    assert root.post(page(Credential, "delete", unused.pk), {"post": "yes"}).status_code == 302
    assert not Credential.objects.filter(pk=unused.pk).exists()

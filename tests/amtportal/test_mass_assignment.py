"""A form changes what it offers and nothing else, whatever else is sent with it.

Each form of the portal and of the admin is sent twice from the same state: as a browser sends it, and with a value for
every other column of every table. Both leave the same rows behind.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from django.test import Client

from amtportal.members.models import Member, User
from amtportal.members.sign_in import addresses
from ccp.models import ActivityType, Category, ErrorReport
from ccp.recording import verbs as recording
from certifications.models import Certification, Credential, Cycle, Payment, RenewalInvoice
from tests.addresses import below
from tests.amtportal.test_access import PRIVATE, PUBLIC, of_owner
from tests.amtportal.test_access_admin import BY_HAND, DEEDS
from tests.amtportal.test_admin import populate
from tests.builders import (
    PASSWORD,
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_user,
    noon,
)
from tests.evidence import attach
from tests.factors import confirm
from tests.staff import page

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

OURS = ("members", "certifications", "ccp", "account", "auth", "history")
# Made anew by each request, and what a database that is rolled back counts on from.
RANDOM = {"request_id", "password", "token", "digest", "previous", "history_id"}
SENT_BY_HAND = {"submission_digest": "0" * 64, "csrfmiddlewaretoken": "x"}


def other_columns(taken: set[str], stranger: Member) -> dict[str, str]:
    """A value for every column of every table that is not a field of the form."""
    found = dict(SENT_BY_HAND)
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for column in model._meta.get_fields():
            if not isinstance(column, models.Field) or isinstance(column, models.FileField):
                continue
            if isinstance(column, models.BooleanField):
                value = "on"
            elif isinstance(column, models.ForeignKey):
                value = str({Member: stranger.pk, User: stranger.user_id}.get(column.related_model, 1))
            elif isinstance(column, models.DateTimeField):
                value = "2020-01-01 00:00:00"
            elif isinstance(column, models.DateField):
                value = "2020-01-01"
            elif isinstance(column, models.CharField | models.TextField):
                value = column.choices[-1][0] if column.choices else "changed"
            else:
                value = "1"
            found[column.name] = found[column.attname] = value
    return {name: value for name, value in found.items() if name not in taken}


def rows() -> dict[str, list[str]]:
    """Every row of ours, history too, without what is made anew each time."""
    skipped = set(RANDOM)
    if connection.vendor == "postgresql":  # its sequences go on after a rollback
        skipped |= {"id", "activity_id", "certification_id", "cycle_id", "object_id"}
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            names = [column.attname for column in model._meta.concrete_fields if column.attname not in skipped]
            found[model._meta.label] = sorted(repr(row) for row in model._base_manager.values_list(*names))
    return found


@dataclass(frozen=True)
class Form:
    """A page with a form; ``typed``: what is entered. ``plain`` where the page shows no form to read first."""

    address: str
    typed: dict[str, Any] = field(default_factory=dict)
    by: str = "member"
    plain: bool = False


def form_on(client: Client, address: str, posted: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a browser would send from the page's form (or the answer to a post), nothing being touched."""
    answer = client.get(address) if posted is None else client.post(address, posted)
    form = BeautifulSoup(answer.text, "html.parser").select_one("#content-main form, main form[method=post]")
    assert form is not None, address
    data: dict[str, Any] = {}
    for found in form.select("input[name], select[name], textarea[name]"):
        name = found["name"]
        if found.name == "select":
            chosen = [option["value"] for option in found.select("option[selected]")]
            first = [option["value"] for option in found.select("option")[:1]]
            data[name] = chosen if found.has_attr("multiple") else (chosen or first or [""])[0]
        elif found.get("type") in ("checkbox", "radio"):
            others = data.get(name) or []
            data[name] = [*others, found.get("value", "on")] if found.has_attr("checked") else others
        elif found.get("type") not in ("submit", "file"):
            data[name] = found.get("value", "") if found.name == "input" else found.text.strip()
    data.pop("csrfmiddlewaretoken", None)
    return data


RECORD = {"activity_type": "self-study", "points": "2", "starts_on": "3/1/2026", "attested": "on"}
NEW_PASSWORD = {"oldpassword": PASSWORD, "password1": "green kettles sing low", "password2": "green kettles sing low"}
MEMBERS = {
    "activity-record": Form("/ccp/record/", RECORD),
    "activity-preview": Form("/ccp/record/preview/", RECORD, plain=True),
    "activity-amend": Form("/ccp/activities/{entry}/amend/", {"points": "3", "attested": "on"}),
    "activity-withdraw": Form("/ccp/activities/{entry}/withdraw/"),
    "activity-restore": Form("/ccp/activities/{withdrawn}/restore/", plain=True),
    "activity-difference": Form("/ccp/activities/{entry}/difference/", {"difference": "Another day."}),
    "activity-report": Form("/ccp/activities/{credit}/report/", {"text": "Wrong day."}),
    "evidence-add": Form("/ccp/activities/{entry}/evidence/", plain=True),
    "evidence-remove": Form("/ccp/evidence/{evidence}/remove/", plain=True),
    "calendar-detail": Form("/calendar/", {"action": "create"}, plain=True),
    "transcript-check": Form("/verify/", plain=True),
    "transcript-verify": Form("/verify/{code}/", plain=True),
    "set_language": Form("/i18n/setlang/", {"language": "es"}, plain=True),
    "account_login": Form("/accounts/login/", {"login": "{email}", "password": PASSWORD}, by="nobody"),
    "account_logout": Form("/accounts/logout/", plain=True),
    "account-activate": Form("/accounts/activate/", {"email": "{email}"}, by="nobody"),
    "account_reset_password": Form("/accounts/password/reset/", {"email": "{email}"}, by="nobody"),
    "account_change_password": Form("/accounts/password/change/", NEW_PASSWORD),
    "account_reauthenticate": Form("/accounts/reauthenticate/", {"password": PASSWORD}, plain=True),
    "account_email": Form("/accounts/email/", {"email": "new@example.org"}, plain=True),
    "address-confirm": Form("/accounts/email/{token}/", plain=True),
    "session-list": Form("/accounts/sessions/", plain=True),
    "session-end": Form("/accounts/sessions/{session}/end/", plain=True),
    "account_signup": Form("/accounts/signup/", {"email": "new@example.org", **NEW_PASSWORD}, by="nobody", plain=True),
}
REASON = {"reason": "Because it is so."}
STAFF = {
    "members_member_change": Form("member", {"city": "Rosemont"}),
    "members_user_change": Form("user", {"email": "new@example.org"}),
    "certifications_certification_change": Form("certification", {"certificate_number": "777"}),
    "certifications_credential_change": Form("credential", {"name": "Another"}),
    "ccp_activitytype_change": Form("activitytype", {"name": "Another"}),
    "ccp_category_change": Form("category", {"name": "Another"}),
    "auth_group_change": Form("group", {"name": "Another"}),
    "ccp_activity_void": Form("activity", REASON),
    "ccp_activitytype_terms": Form("activitytype", {"effective_from": "2026-03-14", "cap": "7"}),
    "ccp_category_terms": Form("category", {"effective_from": "2026-03-14", "cap": "7"}),
    "ccp_errorreport_answer": Form("errorreport", {"answer": "It is so."}),
    "ccp_heldcredit_match": Form(""),
    "certifications_certification_status": Form("certification", {**REASON, "to": "retired"}),
    "certifications_cycle_extend": Form("cycle", {**REASON, "until": "2026-09-30", "shown": "2026-09-30"}),
    "certifications_cycle_correct": Form(
        "cycle", {"points": "31", "outcome": "compliant", "statement": "A course was left out."}
    ),
    "certifications_payment_reverse": Form("payment", REASON),
    "certifications_renewalinvoice_pay": Form("renewalinvoice", {"reference": "7"}),
    "certifications_renewalinvoice_void": Form("renewalinvoice", REASON),
    "certifications_renewalinvoice_anew": Form("renewalinvoice", REASON),
}
AFTER_THE_PASSWORD = {"account_email", "session-list", "session-end"}
# They answer, send mail, or change what is left out above.
WRITES_NOTHING = {
    "account-activate",
    "account_reset_password",
    "account_signup",
    "activity-preview",
    "evidence-add",  # no file is sent; one that is sent is taken whole or not at all
    "set_language",
    "ccp_heldcredit_match",  # nothing that is held can be matched here
    "transcript-check",
    "transcript-verify",
}
# Lists, imports, and forms that add a row: below, or the same form as the one that changes it.
NO_FORM_OF_THEIR_OWN = {"ccp_activity_void_several"}


def sent_from_the_same_state(send: Callable[[], Any]) -> tuple[dict[str, list[str]], int]:
    """The rows that the post leaves, and its status; all of it is taken back."""
    with transaction.atomic():
        status = send().status_code
        left = rows()
        transaction.set_rollback(True)
    return left, status


def compare(client: Client, address: str, values: dict[str, Any], stranger: Member) -> bool:
    """Send the form without and with other columns; the rows that it leaves are the same. Whether it changed any."""
    more = other_columns(set(values), stranger)
    assert len(more) > 60
    before, cookies = rows(), deepcopy(client.cookies)
    plain, status = sent_from_the_same_state(lambda: client.post(address, values))
    client.cookies = cookies  # as if it had not signed out, or been told anything
    stuffed, same = sent_from_the_same_state(lambda: client.post(address, {**more, **values}))
    assert status == same in (200, 302, 400, 403, 404)
    for table, left in plain.items():
        assert stuffed[table] == left, table
    return plain != before


def members_form(two: Member, name: str) -> tuple[Client, str, dict[str, Any]]:
    """The browser, the address and what it sends; the member has entries of every kind."""
    cycle = cycle_of(two)
    two.user.set_password(PASSWORD)
    two.user.save()
    EmailAddress.objects.create(user=two.user, email=two.user.email, verified=True, primary=True)
    entry, withdrawn = two.activities.get(), make_activity(cycle, points="1")
    recording.withdraw(activity=withdrawn, by=two.user, at=noon(TODAY))
    credit = make_amt_credit(cycle)
    form = MEMBERS[name]
    places = {"entry": entry.pk, "withdrawn": withdrawn.pk, "credit": credit.pk, "code": "ABCD-EFGH-JKMN"}
    places["evidence"] = attach(entry).pk if name == "evidence-remove" else 0
    places["token"] = addresses.token(two.user, "new@example.org")
    places["session"] = UserSession.objects.create(user=two.user, ip="127.0.0.1", session_key="elsewhere").pk
    address = form.address.format(**places)
    client = client_of(two if form.by == "member" else None)
    if name in AFTER_THE_PASSWORD:
        confirm(client, PASSWORD)
    typed = {key: value.format(email=two.user.email) for key, value in form.typed.items()}
    return client, address, typed if form.plain else form_on(client, address) | typed


@pytest.mark.parametrize("name", MEMBERS)
def test_a_members_form_changes_only_what_it_offers(two: Member, stranger: Member, name: str) -> None:
    client, address, values = members_form(two, name)
    assert compare(client, address, values, stranger) == (name not in WRITES_NOTHING)


def staff_form(met: Member, name: str) -> tuple[Client, str, dict[str, Any]]:
    """The browser of a superuser, the address and what it sends."""
    populate(1)
    Group.objects.create(name="Desk")
    closed = Cycle.objects.exclude(closed_on=None).get()
    cycle = cycle_of(met)
    keys = {
        "member": met.pk,
        "user": met.user_id,
        "certification": cycle.certification_id,
        "credential": Credential.objects.get(code="RMA").pk,
        "activitytype": ActivityType.objects.get(code="self-study").pk,
        "category": Category.objects.get(code="professional-education").pk,
        "group": Group.objects.get().pk,
        "activity": met.activities.get().pk,
        "errorreport": ErrorReport.objects.get().pk,
        "cycle": closed.pk if name.endswith("_correct") else cycle.pk,
        "payment": Payment.objects.get().pk,
        "renewalinvoice": invoice_of(cycle, 1 if name.endswith("_void") else 3).pk,
    }
    if name.endswith("_anew"):
        RenewalInvoice.objects.filter(pk=keys["renewalinvoice"]).update(status="void", void_reason="Wrong day")
    form = STAFF[name]
    model = next(
        found for found in apps.get_models() if name.startswith(found._meta.label_lower.replace(".", "_") + "_")
    )
    verb = name.rpartition("_")[2]
    address = page(model, verb, keys[form.address]) if form.address else page(model, verb)
    client = client_of(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    values = form_on(client, address) | form.typed
    if verb == "terms":  # what changes is shown first
        values = form_on(client, address, posted=values)
    return client, address, values


@pytest.mark.parametrize("name", STAFF)
def test_a_staff_form_changes_only_what_it_offers(met: Member, stranger: Member, name: str) -> None:
    client, address, values = staff_form(met, name)
    assert compare(client, address, values, stranger) == (name not in WRITES_NOTHING)


def test_every_form_of_the_portal_is_tried() -> None:
    """Pages that take posts: those of members and of staff, by name."""
    with_form = {f"{model}_change" for model, may in BY_HAND.items() if "change" in may}
    assert STAFF.keys() == with_form | (DEEDS.keys() - NO_FORM_OF_THEIR_OWN)


def test_every_page_of_members_that_takes_a_post_is_tried(met: Member) -> None:
    client = client_of(met)
    pages = {name: of_owner(row[0], met) for name, row in PRIVATE.items()} | PUBLIC
    taking = {name for name, address in pages.items() if client.post(address).status_code != 405}
    assert taking - {"account-activate-done"} <= MEMBERS.keys()
    assert MEMBERS.keys() <= set(below("").values())


def test_a_clerk_adds_a_certification_and_nothing_with_it(met: Member, stranger: Member) -> None:
    client = client_of(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    address = page(Certification, "add")
    values = form_on(client, address) | {
        "member": str(met.pk),
        "credential": str(Credential.objects.get(code="RPT").pk),
        "certificate_number": "555",
        "awarded_on": "2024-05-01",
    }
    assert compare(client, address, values, stranger)

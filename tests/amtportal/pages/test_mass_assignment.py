"""A form changes what it offers and nothing else, whatever else is sent with it.

Each form of the portal and of the admin is sent twice from the same state: as a browser sends it,
and with a value for every other column of every table. Both leave the same rows behind.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client

from amtportal.members.models import Member, Tally, User
from ccp.audits import draws
from certifications.models import Certification, Credential
from tests.support.addresses import PRIVATE, PUBLIC, below, of_owner
from tests.support.builders import (
    client_of,
    make_user,
)
from tests.support.forms import MEMBERS, STAFF, form_on, members_form, staff_form
from tests.support.staff import BY_HAND, DEEDS, page, populate

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.any_database,
    pytest.mark.ignore_template_errors,
    pytest.mark.usefixtures("on_today"),
]


@pytest.fixture(scope="module", autouse=True)
def _staff_rows(keep: Callable[[Callable[[], object]], None]) -> None:
    keep(lambda: populate(1))


@pytest.fixture(autouse=True)
def _same_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a draw the same secret each time: its SHA-256 follows from it."""
    monkeypatch.setattr(draws, "token_hex", lambda size: "0" * 2 * size)


OURS = ("members", "certifications", "payments", "ccp", "notices", "audits", "sharing", "badges", "exports", "api")
OURS += ("account", "auth", "history", "desk", "reports", "privacy")
# Columns that each request makes again, and columns that a database counts on from after a
# rollback.
RANDOM = {"request_id", "message_id", "password", "token", "nonce", "digest", "previous", "history_id", "event_id"}
SENT_BY_HAND = {"submission_digest": "0" * 64, "csrfmiddlewaretoken": "x"}


def other_columns(taken: set[str], stranger: Member) -> dict[str, str]:
    """Return a value for every column of every table that is not a field of the form."""
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
    """Return every row of the portal, history too, without what is made again each time."""
    skipped = set(RANDOM)
    if connection.vendor == "postgresql":  # the sequences go on after a rollback
        skipped |= {"id", "activity_id", "certification_id", "cycle_id", "object_id"}
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in OURS and model is not Tally:  # each request counts
            names = [column.attname for column in model._meta.concrete_fields if column.attname not in skipped]
            found[model._meta.label] = sorted(repr(row) for row in model._base_manager.values_list(*names))
    return found


# They answer, send mail, or change what is left out above.
WRITES_NOTHING = {
    "account-activate",
    "account_reset_password",
    "account_signup",
    "activity-preview",
    "audit-attach",  # the same as the next
    "record-files",
    "evidence-add",  # no file is sent, because a file that is sent is taken whole or not at all
    "name-ask",  # the same
    "set_language",
    "credential-look-up",
    "ccp_heldcredit_match",  # nothing that is held can be matched here
    "transcript-check",
    "transcript-verify",
}
# Lists, imports, and forms that add a row: below, or the same form as the one that changes it.
NO_FORM_OF_THEIR_OWN = {
    "ccp_activity_void_several",
    # They make a secret, which is another each time: ``tests/ccp/api/test_admin.py``.
    "api_key_issue",
    "api_coursesystem_secret",
    # They need an entry whose points are to be set, and call a verb with the two fields that they show.
    "ccp_activity_points",
    "ccp_activity_points_several",
    "ccp_transcriptbatch_download",
    # They need a case in a state of its own, and call a verb with the fields that they show.
    *(name for name in DEEDS if name.startswith(("audits_auditcase_", "audits_statusproposal_"))),
    "audits_auditcase_item",
    "audits_draw_notify",
    "certifications_cycle_audit",
    "audits_printrun_download",
    "reports_listexport_download",
    # It needs a mailing that an error ended, and calls a verb without a field.
    "reports_mailing_go_on",
    # They need another member, and call a verb with the two fields that they show.
    "members_member_merge",
    "members_member_sign_in",
    # They need a record in a state of its own, and call a verb with the fields that they show.
    "ccp_activity_restore",
    "ccp_heldcredit_amt_id",
    "ccp_heldcredit_despite_name",
    "certifications_certification_award",
    "certifications_certification_probation_end",
    "certifications_certification_probation_extend",
    "certifications_certification_revoke",
    "certifications_certification_undo_revocation",
    "members_member_death_take_back",
    # They need a request that waits, and call a verb with the fields that they show.
    "members_member_access",
    "members_member_erasure",
    "members_member_legal_hold",
    *(name for name in DEEDS if name.startswith("privacy_")),
    # They ask the payment provider, and call a verb with the one field that they show.
    "certifications_payment_refund",
    "payments_unappliedmoney_refund",
}


def sent_from_the_same_state(send: Callable[[], Any]) -> tuple[dict[str, list[str]], int]:
    """Return the rows that the post leaves, and its status.

    All of it is undone.
    """
    with transaction.atomic():
        status = send().status_code
        left = rows()
        transaction.set_rollback(True)
    return left, status


def compare(client: Client, address: str, values: dict[str, Any], stranger: Member) -> bool:
    """Send the form without and with other columns: the rows that it leaves are the same.

    Return whether it changed any.
    """
    more = other_columns(set(values), stranger)
    assert len(more) > 60
    before, cookies = rows(), deepcopy(client.cookies)
    plain, status = sent_from_the_same_state(lambda: client.post(address, values))
    client.cookies = cookies  # as if nobody had signed out, or been told anything
    stuffed, same = sent_from_the_same_state(lambda: client.post(address, {**more, **values}))
    assert status == same in (200, 302, 400, 403, 404)
    for table, left in plain.items():
        assert stuffed[table] == left, table
    return plain != before


@pytest.mark.parametrize("name", MEMBERS)
def test_a_members_form_changes_only_what_it_offers(two: Member, stranger: Member, name: str) -> None:
    client, address, values = members_form(two, name)
    assert compare(client, address, values, stranger) == (name not in WRITES_NOTHING)


@pytest.mark.parametrize("name", STAFF)
def test_a_staff_form_changes_only_what_it_offers(met: Member, stranger: Member, name: str) -> None:
    client, address, values = staff_form(met, name)
    assert compare(client, address, values, stranger) == (name not in WRITES_NOTHING)


def test_every_form_of_the_portal_is_tried() -> None:
    """Pages that take posts: those of members and of staff, by name."""
    with_form = {f"{model}_change" for model, may in BY_HAND.items() if "change" in may}
    with_form.add("auth_group_change")  # which only superusers send
    with_form.add("members_member_notes")  # a page that is read, with a form
    assert STAFF.keys() == with_form | (DEEDS.keys() - NO_FORM_OF_THEIR_OWN)


def test_every_page_of_members_that_takes_a_post_is_tried(met: Member) -> None:
    client = client_of(met)
    pages = {name: of_owner(row[0], met) for name, row in PRIVATE.items()} | PUBLIC
    taking = {name for name, address in pages.items() if client.post(address).status_code != 405}
    # The Pay button is a form without a field.
    assert taking - {"account-activate-done", "invoice-pay"} <= MEMBERS.keys()
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

"""Every address that takes a post leaves a line of history, or is listed here with the reason.

A line says who, when (UTC), from what to what, from which address and in which request. Whoever
adds an address adds it to one of the tables.
"""

import fnmatch
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.test import Client, RequestFactory
from django.utils import timezone
from simple_history.models import HistoricalChanges
from time_machine import TimeMachineFixture

from amtportal.history import comparison
from amtportal.history.lines import Traced
from amtportal.history.models import SecurityEvent
from amtportal.history.triggers import append_only
from amtportal.members.models import (
    BouncingAddress,
    DeathReport,
    Member,
    NameRequest,
    Question,
    RosterDifference,
    User,
)
from ccp.api.models import Consent, CourseSystem, EventRepeat, Key
from ccp.audits.models import (
    Appeal,
    AuditCase,
    CaseStep,
    Conflict,
    Draw,
    Extension,
    ItemReview,
    Message,
    PrintRun,
    Replacement,
    StatusProposal,
)
from ccp.desk.models import Note, Viewing
from ccp.exports.models import Archive
from ccp.models import (
    Activity,
    ActivityType,
    CalendarFeed,
    Category,
    CategoryTerms,
    CourseLink,
    ErrorReport,
    Evidence,
    HeldCredit,
    Transcript,
    TranscriptBatch,
    TypeTerms,
)
from ccp.notices.models import Preference
from ccp.privacy.models import AccessRequest, ErasureRequest, LegalHold
from ccp.reports.figures.registry import REPORTS
from ccp.reports.lists.registry import LISTS, url_name
from ccp.reports.models import ListExport, Mailing, SavedFilter
from ccp.sharing.models import Listing, ShareLink
from certifications.models import (
    Certification,
    Credential,
    Cycle,
    CycleCorrection,
    Payment,
    Probation,
    RenewalInvoice,
    StatusChange,
)
from certifications.payments.models import Refund, Settlement, UnappliedMoney
from tests.support.addresses import PRIVATE, below, of_owner
from tests.support.builders import TODAY, client_of, cycle_of, make_user, noon
from tests.support.forms import MEMBERS, STAFF, form_on, members_form, staff_form
from tests.support.posts import POSTS, Post
from tests.support.staff import page, populate

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

GIVEN, SEEN = "0d5a7bf2-3c11-4c4e-9a52-9a7e7e1c2b1a", "203.0.113.9"
NOW = str(noon(TODAY).astimezone(UTC))

# Each address by its name: the table of its line, and one of the changes that the line reports.
LINES: dict[str, tuple[type[models.Model], str]] = {
    "activity-record": (Activity, "points: – → 2.00"),
    "activity-amend": (Activity, "points: 4.00 → 3.00"),
    "activity-withdraw": (Activity, f"withdrawn_at: – → {NOW}"),
    "activity-restore": (Activity, f"withdrawn_at: {NOW} → –"),
    "activity-difference": (Activity, "difference: – → Another day."),
    "activity-report": (ErrorReport, "text: – → Wrong day."),
    "evidence-add": (Evidence, "original_name: – → certificate.png"),
    "evidence-remove": (Evidence, f"removed_at: – → {NOW}"),
    "audit-attach": (Evidence, "original_name: – → certificate.png"),
    "audit-missing": (Message, "text: – → It was lost."),
    "audit-message": (Message, "text: – → A question."),
    "audit-extension": (Extension, "wanted_on: – → 2026-04-20"),
    "audit-submit": (CaseStep, "verb: – → submit"),
    "audit-appeal": (Appeal, "reason: – → It shows the date."),
    "calendar-detail": (CalendarFeed, f"created_at: – → {NOW}"),
    "course-systems": (Consent, f"given_at: – → {NOW}"),
    "my-data": (Archive, "language: – → en"),
    "sharing": (ShareLink, "label: – → for Mercy Hospital"),
    "notice-list": (Preference, "language: – → es"),
    "details-change": (Member, "phone: – → 847-555-0134"),
    "question-ask": (Question, "text: – → How many points are left?"),
    "name-ask": (NameRequest, "last_name: – → Lovelace"),
    "name-withdraw": (NameRequest, "state: waiting → withdrawn"),
    "notice-stop": (Preference, "nothing_recorded: – → True"),  # and the other kind is off
    "account_login": (SecurityEvent, "kind: – → signed-in"),
    "account_logout": (SecurityEvent, "kind: – → signed-out"),
    "account_change_password": (SecurityEvent, "kind: – → password-changed"),
    "account_set_password": (SecurityEvent, "kind: – → password-set"),
    "account_reset_password_from_key": (SecurityEvent, "kind: – → password-reset"),
    "account_reauthenticate": (SecurityEvent, "kind: – → confirmed"),
    "account_email": (SecurityEvent, "kind: – → address-asked"),
    "address-confirm": (SecurityEvent, "kind: – → address-changed"),
    "session-list": (SecurityEvent, "kind: – → sessions-ended"),
    "session-end": (SecurityEvent, "kind: – → sessions-ended"),
    "account_confirm_email": (EmailAddress, "verified: – → True"),
    "mfa_activate_totp": (Authenticator, "type: – → totp"),
    "mfa_deactivate_totp": (Authenticator, "type: totp → –"),
    "mfa_generate_recovery_codes": (Authenticator, "type: – → recovery_codes"),
    "mfa_add_webauthn": (Authenticator, "type: – → webauthn"),
    "mfa_edit_webauthn": (Authenticator, ""),  # the name of a passkey is stored with its key, which is never shown
    "mfa_remove_webauthn": (Authenticator, "type: webauthn → –"),
    "mfa_reauthenticate": (SecurityEvent, "kind: – → confirmed"),
    "mfa_reauthenticate_webauthn": (SecurityEvent, "kind: – → confirmed"),
    "mfa_authenticate": (SecurityEvent, "kind: – → signed-in"),
    "mfa_login_webauthn": (SecurityEvent, "kind: – → signed-in"),
    # Staff
    "api_coursesystem_address": (CourseSystem, "webhook_url: * → https://courses.example.org/new"),
    "api_event_again": (EventRepeat, "asked_by: – → *"),
    "api_key_revoke": (Key, f"revoked_at: – → {NOW}"),
    "audits_auditcase_call_off": (CaseStep, "verb: – → call-off"),
    "audits_auditcase_conflict": (Conflict, "what: – → A friend"),
    "audits_auditcase_decide": (CaseStep, "verb: – → decide-again"),
    "audits_auditcase_grant": (Extension, "granted_to: – → 2026-04-20"),
    "audits_auditcase_item": (ItemReview, "verdict: – → reject"),
    "audits_auditcase_message": (Message, "text: – → A question."),
    "audits_auditcase_more": (CaseStep, "verb: – → want-more"),
    "audits_auditcase_notify": (CaseStep, "verb: – → notify"),
    "audits_auditcase_refuse": (Extension, "answer: – → Because it is so."),
    "audits_auditcase_release": (CaseStep, "verb: – → release"),
    "audits_auditcase_take": (AuditCase, "first_reviewer: – → *"),
    "audits_draw_abandon": (Draw, "abandoned_reason: – → Because it is so."),
    "audits_draw_freeze": (Draw, "year: – → 2025"),
    "audits_draw_notify": (CaseStep, "verb: – → notify"),
    "audits_draw_letters": (PrintRun, "asked_by: – → *"),
    "audits_letter_changelist": (PrintRun, "asked_by: – → *"),
    "audits_draw_seed": (Draw, "seed: – → 3 1 4"),
    "audits_drawticket_replace": (Replacement, "reason: – → Because it is so."),
    "audits_statusproposal_confirm": (StatusProposal, "state: open → confirmed"),
    "audits_statusproposal_decline": (StatusProposal, "answer: – → Because it is so."),
    "auth_group_add": (Group, "name: – → Desk"),
    "auth_group_change": (Group, "name: Desk → Another"),
    "auth_group_delete": (Group, "name: Desk → –"),
    "ccp_activity_points": (Activity, "points: – → 4.00"),
    "ccp_activity_points_several": (Activity, "points: – → 4.00"),
    "ccp_activity_restore": (Activity, f"withdrawn_at: {NOW} → –"),
    "ccp_activity_void": (Activity, "void_reason: – → Because it is so."),
    "ccp_activity_void_several": (Activity, "void_reason: – → Because it is so."),
    "ccp_activity_process_import": (Activity, "provider_reference: – → X-1"),
    "ccp_activitytype_add": (ActivityType, "code: – → language-course"),
    "ccp_activitytype_change": (ActivityType, "name: Self-study or journal quiz → Another"),
    "ccp_activitytype_terms": (TypeTerms, "cap: – → 7.00"),
    "ccp_category_add": (Category, "code: – → service"),
    "ccp_category_change": (Category, "name: Professional Education → Another"),
    "ccp_category_terms": (CategoryTerms, "cap: – → 7.00"),
    "ccp_courselink_add": (CourseLink, "title: – → Courses"),
    "ccp_courselink_change": (CourseLink, "title: AMT courses → Another"),
    "ccp_errorreport_answer": (ErrorReport, "answer: – → It is so."),
    "ccp_heldcredit_delete": (HeldCredit, "provider_reference: W-1 → –"),
    "ccp_heldcredit_amt_id": (HeldCredit, "amt_id: 7009999 → 7001"),
    "ccp_heldcredit_despite_name": (HeldCredit, "name_confirmed: False → True"),
    "ccp_heldcredit_match": (Activity, "provider_reference: – → W-1"),
    "ccp_heldcredit_process_import": (HeldCredit, "provider_reference: – → W-1"),
    "certifications_certification_add": (Certification, "certificate_number: – → 555"),
    "certifications_certification_change": (Certification, "certificate_number: * → 777"),
    "certifications_certification_process_import": (Certification, "certificate_number: – → 500123"),
    "certifications_certification_award": (Cycle, "starts_on: 2023-05-01 → 2023-05-02"),
    "certifications_certification_probation": (Probation, "ends_on: – → 2026-09-30"),
    "certifications_certification_probation_end": (Probation, "end_reason: – → Because it is so."),
    "certifications_certification_probation_extend": (Probation, "ends_on: 2026-09-30 → 2026-10-31"),
    "certifications_certification_revoke": (StatusChange, "after: – → revoked"),
    "certifications_certification_undo_revocation": (StatusChange, "after: – → active"),
    "certifications_certification_status": (Certification, "status: active → retired"),
    "certifications_credential_add": (Credential, "code: – → NEW"),
    "certifications_credential_change": (Credential, "name: Registered Medical Assistant → Another"),
    "certifications_credential_delete": (Credential, "code: MDT → –"),
    "certifications_credential_rename": (Credential, "code: RMA → RMX"),
    "certifications_cycle_changelist": (TranscriptBatch, "asked_by: – → *"),
    "certifications_cycle_audit": (AuditCase, "cause: – → Because it is so."),
    "certifications_cycle_correct": (CycleCorrection, "points: – → 31.00"),
    "certifications_cycle_extend": (Cycle, "grace_extended_to: – → 2026-09-30"),
    "certifications_payment_process_import": (Payment, "reference: – → 77"),
    "certifications_payment_refund": (Refund, "reason: – → Because it is so."),
    "certifications_payment_reverse": (Payment, f"reversed_at: – → {NOW}"),
    "certifications_renewalinvoice_anew": (RenewalInvoice, "status: – → issued"),
    "certifications_renewalinvoice_ask": (RenewalInvoice, "status: * → issued"),
    "certifications_renewalinvoice_pay": (Payment, "reference: – → 7"),
    "certifications_renewalinvoice_void": (RenewalInvoice, "status: issued → void"),
    "members_member_add": (Member, "amt_id: – → 777"),
    "members_member_change": (Member, "city: – → Rosemont"),
    "members_bouncingaddress_clear": (BouncingAddress, f"cleared_at: – → {NOW}"),
    "members_namerequest_accept": (Member, "last_name: Lane → Lovelace"),
    "members_namerequest_decline": (NameRequest, "answer: – → It is not readable."),
    "members_question_answer": (Question, "answer: – → Two are left."),
    "members_rosterdifference_follow": (Member, "phone: – → 847-555-0100"),
    "members_rosterdifference_keep": (RosterDifference, "waits_since: * → –"),
    "members_member_death": (DeathReport, "died_on: – → 2026-03-02"),
    "members_member_death_take_back": (DeathReport, "taken_back_reason: – → Because it is so."),
    "members_member_access": (AccessRequest, "asked_by: – → lawyer"),
    "members_member_erasure": (ErasureRequest, "proof: – → notary"),
    "members_member_legal_hold": (LegalHold, "reason: – → Because it is so."),
    "privacy_accessrequest_answer": (AccessRequest, "answer: – → Nobody proved it."),
    "privacy_erasurerequest_decline": (ErasureRequest, "answer: – → Because it is so."),
    "members_member_hide": (Listing, "hidden_by_staff: – → True"),
    "members_member_notes": (Note, "text: – → Called about the invoice."),
    "members_member_viewing": (Viewing, "reason: – → Because it is so."),
    "members_member_rekey": (Member, "amt_id: * → 888"),
    "members_member_merge": (Member, "merged_into: – → *"),
    "members_member_sign_in": (User, "email: – → new@example.org"),
    "members_user_add": (User, "email: – → new@amt.example"),
    "members_user_change": (User, "email: * → new@example.org"),
    "mfa_authenticator_delete": (Authenticator, "type: webauthn → –"),
    "reports_at_risk_filters": (SavedFilter, "name: – → This month"),
    "reports_not_activated_export": (ListExport, "file_format: – → csv"),
    "reports_not_activated_mail": (Mailing, "subject_en: – → Hours"),
    "reports_mailing_go_on": (Mailing, ""),  # how far it is is no decision
    "reports_mailing_stop": (Mailing, f"stopped_at: – → {NOW}"),
    "payments_refund_explain": (Refund, "explanation: – → Because it is so."),
    "payments_settlement_explain": (Settlement, "explanation: – → Because it is so."),
    "payments_unappliedmoney_apply": (Payment, "method: – → card-online"),
    "payments_unappliedmoney_explain": (UnappliedMoney, "explanation: – → Because it is so."),
    "payments_unappliedmoney_refund": (Refund, "reason: – → Because it is so."),
}
# These take a post and change nothing of the record.
NOTHING = {
    "activity-preview": "shows what an entry would count for",
    "credential-look-up": "tells what is asked",
    "record-files": "lets files wait for a form that is not submitted yet",
    "password-strength": "says how strong a password is",
    "transcript-check": "compares a code or a file with what was issued",
    "transcript-verify": "compares a file with what was issued",
    "set_language": "sets a cookie",
    "account-activate": "sends a mail to the address on record",
    "account_reset_password": "sends a mail to the address on record",
    "account_signup": "is closed",
    "account_confirm_login_code": "codes by mail are not in use",
    # Staff
    "ccp_activity_changelist": "leads to the page on which the chosen entries are voided",
    "ccp_activity_import": "shows what a file would do",
    "certifications_payment_import": "shows what a file would do",
    "ccp_heldcredit_import": "shows what a file would do",
    "privacy_accessrequest_download": "is there to be read; who read it is on record once there is a file",
    "ccp_transcriptbatch_download": "is there to be read",
    "certifications_certification_import": "shows what a file would do",
    "login": "leads to the sign-in",
    "logout": "is the sign-out of ``account_logout``",
    "search": "is there to be read",
    "viewing_end": "ends what its session remembers; that it began is on record",
    **{f"members_member_{tab}": "is there to be read" for tab in ("entries", "money", "mail", "audits", "changes")},
    "password_change": "leads to ``account_change_password``",
    "audits_auditcase_file": "is there to be read",
    "audits_draw_figures": "is there to be read",
    "audits_draw_figures_csv": "is there to be read",
    "audits_letter_download": "is there to be read",
    "audits_printrun_download": "is there to be read",
    "payments_settlement_csv": "is there to be read",
    "members_namerequest_document": "is there to be read",
    "members_outgoingmail_sample": "is there to be read",
    "members_outgoingmail_samples": "is there to be read",
    "certifications_payment_till": "is there to be read",
    "payments_unappliedmoney_look": "is there to be read",
    "reports_listexport_download": "is there to be read",
    "reports_index": "is there to be read",
    "reports_count": "counts what is on record",
    **{f"reports_{name}": "is there to be read" for name in REPORTS},
    **{f"reports_{name}_csv": "is there to be read" for name in REPORTS},
    **{url_name(name): "is there to be read" for name in LISTS},
    "view_on_site": "is not in use",
    **dict.fromkeys(["index", "app_list", "autocomplete", "jsi18n", "password_change_done"], "is there to be read"),
    "": "leads to another address",
}
# These leave more than one line, of the member and of the portal itself:
# ``tests/certifications/payments/test_checkout.py``, ``tests/ccp/erasure/``.
SEVERAL = {"invoice-pay", "payment-webhook", "privacy_accessrequest_archive", "privacy_erasurerequest_confirm"}
# Those of course systems, which have no session: ``tests/ccp/api/``.
OF_SYSTEMS = {"api-token", "api-credits", "api-credits-batch", "api-consent"}
# These answer with a secret that is shown once: ``tests/ccp/api/test_admin.py``.
SHOWN_ONCE = {"api_key_issue", "api_coursesystem_secret"}
# The same views as those of the tables, of another list.
OF_LISTS = {f"{url_name(name)}_{action}" for name in LISTS for action in ("export", "filters", "mail")}


def lines_of(request_id: str) -> list[Any]:
    """Return every line that was written in a request."""
    traced = [model for model in append_only() if issubclass(model, Traced)]
    return [line for model in traced for line in model._base_manager.filter(request_id=request_id)]


def row_of(line: Any) -> tuple[Any, int]:
    """Return the row that a line is about."""
    return (line.instance_type, line.id) if isinstance(line, HistoricalChanges) else (type(line), line.pk)


def values(line: Any) -> dict[str, str]:
    """Return the columns of the row as the line has them, with – where there is nothing."""
    fields = line.tracked_fields if isinstance(line, HistoricalChanges) else line._meta.concrete_fields
    return {field.name: str(getattr(line, field.attname) or "–") for field in fields if field.name != "id"}


def line_before(line: Any) -> Any:
    """Return the latest line of the row before this one.

    The clock stands still here, so the library would look for an earlier time.
    """
    earlier = type(line).objects.filter(id=line.id, history_id__lt=line.history_id)
    return earlier.order_by("-history_id")[0]


def changes(line: Any) -> set[str]:
    """Return ``points: 4.00 → 3.00`` for each column."""
    now, kind = values(line), getattr(line, "history_type", "+")
    nothing = dict.fromkeys(now, "–")
    before = {"+": nothing, "-": now}.get(kind) or values(line_before(line))
    after = nothing if kind == "-" else now
    return {f"{name}: {before[name]} → {after[name]}" for name in now if before[name] != after[name]}


def signed_in(client: Client) -> User | None:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def assert_line(name: str, post: Post) -> None:
    """One line of the named table reports the change.

    No row has two lines, each line has the request, the person and the time, and the row looks like
    its last line.
    """
    who = signed_in(post.client)
    headers = {"X-Request-ID": GIVEN, "X-Forwarded-For": SEEN}
    answer = post.client.post(post.address, post.values, headers=headers)
    assert answer.status_code == 302, answer.text
    table, change = LINES[name]
    lines = lines_of(GIVEN)
    told = [changes(line) for line in lines if row_of(line)[0] is table]
    assert len([each for each in told if fnmatch.filter(each, change) or not (change or each)]) == 1, told
    assert len({row_of(line) for line in lines}) == len(lines), "a row has two lines"
    # Somebody whom the post signs in had not signed in yet when the first lines were written.
    known = {who, who or signed_in(post.client)}
    for model, key in map(row_of, lines):
        if hasattr(model, "history_of"):
            assert list(comparison.compare_rows(model, [key], comparison.ComparisonTally())) == []
    for line in lines:
        assert (line.address, line.request_id) == (SEEN, GIVEN)
        if isinstance(line, HistoricalChanges):
            assert line.history_user in known
            assert line.history_date == timezone.now()
            assert line.history_date.utcoffset() == timedelta(0)
        elif isinstance(line, SecurityEvent):
            assert line.user is not None
            assert line.at == timezone.now()


@pytest.fixture(scope="module", autouse=True)
def _staff_rows(keep: Callable[[Callable[[], object]], None]) -> None:
    keep(lambda: populate(1))


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings: Any, tmp_path: Any) -> None:
    settings.TRUST_PROXY, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, 1
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", sorted(MEMBERS.keys() - NOTHING.keys() - POSTS.keys()))
def test_a_members_form_leaves_its_line(two: Member, name: str) -> None:
    assert_line(name, Post(*members_form(two, name)))


@pytest.mark.parametrize("name", sorted(STAFF.keys() - NOTHING.keys() - POSTS.keys()))
def test_a_staff_form_leaves_its_line(met: Member, name: str) -> None:
    assert_line(name, Post(*staff_form(met, name)))


@pytest.mark.parametrize("name", sorted(POSTS.keys() - SEVERAL))
def test_any_other_post_leaves_its_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_line(name, POSTS[name](monkeypatch))


def test_every_line_of_the_table_was_tried() -> None:
    assert LINES.keys() | NOTHING.keys() <= set(below("").values()), "an address is gone"
    assert LINES.keys() == (MEMBERS.keys() | STAFF.keys() | POSTS.keys()) - NOTHING.keys() - SEVERAL


# That nothing is left out


def test_what_is_in_neither_table_takes_no_post(met: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test covers all addresses except those of the admin."""
    known = LINES.keys() | NOTHING.keys() | SEVERAL | OF_SYSTEMS
    # Ada has second factors, and has just given her password.
    ada = POSTS["mfa_generate_recovery_codes"](monkeypatch).client
    for route, name in below("").items():
        if name in known or route.startswith("admin/"):
            continue
        address = of_owner(PRIVATE[name][0], met) if name in PRIVATE else _filled(f"/{route}")
        client = ada if route.startswith("accounts/") else client_of(met)
        assert client.post(address).status_code == 405, f"{name} takes a post: add it to a table"


def _filled(address: str) -> str:
    """Return the address of a public page with something for what it names."""
    filled = {"<slug:token>": "x", "<str:token>": "x", "<str:name>": "frozen.txt", "<slug:name>": "enter-ce"}
    filled |= {"<amt_id>": "7", "<path:reference>": "R-1"}
    filled |= {"<int:year>": "2025", "<int:number>": "1"}
    for name, value in filled.items():
        address = address.replace(name, value)
    return address


def test_every_staff_page_that_writes_leaves_its_line() -> None:
    """The admin itself is asked for its addresses.

    They are what a superuser may add, change and delete by hand, deeds, imports and actions.
    """
    request = RequestFactory().get("/")
    request.user = make_user(is_staff=True, is_superuser=True)
    pages, writing, acting = set(), set(), set()
    for model, shown in admin.site._registry.items():
        stem = model._meta.label_lower.replace(".", "_")
        pages |= {f"{stem}_{kind}" for kind in ("changelist", "history", "add", "change", "delete")}
        may = {
            "add": shown.has_add_permission(request),
            "change": shown.has_change_permission(request),
            "delete": shown.has_delete_permission(request),
        }
        writing |= {f"{stem}_{kind}" for kind, allowed in may.items() if allowed}
        acting |= {stem} if shown.get_actions(request) else set()
        assert not shown.list_editable
    assert acting == {"audits_letter", "ccp_activity", "certifications_cycle"}
    assert writing <= LINES.keys()
    assert set(below("admin/").values()) - pages <= LINES.keys() | NOTHING.keys() | OF_LISTS | SHOWN_ONCE | SEVERAL


# What a page writes that is only read


@pytest.mark.parametrize("name", ["transcript-pdf", "transcript-history-pdf"])
def test_a_transcript_that_is_issued_says_to_whom_and_in_which_request(met: Member, name: str) -> None:
    client = client_of(met)
    headers = {"X-Request-ID": GIVEN, "X-Forwarded-For": SEEN}
    assert client.get(of_owner(PRIVATE[name][0], met), headers=headers).status_code == 200
    issue = Transcript.objects.get()
    assert (issue.request_id, issue.address, issue.issued_by) == (GIVEN, SEEN, met.user)


def test_a_cycle_that_a_page_closes_has_its_line(short: Member, on_today: TimeMachineFixture) -> None:
    cycle = cycle_of(short, "RPT")
    on_today.move_to(noon(cycle.ends_on + timedelta(days=120)))
    client_of(short).get("/certifications/", headers={"X-Request-ID": GIVEN, "X-Forwarded-For": SEEN})
    lines = [line for line in lines_of(GIVEN) if row_of(line) == (Cycle, cycle.pk)]
    assert len(lines) == 1
    assert lines[0].closed_on


# Groups


def test_a_group_and_what_it_may_do_are_one_line() -> None:
    """Django saves the permissions after the group."""
    group = Group.objects.create(name="Desk")
    client = client_of(make_user(is_staff=True, is_superuser=True))
    address = page(Group, "change", group.pk)
    chosen = Permission.objects.get(codename="view_activity")
    shown = form_on(client, address)
    client.post(address, shown | {"name": "Night shift", "permissions": [str(chosen.pk)]})
    newest, first = group.history.order_by("-history_id")
    delta = newest.diff_against(first)
    assert delta.changed_fields == ["name", "permissions"]
    assert [row.permission for row in newest.permissions.all()] == [chosen]
    assert "Night shift" in client.get(page(Group, "history", group.pk)).text


def test_what_an_account_may_do_is_one_line_too() -> None:
    user = make_user(email="kim@amt.example", is_staff=True)
    client = client_of(make_user(is_staff=True, is_superuser=True))
    address, before = page(User, "change", user.pk), user.history.count()
    desk = Group.objects.create(name="Desk")
    client.post(address, form_on(client, address) | {"groups": [str(desk.pk)], "is_staff": "on"})
    assert list(user.groups.all()) == [desk]
    assert user.history.count() == before + 1
    assert [row.group for row in user.history.first().groups.all()] == [desk]

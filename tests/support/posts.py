"""Posts that change something, prepared up to the moment of sending.

Each has the browser, the address and what the browser sends. Forms of members and of staff that
have a page are prepared in ``tests.amtportal.pages.test_mass_assignment``. All other posts are
here.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple
from unittest.mock import Mock
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from amtportal.members.models import Member, User
from ccp.amt_credits import holding as held_credits
from ccp.audits.models import AuditCase, Conflict, Draw, Extension, Letter, StatusProposal
from ccp.models import Activity, ActivityType, Category, CourseLink, HeldCredit
from ccp.privacy.models import AccessRequest, ErasureRequest
from ccp.recording import verbs as recording
from ccp.reports.lists import registry
from ccp.reports.models import ListName, Mailing
from certifications import deaths, probations, revocations
from certifications.models import Certification, Credential, Cycle, Payment, RenewalInvoice
from certifications.payments.models import UnappliedMoney
from certifications.payments.provider import ProviderAway
from tests.support.audits import case_on_record, letter_on_record
from tests.support.builders import (
    PASSWORD,
    TODAY,
    client_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_user,
    noon,
)
from tests.support.draws import enter_seed, freeze, make_closed
from tests.support.evidence import picture, sent
from tests.support.factors import code, confirm, give_app
from tests.support.forms import NEW_PASSWORD, form_on
from tests.support.mail import links_of
from tests.support.pages import read
from tests.support.staff import BY_LAW, page

CYCLE_BEGAN = date(2023, 5, 1)
SECOND = "/accounts/2fa/"
APP = f"{SECOND}totp/activate/"
NEW = {"password1": NEW_PASSWORD["password1"]}
UPLOAD = {"format": "0", "resource": "0"}
ROSTER = b"""amt_id,email,first_name,last_name,credential,certificate_number,awarded_on
7001,zoe@example.org,Zoe,Lane,RMA,500123,2024-05-01
"""
CREDITS = b"""provider_reference,amt_id,activity_type,title,starts_on,ends_on,points
W-1,7009999,course-seminar-webinar,Safe phlebotomy,2026-03-01,2026-03-02,2.5
"""


class Post(NamedTuple):
    client: Client
    address: str
    values: dict[str, Any]


def make_ada() -> User:
    """Return a member whose account is activated."""
    user = make_user(email="ada@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_cycle(make_member(user=user))
    return user


def _as_ada(*, app: bool = False) -> tuple[User, Client]:
    """Return Ada's browser, just after she gave the password again."""
    ada = make_ada()
    if app:
        give_app(ada)
    client = client_of(ada)
    confirm(client, PASSWORD)
    return ada, client


def _root() -> Client:
    return client_of(make_user(email="root@amt.example", is_staff=True, is_superuser=True))


# Posts of an account.


def set_up_app(patch: pytest.MonkeyPatch) -> Post:
    _, client = _as_ada()
    shown = read(client.get(APP)).select_one("[data-name=app-key]")
    return Post(client, APP, {"code": code(shown.get_text(strip=True).replace(" ", ""))})


def remove_app(patch: pytest.MonkeyPatch) -> Post:
    return Post(_as_ada(app=True)[1], f"{SECOND}totp/deactivate/", {})


def new_recovery_codes(patch: pytest.MonkeyPatch) -> Post:
    return Post(_as_ada(app=True)[1], f"{SECOND}recovery-codes/generate/", {})


def give_second_factor(patch: pytest.MonkeyPatch) -> Post:
    ada = make_ada()
    give_app(ada)
    client = Client()
    client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD})
    return Post(client, f"{SECOND}authenticate/", {"code": code()})


def _with_passkey(user: User) -> Authenticator:
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": "Phone", "credential": {}})


def add_passkey(patch: pytest.MonkeyPatch) -> Post:
    """Answer as if the browser had asked a device whose answer is sound."""
    for step in ("parse_registration_response", "complete_registration"):
        patch.setattr(auth, step, Mock())
    return Post(_as_ada()[1], f"{SECOND}webauthn/add/", {"name": "Phone", "credential": '{"id": "1"}'})


def sign_in_by_passkey(patch: pytest.MonkeyPatch) -> Post:
    passkey = _with_passkey(make_ada())
    patch.setattr(auth, "parse_authentication_response", Mock())
    patch.setattr(auth, "extract_user_from_response", Mock(return_value=passkey.user))
    patch.setattr(auth, "complete_authentication", Mock(return_value=passkey))
    return Post(Client(), f"{SECOND}webauthn/login/", {"credential": '{"id": "1"}'})


def confirm_by_code(patch: pytest.MonkeyPatch) -> Post:
    ada = make_ada()
    give_app(ada)
    return Post(client_of(ada), f"{SECOND}reauthenticate/", {"code": code()})


def confirm_by_passkey(patch: pytest.MonkeyPatch) -> Post:
    passkey = _with_passkey(make_ada())
    patch.setattr(auth, "parse_authentication_response", Mock())
    patch.setattr(auth, "complete_authentication", Mock(return_value=passkey))
    return Post(client_of(passkey.user), f"{SECOND}webauthn/reauthenticate/", {"credential": '{"id": "1"}'})


def rename_passkey(patch: pytest.MonkeyPatch) -> Post:
    ada, client = _as_ada()
    return Post(client, f"{SECOND}webauthn/keys/{_with_passkey(ada).pk}/edit/", {"name": "Old phone"})


def remove_passkey(patch: pytest.MonkeyPatch) -> Post:
    ada, client = _as_ada()
    return Post(client, f"{SECOND}webauthn/keys/{_with_passkey(ada).pk}/remove/", {})


def confirm_address(patch: pytest.MonkeyPatch) -> Post:
    ada = make_ada()
    address = EmailAddress.objects.get(user=ada)
    address.verified = False
    address.save()
    key = EmailConfirmationHMAC(address).key
    return Post(Client(), f"/accounts/confirm-email/{key}/", {})


def set_first_password(patch: pytest.MonkeyPatch) -> Post:
    return Post(client_of(make_member()), "/accounts/password/set/", NEW)


def reset_password(patch: pytest.MonkeyPatch) -> Post:
    client = Client()
    client.post("/accounts/password/reset/", {"email": make_ada().email})
    (link,) = links_of(mail.outbox[0])
    opened = client.get(link, follow=True)
    return Post(client, opened.request["PATH_INFO"], NEW)


# Posts of members.


def attach_file(patch: pytest.MonkeyPatch) -> Post:
    member = make_member()
    entry = make_activity(make_cycle(member))
    address = f"/ccp/activities/{entry.pk}/evidence/"
    return Post(client_of(member), address, {"file": sent(picture("PNG"), "certificate.png")})


def ask_for_name(patch: pytest.MonkeyPatch) -> Post:
    values = {"first_name": "Ada", "last_name": "Lovelace", "reason": "marriage"}
    values["document"] = sent(picture("PNG"), "certificate.png")
    return Post(client_of(make_member()), "/account/details/name/", values)


def attach_file_in_audit(patch: pytest.MonkeyPatch) -> Post:
    cycle = make_cycle()
    address = f"/audits/{case_on_record(cycle).pk}/entries/{make_activity(cycle).pk}/files/"
    return Post(client_of(cycle.certification.member), address, {"file": sent(picture("PNG"), "certificate.png")})


# Posts of staff.


def adding(model: Any, **typed: Any) -> Callable[[pytest.MonkeyPatch], Post]:
    """Return what prepares the post of the page that adds a row, with this typed into it.

    If a value is a function, it is called when the value is needed.
    """

    def prepared(patch: pytest.MonkeyPatch) -> Post:
        client, address = _root(), page(model, "add")
        given = {name: value() if callable(value) else value for name, value in typed.items()}
        return Post(client, address, form_on(client, address) | given)

    return prepared


def deleting(model: Any, row: Callable[[], Any]) -> Callable[[pytest.MonkeyPatch], Post]:
    return lambda patch: Post(_root(), page(model, "delete", row().pk), {"post": "yes"})


def _held() -> HeldCredit:
    received = [held_credits.Received("W-1", "7009999", make_claim())]
    held_credits.receive(credits=received, by=None, at=noon(TODAY))
    return HeldCredit.objects.get(amt_id="7009999")


def correct_held(patch: pytest.MonkeyPatch) -> Post:
    held = _held()
    make_cycle(make_member(amt_id="7001"))
    root, address, typed = _root(), page(HeldCredit, "amt_id", held.pk), {**REASON, "amt_id": "7001"}
    field = read(root.post(address, typed)).main.select_one("input[name=seen]")
    assert field
    return Post(root, address, {**typed, "seen": field["value"]})


def record_despite_name(patch: pytest.MonkeyPatch) -> Post:
    make_cycle(make_member(amt_id="7009999"))
    held_credits.receive(
        credits=[held_credits.Received("W-1", "7009999", make_claim(), "Somebody")], by=None, at=noon(TODAY)
    )
    return Post(_root(), page(HeldCredit, "despite_name", HeldCredit.objects.get(amt_id="7009999").pk), REASON)


def match_held(patch: pytest.MonkeyPatch) -> Post:
    _held()
    make_cycle(make_member(amt_id="7009999"))
    return Post(_root(), page(HeldCredit, "match"), {})


def merge_members(patch: pytest.MonkeyPatch) -> Post:
    make_cycle(make_member(amt_id="888"))
    typed = {"amt_id": "888", "shown": "888", "reason": "One person."}
    return Post(_root(), page(Member, "merge", make_member().pk), typed)


def give_sign_in(patch: pytest.MonkeyPatch) -> Post:
    member = make_member()
    Member.objects.filter(pk=member.pk).update(user=None)
    return Post(_root(), page(Member, "sign_in", member.pk), {"email": "new@example.org", "reason": "On the phone."})


def void_several(patch: pytest.MonkeyPatch) -> Post:
    entry = make_activity(make_cycle(make_member()))
    return Post(_root(), f"{page(Activity, 'void_several')}?ids={entry.pk}", {"reason": "Because it is so."})


def export_list(patch: pytest.MonkeyPatch) -> Post:
    return Post(_root(), registry.address(ListName.NOT_ACTIVATED, "export"), {"query": "", "format": "csv"})


def save_filter(patch: pytest.MonkeyPatch) -> Post:
    address = registry.address(ListName.AT_RISK, "filters")
    return Post(_root(), address, {"query": "days=30", "name": "This month"})


def mail_list(patch: pytest.MonkeyPatch) -> Post:
    make_cycle(make_member())
    client, address = _root(), registry.address(ListName.NOT_ACTIVATED, "mail")
    typed = {"sort": "duty", "subject_en": "Hours", "text_en": "Until 6."}
    seen = form_on(client, address, posted=form_on(client, address) | typed)
    return Post(client, address, seen | {"send": "Send"})


def go_on_with_mailing(patch: pytest.MonkeyPatch) -> Post:
    root = make_user(email="root@amt.example", is_staff=True, is_superuser=True)
    mailing = Mailing.objects.create(
        submission_id=uuid4(), list_name="at-risk", sort="duty", subject_en="Hours", text_en="Until 6.",
        asked_by=root, asked_at=noon(TODAY), finished_at=noon(TODAY), failures=[[0, "The work has stopped."]],
    )  # fmt: skip
    return Post(client_of(root), page(Mailing, "go_on", mailing.pk), {})


def set_points(patch: pytest.MonkeyPatch) -> Post:
    entry = make_activity(make_cycle(make_member()), kind="journal-article", points=None)
    client, address = _root(), page(Activity, "points", entry.pk)
    typed = {"points": "4", "reason": "Because it is so.", "revision": "1"}
    return Post(client, address, form_on(client, address, posted=typed))


def set_points_of_several(patch: pytest.MonkeyPatch) -> Post:
    entry = make_activity(make_cycle(make_member()), kind="journal-article", points=None)
    address = f"{page(Activity, 'points_several')}?ids={entry.pk}-{entry.revision}"
    return Post(_root(), address, {"points": "4", "reason": "Because it is so."})


def import_activities(patch: pytest.MonkeyPatch) -> Post:
    make_cycle(make_member(amt_id="7009999"))
    header = "reference,amt_id,activity_type,starts_on,points"
    return importing(Activity, f"{header}\nX-1,7009999,self-study,2025-06-01,2".encode())(patch)


def import_payments(patch: pytest.MonkeyPatch) -> Post:
    invoice = invoice_of(make_cycle(make_member()), year=1)
    row = f"{invoice.number},{invoice.amount / 100:.2f},check,77,2026-03-13"
    return importing(Payment, f"invoice,amount,method,reference,received_on\n{row}".encode())(patch)


def importing(model: Any, content: bytes) -> Callable[[pytest.MonkeyPatch], Post]:
    """Return what prepares the post that confirms a file, which was uploaded and shown."""

    def prepared(patch: pytest.MonkeyPatch) -> Post:
        client = _root()
        shown = client.post(page(model, "import"), {"import_file": SimpleUploadedFile("rows.csv", content), **UPLOAD})
        address = page(model, "process_import")
        form = BeautifulSoup(shown.text, "html.parser").select_one(f'form[action="{address}"]')
        assert form is not None
        return Post(client, address, {found["name"]: found["value"] for found in form.select("input[name]")})

    return prepared


def _refunding(monkeypatch: pytest.MonkeyPatch, money: Payment | UnappliedMoney) -> Post:
    """The provider does not answer. Its answer would write a second line of the refund."""
    monkeypatch.setattr("certifications.payments.provider.refund", Mock(side_effect=ProviderAway))
    return Post(_root(), page(type(money), "refund", money.pk), {"reason": "Because it is so."})


def refund_payment(monkeypatch: pytest.MonkeyPatch) -> Post:
    invoice = invoice_of(make_cycle(make_member()), year=1)
    RenewalInvoice.objects.filter(pk=invoice.pk).update(status="paid")
    values = {"method": "card-online", "charge_id": "ch_1", "received_on": TODAY, "recorded_at": noon(TODAY)}
    payment = Payment.objects.create(invoice=invoice, amount=invoice.amount, **values)
    return _refunding(monkeypatch, payment)


def refund_unapplied(monkeypatch: pytest.MonkeyPatch) -> Post:
    values = {"charge_id": "ch_1", "amount": 5000, "currency": "usd", "cause": "unknown", "received_at": noon(TODAY)}
    return _refunding(monkeypatch, UnappliedMoney.objects.create(**values))


def issue_transcripts(patch: pytest.MonkeyPatch) -> Post:
    chosen = {"action": "issue_transcripts", "_selected_action": str(make_cycle().pk)}
    return Post(_root(), page(Cycle), chosen)


REASON = {"reason": "Because it is so."}
REVIEWED = {"frozen_at": noon(TODAY)}


def auditing(
    name: str, state: str, values: dict[str, str], *, part: str = "", entry: bool = False, **columns: Any
) -> Callable[[pytest.MonkeyPatch], Post]:
    """Return what prepares a post in a case in this state. ``part``: in which the one who posts has it."""

    def prepared(patch: pytest.MonkeyPatch) -> Post:
        cycle = make_cycle()
        more = [make_activity(cycle).pk] if entry else []
        root = make_user(email="root@amt.example", is_staff=True, is_superuser=True)
        case = case_on_record(cycle)
        AuditCase.objects.filter(pk=case.pk).update(state=state, **columns, **({part: root} if part else {}))
        if state == "extension-asked":
            asked = {"asked_at": noon(TODAY), "asked_by": cycle.certification.member.user}
            day = case.due_on + timedelta(days=7)
            Extension.objects.create(case=case, wanted_on=day, reason="I am ill.", was_due_on=case.due_on, **asked)
        return Post(client_of(root), page(AuditCase, name, case.pk, *more), values)

    return prepared


def auditing_after_the_question(patch: pytest.MonkeyPatch) -> Post:
    post = auditing("take", "submitted", {}, **REVIEWED)(patch)
    case, root = AuditCase.objects.latest("pk"), User.objects.get(email="root@amt.example")
    Conflict.objects.create(case=case, reviewer=root, has_conflict=False, answered_at=noon(TODAY))
    return post


def answering(name: str, values: dict[str, str]) -> Callable[[pytest.MonkeyPatch], Post]:
    """Return what prepares the answer to the status that an audit proposes."""

    def prepared(patch: pytest.MonkeyPatch) -> Post:
        case = case_on_record(make_cycle())
        AuditCase.objects.filter(pk=case.pk).update(outcome="failed", points=0)
        proposal = StatusProposal.objects.create(case=case, proposed_at=noon(TODAY))
        return Post(_root(), page(StatusProposal, name, proposal.pk), values)

    return prepared


def audit_for_cause(patch: pytest.MonkeyPatch) -> Post:
    return Post(_root(), page(Cycle, "audit", make_closed().pk), REASON)


def notify_drawn(patch: pytest.MonkeyPatch) -> Post:
    make_closed()
    return Post(_root(), page(Draw, "notify", enter_seed(freeze()).pk), {})


def print_letters(patch: pytest.MonkeyPatch) -> Post:
    letter = letter_on_record(case_on_record(make_cycle()))
    return Post(_root(), page(Letter), {"action": "print_chosen", "_selected_action": str(letter.pk)})


def correct_award(patch: pytest.MonkeyPatch) -> Post:
    cycle = make_cycle()
    make_activity(cycle, starts_on=CYCLE_BEGAN)
    address = page(Certification, "award", cycle.certification_id)
    typed = {**REASON, "awarded_on": "2023-05-02"}
    root = _root()
    field = read(root.post(address, typed)).main.select_one("input[name=seen]")
    assert field
    return Post(root, address, {**typed, "seen": field["value"]})


def revoke_certification(patch: pytest.MonkeyPatch) -> Post:
    held = make_cycle().certification
    values = {**REASON, "effective_on": "2026-03-14", "confirmation": held.certificate_number}
    return Post(_root(), page(Certification, "revoke", held.pk), values)


def undo_revocation(patch: pytest.MonkeyPatch) -> Post:
    held = make_cycle().certification
    revocations.revoke(certification=held, effective_on=TODAY, reason="So.", by=make_user(), at=noon(TODAY))
    return Post(_root(), page(Certification, "undo_revocation", held.pk), REASON)


def on_probation(what: str, **values: str) -> Callable[[pytest.MonkeyPatch], Post]:
    """Return what prepares the end, or an extension, of a probation."""

    def prepared(patch: pytest.MonkeyPatch) -> Post:
        held = make_cycle().certification
        order = {"order": "Take a course.", "points": None, "due_on": date(2026, 8, 31)}
        probations.impose(certification=held, ends_on=date(2026, 9, 30), by=make_user(), at=noon(TODAY), **order)
        return Post(_root(), page(Certification, f"probation_{what}", held.pk), {**REASON, **values})

    return prepared


def take_void_back(patch: pytest.MonkeyPatch) -> Post:
    entry = make_activity(make_cycle())
    recording.void(activity=entry, reason="No proof.", by=make_user(), at=noon(TODAY))
    return Post(_root(), page(Activity, "restore", entry.pk), REASON)


def take_death_back(patch: pytest.MonkeyPatch) -> Post:
    member = make_cycle().certification.member
    deaths.record(member=member, died_on=TODAY, reported_by="The sister.", by=make_user(), at=noon(TODAY))
    return Post(_root(), page(Member, "death_take_back", member.pk), REASON)


def of_law(
    model: type[AccessRequest | ErasureRequest], verb: str, **typed: str
) -> Callable[[pytest.MonkeyPatch], Post]:
    """Return the post of a page of a request by law that waits."""

    def prepare(patch: pytest.MonkeyPatch) -> Post:
        member = make_cycle(make_member(amt_id="7001")).certification.member
        asked = model.objects.create(member=member, recorded_at=noon(TODAY), recorded_by=make_user(), **BY_LAW)
        return Post(_root(), page(model, verb, asked.pk), typed)

    return prepare


def of_member_by_law(verb: str, **typed: str) -> Callable[[pytest.MonkeyPatch], Post]:
    return lambda patch: Post(_root(), page(Member, verb, make_cycle().certification.member.pk), typed)


ASKED = {"law": "gdpr", "received_on": TODAY.isoformat(), "asked_by": "lawyer", "proof": "notary", "note": "By mail."}

POSTS: dict[str, Callable[[pytest.MonkeyPatch], Post]] = {
    "members_member_access": of_member_by_law("access", **ASKED),
    "members_member_erasure": of_member_by_law("erasure", **ASKED),
    "members_member_legal_hold": of_member_by_law("legal_hold", **REASON),
    "privacy_accessrequest_answer": of_law(
        AccessRequest, "answer", outcome="declined", answered_on=TODAY.isoformat(), answer="Nobody proved it."
    ),
    "privacy_accessrequest_archive": of_law(AccessRequest, "archive", language="en"),
    "privacy_erasurerequest_confirm": of_law(ErasureRequest, "confirm", amt_id="7001"),
    "privacy_erasurerequest_decline": of_law(ErasureRequest, "decline", **REASON),
    "account_confirm_email": confirm_address,
    "account_reset_password_from_key": reset_password,
    "account_set_password": set_first_password,
    "evidence-add": attach_file,
    "name-ask": ask_for_name,
    "audit-attach": attach_file_in_audit,
    "audits_auditcase_notify": auditing("notify", "drawn", {}),
    "audits_auditcase_call_off": auditing("call_off", "notified", REASON),
    "audits_auditcase_grant": auditing("grant", "extension-asked", {"until": "2026-04-20"}),
    "audits_auditcase_refuse": auditing("refuse", "extension-asked", REASON),
    "audits_auditcase_message": auditing("message", "notified", {"text": "A question."}),
    "audits_auditcase_conflict": auditing(
        "conflict", "submitted", {"has_conflict": "yes", "what": "A friend"}, **REVIEWED
    ),
    "audits_auditcase_take": auditing_after_the_question,
    "audits_auditcase_release": auditing("release", "submitted", REASON, part="first_reviewer", **REVIEWED),
    "audits_auditcase_item": auditing(
        "item", "submitted", {"verdict": "reject", **REASON}, part="first_reviewer", entry=True, **REVIEWED
    ),
    "audits_auditcase_more": auditing("more", "submitted", REASON, part="first_reviewer", **REVIEWED),
    "audits_auditcase_decide": auditing(
        "decide", "second-review", REASON, part="second_reviewer", outcome="failed", points=0, no_proof=True, **REVIEWED
    ),
    "audits_draw_notify": notify_drawn,
    "audits_statusproposal_confirm": answering("confirm", {}),
    "audits_statusproposal_decline": answering("decline", REASON),
    "certifications_cycle_audit": audit_for_cause,
    "audits_letter_changelist": print_letters,
    "mfa_activate_totp": set_up_app,
    "mfa_add_webauthn": add_passkey,
    "mfa_authenticate": give_second_factor,
    "mfa_deactivate_totp": remove_app,
    "mfa_edit_webauthn": rename_passkey,
    "mfa_generate_recovery_codes": new_recovery_codes,
    "mfa_login_webauthn": sign_in_by_passkey,
    "mfa_reauthenticate": confirm_by_code,
    "mfa_reauthenticate_webauthn": confirm_by_passkey,
    "mfa_remove_webauthn": remove_passkey,
    "auth_group_add": adding(Group, name="Desk"),
    "auth_group_delete": deleting(Group, lambda: Group.objects.create(name="Desk")),
    "ccp_activity_points": set_points,
    "ccp_activity_points_several": set_points_of_several,
    "ccp_activity_restore": take_void_back,
    "ccp_activity_void_several": void_several,
    "certifications_certification_award": correct_award,
    "certifications_certification_probation_end": on_probation("end"),
    "certifications_certification_probation_extend": on_probation("extend", ends_on="2026-10-31"),
    "certifications_certification_revoke": revoke_certification,
    "certifications_certification_undo_revocation": undo_revocation,
    "members_member_death_take_back": take_death_back,
    "ccp_activity_process_import": import_activities,
    "certifications_payment_process_import": import_payments,
    "reports_not_activated_export": export_list,
    "reports_at_risk_filters": save_filter,
    "reports_not_activated_mail": mail_list,
    "reports_mailing_go_on": go_on_with_mailing,
    "ccp_activitytype_add": adding(
        ActivityType,
        name="Language course",
        code="language-course",
        category=lambda: str(Category.objects.get(code="formal-education").pk),
    ),
    "ccp_category_add": adding(Category, name="Service", code="service"),
    "ccp_courselink_add": adding(CourseLink, title="Courses", url="https://example.org/"),
    "ccp_heldcredit_delete": deleting(HeldCredit, _held),
    "ccp_heldcredit_amt_id": correct_held,
    "ccp_heldcredit_despite_name": record_despite_name,
    "ccp_heldcredit_match": match_held,
    "ccp_heldcredit_process_import": importing(HeldCredit, CREDITS),
    "certifications_certification_add": adding(
        Certification,
        member=lambda: str(make_member().pk),
        credential=lambda: str(Credential.objects.get(code="RPT").pk),
        certificate_number="555",
        awarded_on="2024-05-01",
    ),
    "certifications_certification_process_import": importing(Certification, ROSTER),
    "certifications_cycle_changelist": issue_transcripts,
    "certifications_credential_add": adding(
        Credential, code="NEW", name="New", points_required="30", annual_fee="50.00"
    ),
    "certifications_credential_delete": deleting(Credential, lambda: Credential.objects.get(code="MDT")),
    "certifications_payment_refund": refund_payment,
    "payments_unappliedmoney_refund": refund_unapplied,
    "members_member_add": adding(
        Member, user=lambda: str(make_user().pk), amt_id="777", first_name="Ada", last_name="Lane"
    ),
    "members_member_merge": merge_members,
    "members_member_sign_in": give_sign_in,
    "members_user_add": adding(User, email="new@amt.example"),
    "mfa_authenticator_delete": deleting(Authenticator, lambda: _with_passkey(make_ada())),
}

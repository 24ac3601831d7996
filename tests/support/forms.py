"""Every form of the portal and of the admin, as a browser sends it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from amtportal.members.models import BouncingAddress, Member, NameRequest, Question, RosterDifference
from amtportal.members.sign_in import addresses
from ccp.api.models import CourseSystem, Event, Key
from ccp.audits.models import AuditCase, Draw, DrawTicket
from ccp.models import ActivityType, Category, CourseLink, ErrorReport
from ccp.notices import preferences
from ccp.notices.models import NoticeKind
from ccp.recording import verbs as recording
from ccp.reports.models import Mailing
from certifications.models import Credential, Cycle, Payment, RenewalInvoice
from certifications.payments.models import Refund, Settlement, UnappliedMoney
from tests.support.audits import case_on_record, letter_on_record
from tests.support.builders import (
    PASSWORD,
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_member,
    make_user,
    noon,
)
from tests.support.course_systems import make_consent, make_system
from tests.support.details import make_name_request
from tests.support.draws import draw_with, make_closed
from tests.support.evidence import attach
from tests.support.factors import confirm
from tests.support.staff import page


@dataclass(frozen=True)
class Form:
    """A page with a form.

    ``typed`` is what is entered. ``plain`` marks a page that shows no form to read first.
    """

    address: str
    typed: dict[str, Any] = field(default_factory=dict)
    by: str = "member"
    plain: bool = False


def form_on(client: Client, address: str, posted: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a browser would send from the form on the page if nothing were touched.

    The page is an address or the answer to a post.
    """
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


NEW_PASSWORD = {"oldpassword": PASSWORD, "password1": "green kettles sing low"}


MEMBERS = {
    "activity-record": Form("/ccp/record/", RECORD),
    "activity-preview": Form("/ccp/record/preview/", RECORD, plain=True),
    "record-files": Form("/ccp/record/files/", RECORD | {"submission_id": str(UUID(int=7))}, plain=True),
    "activity-amend": Form("/ccp/activities/{entry}/amend/", {"points": "3", "attested": "on"}),
    "activity-withdraw": Form("/ccp/activities/{entry}/withdraw/"),
    "activity-restore": Form("/ccp/activities/{withdrawn}/restore/", plain=True),
    "activity-difference": Form("/ccp/activities/{entry}/difference/", {"difference": "Another day."}),
    "activity-report": Form("/ccp/activities/{credit}/report/", {"text": "Wrong day."}),
    "evidence-add": Form("/ccp/activities/{entry}/evidence/", plain=True),
    "evidence-remove": Form("/ccp/evidence/{evidence}/remove/", plain=True),
    "audit-attach": Form("/audits/{audit}/entries/{entry}/files/", plain=True),
    "audit-missing": Form("/audits/{audit}/entries/{entry}/missing/", {"text": "It was lost."}),
    "audit-message": Form("/audits/{audit}/message/", {"text": "A question."}),
    "audit-extension": Form("/audits/{audit}/extension/", {"wanted_on": "4/20/2026", "reason": "I am ill."}),
    "audit-submit": Form("/audits/{audit}/submit/", {"attested": "on"}, plain=True),
    "audit-appeal": Form("/audits/{audit}/appeal/", {"reason": "It shows the date."}),
    "calendar-detail": Form("/calendar/", {"action": "create"}, plain=True),
    "notice-list": Form("/account/notices/", {"language": "es"}),
    "details-change": Form("/account/details/", {"phone": "847-555-0134"}),
    "name-ask": Form("/account/details/name/", plain=True),
    "name-withdraw": Form("/account/details/name/withdraw/"),
    "notice-stop": Form("/notices/stop/{stop}/", {"switch": "off"}, by="nobody", plain=True),
    "sharing": Form("/account/sharing/", {"label": "for Mercy Hospital"}),
    "question-ask": Form("/help/question/", {"question": "How many points are left?"}),
    "course-systems": Form("/account/course-systems/", {"system": "{system}", "action": "allow"}, plain=True),
    "my-data": Form("/account/my-data/", plain=True),
    "credential-look-up": Form("/credentials/", {"last_name": "Lane", "certificate_number": "1"}, by="nobody"),
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
    "api_key_revoke": Form("key", REASON),
    "api_coursesystem_address": Form("coursesystem", {"url": "https://courses.example.org/new"}),
    "api_event_again": Form("event"),
    "audits_draw_abandon": Form("draw", REASON),
    "audits_draw_freeze": Form("", {"seed_kind": "dice", "seed_named": "Eight dice on March 20"}),
    "audits_draw_letters": Form("draw"),
    "audits_draw_seed": Form("draw", {"seed": "3 1 4", "seed_source": "The newspaper of March 21"}),
    "audits_drawticket_replace": Form("drawticket", REASON),
    "members_member_change": Form("member", {"city": "Rosemont"}),
    "members_bouncingaddress_clear": Form("bouncingaddress"),
    "members_namerequest_accept": Form("namerequest"),
    "members_namerequest_decline": Form("namerequest", {"answer": "It is not readable."}),
    "members_question_answer": Form("question", {"answer": "Two are left."}),
    "members_rosterdifference_follow": Form("rosterdifference", REASON),
    "members_rosterdifference_keep": Form("rosterdifference", REASON),
    "members_member_death": Form("member", {"died_on": "2026-03-02", "reported_by": "The sister, by phone."}),
    "members_member_hide": Form("member", REASON),
    "members_member_notes": Form("member", {"text": "Called about the invoice."}),
    "members_member_viewing": Form("member", REASON),
    "members_member_rekey": Form("member", {**REASON, "amt_id": "888"}),
    "members_user_change": Form("user", {"email": "new@example.org"}),
    "certifications_certification_change": Form("certification", {"certificate_number": "777"}),
    "certifications_credential_change": Form("credential", {"name": "Another"}),
    "certifications_credential_rename": Form(
        "credential", {"code": "RMX", "name": "Another", "from_on": "2026-03-14", "source": "The board."}
    ),
    "ccp_activitytype_change": Form("activitytype", {"name": "Another"}),
    "ccp_courselink_change": Form("courselink", {"title": "Another"}),
    "ccp_category_change": Form("category", {"name": "Another"}),
    "auth_group_change": Form("group", {"name": "Another"}),
    "ccp_activity_void": Form("activity", REASON),
    "ccp_activitytype_terms": Form("activitytype", {"effective_from": "2026-03-14", "cap": "7"}),
    "ccp_category_terms": Form("category", {"effective_from": "2026-03-14", "cap": "7"}),
    "ccp_errorreport_answer": Form("errorreport", {"answer": "It is so."}),
    "ccp_heldcredit_match": Form(""),
    "certifications_certification_probation": Form(
        "certification", {"ends_on": "2026-09-30", "order": "Take a course.", "points": "3", "due_on": "2026-08-31"}
    ),
    "certifications_certification_status": Form("certification", {**REASON, "to": "retired"}),
    "certifications_cycle_extend": Form("cycle", {**REASON, "until": "2026-09-30", "shown": "2026-09-30"}),
    "certifications_cycle_correct": Form(
        "cycle", {"points": "31", "outcome": "compliant", "statement": "A course was left out."}
    ),
    "certifications_payment_reverse": Form("payment", REASON),
    "certifications_renewalinvoice_pay": Form("renewalinvoice", {"reference": "7"}),
    "certifications_renewalinvoice_void": Form("renewalinvoice", REASON),
    "certifications_renewalinvoice_anew": Form("renewalinvoice", REASON),
    "certifications_renewalinvoice_ask": Form("renewalinvoice", REASON),
    "reports_mailing_stop": Form("mailing"),
    "payments_refund_explain": Form("refund", REASON),
    "payments_settlement_explain": Form("settlement", REASON),
    "payments_unappliedmoney_apply": Form("unappliedmoney"),
    "payments_unappliedmoney_explain": Form("unappliedmoney", REASON),
}


AFTER_THE_PASSWORD = {"account_email", "my-data", "session-list", "session-end"}


def members_form(two: Member, name: str) -> tuple[Client, str, dict[str, Any]]:
    """Return the member's browser, the address and what the browser sends.

    The member has entries of every kind.
    """
    cycle = cycle_of(two)
    two.user.set_password(PASSWORD)
    two.user.save()
    EmailAddress.objects.create(user=two.user, email=two.user.email, verified=True, primary=True)
    entry, withdrawn = two.activities.get(), make_activity(cycle, points="1")
    recording.withdraw(activity=withdrawn, by=two.user, at=noon(TODAY))
    credit = make_amt_credit(cycle)
    form = MEMBERS[name]
    places = {"entry": entry.pk, "withdrawn": withdrawn.pk, "credit": credit.pk, "code": "ABCD-EFGH-JKMN"}
    places["evidence"] = attach(entry).pk if name in ("evidence-remove", "audit-submit") else 0
    if "{audit}" in form.address:
        places["audit"] = case_on_record(cycle, "announced" if name == "audit-appeal" else "notified").pk
    if name == "name-withdraw":
        make_name_request(two)
    places["token"] = addresses.token(two.user, "new@example.org")
    places["stop"] = preferences.token(two, NoticeKind.MONTHLY_SUMMARY)
    places["session"] = UserSession.objects.create(user=two.user, ip="127.0.0.1", session_key="elsewhere").pk
    system = make_consent(two, make_system()).system_id if name == "course-systems" else 0
    address = form.address.format(**places)
    client = client_of(two if form.by == "member" else None)
    if name in AFTER_THE_PASSWORD:
        confirm(client, PASSWORD)
    typed = {key: value.format(email=two.user.email, system=system) for key, value in form.typed.items()}
    return client, address, typed if form.plain else form_on(client, address) | typed


def _drawn_with_letter() -> Draw:
    draw = draw_with(make_member())
    letter_on_record(AuditCase.objects.filter(draw_line__draw=draw)[0])
    return draw


def staff_form(met: Member, name: str) -> tuple[Client, str, dict[str, Any]]:
    """Return the browser of a superuser, the address and what the browser sends.

    ``populate`` has written the rows of one member, besides this one.
    """
    Group.objects.create(name="Desk")
    closed = Cycle.objects.exclude(closed_on=None).get()
    cycle = cycle_of(met)
    if name.endswith("_freeze"):
        make_closed()
    keys = {
        "bouncingaddress": BouncingAddress.objects.get_or_create(
            email="comes-back@example.org", defaults={"marked_at": noon(TODAY), "reason": "550 5.1.1 no such box"}
        )[0].pk,
        "namerequest": NameRequest.objects.get().pk,
        "question": Question.objects.get().pk,
        "rosterdifference": RosterDifference.objects.get().pk,
        "draw": _drawn_with_letter().pk if name.endswith("_letters") else Draw.objects.get(drawn_at=None).pk,
        "drawticket": DrawTicket.objects.order_by("pk")[0].pk,
        "member": met.pk,
        "user": met.user_id,
        "certification": cycle.certification_id,
        "credential": Credential.objects.get(code="RMA").pk,
        "activitytype": ActivityType.objects.get(code="self-study").pk,
        "category": Category.objects.get(code="professional-education").pk,
        "courselink": CourseLink.objects.get().pk,
        "group": Group.objects.get(name="Desk").pk,
        "activity": met.activities.get().pk,
        "errorreport": ErrorReport.objects.get().pk,
        "cycle": closed.pk if name.endswith("_correct") else cycle.pk,
        "payment": Payment.objects.get().pk,
        "renewalinvoice": invoice_of(cycle, 1 if name.endswith("_void") else 3).pk,
        "refund": Refund.objects.get().pk,
        "mailing": Mailing.objects.get().pk,
        "settlement": Settlement.objects.get().pk,
        "key": Key.objects.get().pk,
        "coursesystem": CourseSystem.objects.get().pk,
        "event": Event.objects.get().pk,
        "unappliedmoney": UnappliedMoney.objects.get().pk,
    }
    if name == "payments_refund_explain":
        Refund.objects.update(unapplied=None, payment=keys["payment"])
    if name.endswith("_anew"):
        RenewalInvoice.objects.filter(pk=keys["renewalinvoice"]).update(status="void", void_reason="Wrong day")
    if name.endswith("_ask"):
        invoice = RenewalInvoice.objects.get(pk=keys["renewalinvoice"])
        invoice.status, invoice.before_portal = "paid", invoice.due_on
        invoice.save()
    form = STAFF[name]
    model = next(
        found for found in apps.get_models() if name.startswith(found._meta.label_lower.replace(".", "_") + "_")
    )
    verb = name.rpartition("_")[2]
    address = page(model, verb, keys[form.address]) if form.address else page(model, verb)
    client = client_of(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    values = form_on(client, address) | form.typed
    if verb == "apply":
        values["invoice"] = invoice_of(cycle).number
    if verb in ("terms", "freeze"):  # what will change is shown first
        values = form_on(client, address, posted=values)
    return client, address, values

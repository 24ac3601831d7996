"""Staff at work: their accounts, and the admin's pages as a browser uses them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from amtportal.members.models import User
from ccp.amt_credits import error_reports
from ccp.amt_credits import holding as held_credits
from ccp.audits import tickets
from ccp.audits.models import AuditCase, Draw, DrawLine, DrawTicket, PrintRun, StatusProposal
from ccp.badges import issuing
from ccp.desk.models import NightlyRun, Note, Viewing
from ccp.exports.models import Archive
from ccp.models import (
    Activity,
    Evidence,
)
from ccp.notices.models import Preference
from ccp.privacy.models import AccessRequest, ErasureRequest, LegalHold
from ccp.reports.models import ListExport, ListOpening, Mailing, SavedFilter
from ccp.sharing import links, look_up
from certifications import life
from certifications.models import (
    Cycle,
    CycleCorrection,
    RenewalInvoice,
    WaitingRow,
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
from tests.support.audits import case_on_record, letter_on_record
from tests.support.builders import (
    TODAY,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.course_systems import send_one
from tests.support.details import make_difference, make_name_request, make_question
from tests.support.notices import make_mail


def make_clerk(*permissions: str, **fields: Any) -> User:
    """Return staff with these permissions, given by codename."""
    clerk = make_user(**{"is_staff": True, **fields})
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return clerk


def page(model: Any, name: str = "changelist", *args: object) -> str:
    """Return the address of an admin page of the model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def found(client: Client, model: Any, **query: str) -> list[Any]:
    """Return the rows that a list shows."""
    return list(client.get(page(model), query).context["cl"].result_list)


def submit(client: Client, address: str, **typed: str) -> HttpResponse:
    """Open a record's page, type into its form, and send the whole form as a browser does."""
    form = BeautifulSoup(client.get(address).text, "html.parser").select_one("#content-main form")
    assert form is not None
    data = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        if field.name == "select":
            chosen = field.select("option[selected]")
            data[field["name"]] = [option["value"] for option in chosen]
        elif field.get("type") not in ("submit", "checkbox") or field.has_attr("checked"):
            untouched = "on" if field.get("type") == "checkbox" else ""
            data[field["name"]] = field.get("value", untouched) if field.name == "input" else field.text.strip()
    return client.post(address, {**data, **typed})


def told(client: Client, response: HttpResponse) -> str:
    """Return the last message on the page to which the response leads."""
    return [str(message) for message in client.get(response["Location"]).context["messages"]][-1]


# Actions on one record or on several: the permission that each needs, besides the one to view the
# record.
DEEDS = {
    "api_coursesystem_address": "api.issue_key",
    "api_coursesystem_secret": "api.issue_key",
    "api_event_again": "api.send_event",
    "api_key_issue": "api.issue_key",
    "api_key_revoke": "api.revoke_key",
    "audits_auditcase_call_off": "audits.coordinate_audits",
    "audits_auditcase_conflict": "audits.review_audits",
    "audits_auditcase_decide": "audits.review_audits",
    "audits_auditcase_grant": "audits.coordinate_audits",
    "audits_auditcase_message": "audits.coordinate_audits",
    "audits_auditcase_more": "audits.review_audits",
    "audits_auditcase_notify": "audits.coordinate_audits",
    "audits_auditcase_refuse": "audits.coordinate_audits",
    "audits_auditcase_release": "audits.review_audits",
    "audits_auditcase_take": "audits.review_audits",
    "audits_draw_abandon": "audits.abandon_draw",
    "audits_draw_freeze": "audits.freeze_draw",
    "audits_draw_notify": "audits.coordinate_audits",
    "audits_draw_seed": "audits.seed_draw",
    "audits_drawticket_replace": "audits.replace_drawn",
    "audits_statusproposal_confirm": "audits.confirm_audit_outcome",
    "audits_statusproposal_decline": "audits.confirm_audit_outcome",
    "audits_draw_letters": "audits.print_letters",
    "audits_printrun_download": "audits.print_letters",
    "ccp_activity_points": "ccp.set_points",
    "ccp_activity_points_several": "ccp.set_points",
    "ccp_activity_restore": "ccp.take_back_void",
    "ccp_activity_void": "ccp.void_entry",
    "ccp_activity_void_several": "ccp.void_entry",
    "ccp_activitytype_terms": "ccp.set_type_terms",
    "ccp_category_terms": "ccp.set_category_terms",
    "ccp_errorreport_answer": "ccp.answer_error_report",
    "ccp_heldcredit_amt_id": "ccp.correct_held_credit",
    "ccp_heldcredit_despite_name": "ccp.record_despite_name",
    "ccp_heldcredit_match": "ccp.match_held_credits",
    "ccp_transcriptbatch_download": "ccp.issue_transcripts",
    "certifications_certification_award": "certifications.correct_award_date",
    "certifications_certification_probation": "certifications.put_on_probation",
    "certifications_certification_probation_end": "certifications.put_on_probation",
    "certifications_certification_probation_extend": "certifications.put_on_probation",
    "certifications_certification_revoke": "certifications.revoke_certification",
    "certifications_certification_status": "certifications.change_status",
    "certifications_certification_undo_revocation": "certifications.undo_revocation",
    "certifications_credential_rename": "certifications.rename_credential",
    "certifications_cycle_audit": "audits.coordinate_audits",
    "certifications_cycle_correct": "certifications.correct_closed_cycle",
    "certifications_cycle_extend": "certifications.extend_cycle",
    "certifications_payment_refund": "payments.give_refund",
    "certifications_payment_reverse": "certifications.reverse_payment",
    "certifications_renewalinvoice_anew": "certifications.issue_invoice_again",
    "certifications_renewalinvoice_ask": "certifications.ask_for_payment",
    "certifications_renewalinvoice_pay": "certifications.record_payment",
    "certifications_renewalinvoice_void": "certifications.void_invoice",
    "members_bouncingaddress_clear": "members.clear_bouncingaddress",
    "members_namerequest_accept": "members.answer_namerequest",
    "members_namerequest_decline": "members.answer_namerequest",
    "members_question_answer": "members.answer_question",
    "members_rosterdifference_follow": "members.decide_rosterdifference",
    "members_rosterdifference_keep": "members.decide_rosterdifference",
    "members_member_death": "members.record_death",
    "members_member_death_take_back": "members.record_death",
    "members_member_access": "privacy.answer_access",
    "members_member_erasure": "privacy.ask_for_erasure",
    "members_member_legal_hold": "privacy.set_legal_hold",
    "privacy_accessrequest_answer": "privacy.answer_access",
    "privacy_accessrequest_archive": "privacy.answer_access",
    "privacy_accessrequest_download": "privacy.answer_access",
    "privacy_erasurerequest_confirm": "privacy.confirm_erasure",
    "privacy_erasurerequest_decline": "privacy.confirm_erasure",
    "members_member_hide": "sharing.hide_member",
    "members_member_rekey": "members.change_amt_id",
    "members_member_merge": "members.merge_members",
    "members_member_sign_in": "members.give_sign_in",
    "members_member_viewing": "desk.view_as_member",
    "reports_listexport_download": "reports.export_lists",
    "reports_mailing_go_on": "reports.mail_lists",
    "reports_mailing_stop": "reports.mail_lists",
    "payments_refund_explain": "payments.resolve_unappliedmoney",
    "payments_settlement_explain": "payments.resolve_unappliedmoney",
    "payments_unappliedmoney_apply": "payments.resolve_unappliedmoney",
    "payments_unappliedmoney_explain": "payments.resolve_unappliedmoney",
    "payments_unappliedmoney_refund": "payments.give_refund",
}


BY_LAW: dict[str, Any] = {
    "law": "ccpa", "received_on": TODAY, "due_on": TODAY + timedelta(days=45), "asked_by": "member",
    "proof": "document",
}  # fmt: skip


def populate(count: int) -> None:
    """Return members with a certification, a paid invoice, and two entries each.

    One of each member's entries has no title.
    """
    clerk = make_user()
    for _ in range(count):
        cycle = make_cycle(make_member())
        EmailAddress.objects.create(user=cycle.certification.member.user, email=cycle.certification.member.user.email)
        make_activity(cycle, points="30", title="Phlebotomy refresher")
        entry = make_activity(cycle, points="2")
        Evidence.objects.create(
            activity=entry,
            original_name="certificate.pdf",
            kind="pdf",
            size=1,
            sha256="0" * 64,
            stored_name=f"00/{entry.pk}",
            added_at=noon(TODAY),
            added_by=entry.member.user,
        )
        make_payment(invoice_of(cycle, year=1), by=clerk)
        amt_id = cycle.certification.member.amt_id
        make_mail(cycle.certification.member)
        make_name_request(cycle.certification.member)
        make_difference(cycle.certification.member)
        make_question(cycle.certification.member)
        Preference.objects.create(member=cycle.certification.member)
        _share(cycle, clerk)
        send_one(cycle.certification.member)
        credits = [held_credits.Received(f"W-{amt_id}", amt_id, make_claim())]
        credits.append(held_credits.Received(f"X-{amt_id}", f"X{amt_id}", make_claim()))
        held_credits.receive(credits=credits, by=clerk, at=noon(TODAY))
        credit = Activity.objects.get(provider_reference=f"W-{amt_id}")
        error_reports.report(activity=credit, text="Wrong day", by=credit.member.user, at=noon(TODAY))
        life.change_status(
            certification=cycle.certification, to="retired", reason="Asked for it.", by=clerk, at=noon(TODAY)
        )
        Cycle.objects.filter(pk=cycle.pk).update(
            closed_on=cycle.ends_on + timedelta(days=1), outcome="compliant", points_at_close=30
        )
        WaitingRow.objects.create(
            amt_id=f"W{amt_id}",
            credential="RMA",
            certificate_number="1",
            name="Ada Lane",
            cause="former",
            column_name="amt_id",
            what="It is a former AMT ID.",
            remedy="Write the other.",
            line=2,
            since=noon(TODAY),
        )
        CycleCorrection.objects.create(
            cycle=cycle, points=32, outcome="compliant", statement="Corrected.", signed_at=noon(TODAY), signed_by=clerk
        )
        _pay_online(invoice_of(cycle, year=2), clerk)
        _use_lists(clerk, amt_id)
        _draw(cycle, clerk)
        case = case_on_record(cycle, "drawn")
        AuditCase.objects.filter(pk=case.pk).update(outcome="failed", points=0)
        member = cycle.certification.member
        Note.objects.create(member=member, text="Called about the invoice.", written_by=clerk)
        Viewing.objects.create(member=member, reason="On the phone.", viewed_by=clerk)
        LegalHold.objects.create(member=member, reason="A lawsuit.", set_at=noon(TODAY), set_by=clerk)
        by_law: dict[str, Any] = {"member": member, "recorded_at": noon(TODAY), "recorded_by": clerk, **BY_LAW}
        AccessRequest.objects.create(**by_law)
        ErasureRequest.objects.create(**by_law)
        NightlyRun.objects.create(command="close_cycles", began_at=noon(TODAY), ended_at=noon(TODAY))
        StatusProposal.objects.create(case=case, proposed_at=noon(TODAY))


def _share(cycle: Cycle, clerk: User) -> None:
    """Show the member's standing by a link that was opened, hide the member from the look-up, and issue a badge."""
    member = cycle.certification.member
    link = links.create(member=member, scope="standing", until=TODAY, by=member.user, at=noon(TODAY))
    Archive.objects.create(member=member, asked_by=member.user, asked_at=noon(TODAY), language="en")
    links.count_opening(link, at=noon(TODAY))
    look_up.hide(member=member, hidden=True, by=clerk, at=noon(TODAY), as_staff=True)
    look_up.hide(member=member, hidden=False, by=clerk, at=noon(TODAY), as_staff=True)
    issuing.issue(certification=cycle.certification, by=member.user, at=noon(TODAY))


def _use_lists(clerk: User, name: str) -> None:
    """Keep a filter of a list, open the list, ask for a file of it, and mail it to nobody."""
    at_risk: dict[str, Any] = {"list_name": "at-risk", "query": "days=30"}
    SavedFilter.objects.create(owner=clerk, name=name, **at_risk)
    ListOpening.objects.create(by=clerk, at=noon(TODAY), deed="opened", subject="At risk", rows=1)
    ListExport.objects.create(file_format="csv", asked_by=clerk, asked_at=noon(TODAY), total=1, **at_risk)
    Mailing.objects.create(
        submission_id=uuid4(), sort="duty", subject_en="Hours", text_en="Until 6.", asked_by=clerk,
        asked_at=noon(TODAY), **at_risk,
    )  # fmt: skip


def _draw(cycle: Cycle, clerk: User) -> None:
    """Put the cycle into two draws, one that waits for its seed and one that has drawn it."""
    frozen: dict[str, Any] = {
        "share": 10, "at_least": 5, "spared_cycles": 1, "frozen_at": noon(TODAY), "frozen_by": clerk, "population": 1,
        "seed_kind": "number", "seed_named": "The lottery of March 20",
    }  # fmt: skip
    seeded = {"seed": "314", "seed_source": "The newspaper", "drawn_at": noon(TODAY), "drawn_by": clerk}
    amt_id = cycle.certification.member.amt_id
    for year, seed in ((2021, {}), (2022, seeded)):
        draw, _ = Draw.objects.get_or_create(year=year, defaults={**frozen, **seed})
        line = DrawLine.objects.create(draw=draw, cycle=cycle, amt_id=amt_id, stratum="RMA", line=f"RMA/{amt_id}/1")
        draw.sha256 = tickets.digest(tickets.frozen_file(draw.lines.values_list("line", "excluded")))
        draw.save()
    DrawTicket.objects.create(line=line, ticket=tickets.ticket("314", line.line), place=line.pk, is_drawn=True)
    PrintRun.objects.create(asked_by=clerk, asked_at=noon(TODAY), letters=[letter_on_record(case_on_record(cycle)).pk])


def _pay_online(invoice: RenewalInvoice, clerk: User) -> None:
    """Try to pay the invoice online: the money was not for it, a refund of it failed, and a bank asks it back."""
    number = f"{invoice.pk:07}"
    checkout = Checkout.objects.create(
        invoice=invoice,
        amount=invoice.amount,
        idempotency_key=uuid4(),
        session_id=f"cs_{number}",
        status="failed",
        opened_at=noon(TODAY),
        opened_by=invoice.cycle.certification.member.user,
        expires_at=noon(TODAY),
        finished_at=noon(TODAY),
    )
    ProviderEvent.objects.create(
        event_id=f"evt_{number}",
        kind="checkout.session.completed",
        object_id=checkout.session_id,
        created_at=noon(TODAY),
        received_at=noon(TODAY),
        effect="money kept as unapplied",
    )
    money = UnappliedMoney.objects.create(
        charge_id=f"ch_{number}",
        checkout=checkout,
        amount=invoice.amount,
        currency="usd",
        received_at=noon(TODAY),
        cause="held",
    )
    of_money: dict[str, Any] = {"unapplied": money, "charge_id": money.charge_id, "amount": money.amount}
    Refund.objects.create(
        **of_money,
        currency="usd",
        reason="Not for this invoice.",
        idempotency_key=uuid4(),
        status="failed",
        failure="lost_or_stolen_card",
        requested_at=noon(TODAY),
        requested_by=clerk,
        finished_at=noon(TODAY),
    )
    Dispute.objects.create(
        **of_money, currency="usd", dispute_id=f"du_{number}", reason="fraudulent", status="won",
        opened_at=noon(TODAY), closed_at=noon(TODAY),
    )  # fmt: skip
    settlement = Settlement.objects.create(
        day=TODAY - timedelta(days=invoice.pk), reconciled_at=noon(TODAY), differences=f"txn_{number} has no payment."
    )
    SettlementLine.objects.create(
        settlement=settlement,
        transaction_id=f"txn_{number}",
        kind="charge",
        source_id=money.charge_id,
        amount=money.amount,
        fee=175,
        net=money.amount - 175,
        currency="usd",
        created_at=noon(TODAY),
        available_on=TODAY,
    )


VIEW, ADD, CHANGE, DELETE = "view", "add", "change", "delete"

# Each model of the admin: what staff may do by hand with its rows, given the permission.
BY_HAND: dict[str, set[str]] = {
    "api_consent": {VIEW},
    "api_coursesystem": {VIEW},
    "api_delivery": {VIEW},
    "api_event": {VIEW},
    "api_key": {VIEW},
    "audits_auditcase": {VIEW},
    "audits_draw": {VIEW},
    "audits_drawline": {VIEW},
    "audits_drawticket": {VIEW},
    "audits_statusproposal": {VIEW},
    "audits_letter": {VIEW},
    "audits_printrun": {VIEW},
    "account_emailaddress": {VIEW},
    "auth_group": {VIEW},  # superusers change groups, whatever permissions somebody has
    "badges_badge": {VIEW},
    "ccp_activity": {VIEW},
    "ccp_activitytype": {VIEW, ADD, CHANGE},  # it can be deleted while nothing was recorded under it
    "ccp_calendarfeed": {VIEW},
    "ccp_category": {VIEW, ADD, CHANGE},
    "ccp_categoryterms": {VIEW},
    "ccp_courselink": {VIEW, ADD, CHANGE},
    "ccp_credit": {VIEW},
    "ccp_errorreport": {VIEW},
    "ccp_evidence": {VIEW},
    "ccp_heldcredit": {VIEW, DELETE},  # a certification that is held by mistake
    "ccp_transcript": {VIEW},
    "ccp_transcriptbatch": {VIEW},
    "ccp_typeterms": {VIEW},
    "certifications_certification": {VIEW, ADD, CHANGE},
    "certifications_credential": {VIEW, ADD, CHANGE, DELETE},  # the first one, which nobody holds
    "certifications_cycle": {VIEW},
    "certifications_cyclecorrection": {VIEW},
    "certifications_payment": {VIEW},
    "certifications_renewalinvoice": {VIEW},
    "certifications_statuschange": {VIEW},
    "certifications_waitingrow": {VIEW},
    "history_seal": {VIEW},
    "privacy_accessrequest": {VIEW},
    "privacy_erasurerequest": {VIEW},
    "privacy_legalhold": {VIEW},
    "notices_notice": {VIEW},
    "notices_noticemail": {VIEW},
    "notices_preference": {VIEW},
    "desk_nightlyrun": {VIEW},
    "desk_note": {VIEW},  # one is written on the page of its member
    "desk_viewing": {VIEW},
    "exports_archive": {VIEW},
    "reports_listexport": {VIEW},
    "reports_listopening": {VIEW},
    "reports_mailing": {VIEW},
    "reports_savedfilter": {VIEW},
    "sharing_listing": {VIEW},
    "sharing_sharelink": {VIEW},
    "history_securityevent": {VIEW},
    "members_member": {VIEW, ADD, CHANGE},
    "members_bouncingaddress": {VIEW},
    "members_maildelivery": {VIEW},
    "members_mailpause": {VIEW},
    "members_namerequest": {VIEW},
    "members_outgoingmail": {VIEW},
    "members_question": {VIEW},
    "members_rosterdifference": {VIEW},
    "members_user": {VIEW, ADD, CHANGE},
    "payments_checkout": {VIEW},
    "payments_dispute": {VIEW},
    "payments_providerevent": {VIEW},
    "payments_refund": {VIEW},
    "payments_settlement": {VIEW},
    "payments_settlementline": {VIEW},
    "payments_unappliedmoney": {VIEW},
    "mfa_authenticator": {VIEW},  # a superuser removes one: ``tests/amtportal/members/factors/test_second_factor.py``
}

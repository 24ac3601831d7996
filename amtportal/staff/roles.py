"""The roles of staff: what each may do. The ready-made groups and docs/roles.md are made from this table.

A permission is here exactly once: in ``ALLOWED`` with the roles that have it, or in ``FOR_NOBODY``
with its model, because no page asks for it. A test fails for one that is in neither.

- The administrator has every permission of ``ALLOWED``.
- The auditor reads all: every permission to view a record, and no other.
- Groups, single permissions and superusers are written by superusers alone; they are in no role.
"""

from enum import StrEnum


class Role(StrEnum):
    FRONT_DESK = "Front desk"
    OFFICER = "Certification officer"
    REVIEWER = "Reviewer"
    FINANCE = "Finance"
    AUDITOR = "Auditor"
    ADMINISTRATOR = "Administrator"
    # For people who act for AMT in audits and in nothing else. They see no member but those of their cases.
    AUDIT_COORDINATORS = "Audit coordinators"
    AUDIT_REVIEWERS = "Audit reviewers"
    AUDIT_BOARD = "Audit appeal board"


DESK, OFFICER, REVIEWER, FINANCE = Role.FRONT_DESK, Role.OFFICER, Role.REVIEWER, Role.FINANCE
COORDINATORS, REVIEWERS, BOARD = Role.AUDIT_COORDINATORS, Role.AUDIT_REVIEWERS, Role.AUDIT_BOARD

_ALLOWED: dict[str, tuple[Role, ...]] = {
    # Members and their accounts
    "members.view_member": (DESK, OFFICER, REVIEWER, FINANCE),
    "members.add_member": (OFFICER,),
    "members.change_member": (DESK, OFFICER),
    "members.give_sign_in": (DESK, OFFICER),
    "members.change_amt_id": (OFFICER,),
    "members.merge_members": (OFFICER,),
    "members.record_death": (OFFICER,),
    "members.view_user": (DESK, OFFICER),
    "members.add_user": (OFFICER,),
    "members.change_user": (OFFICER,),
    "members.give_roles": (),
    "members.view_namerequest": (DESK, OFFICER),
    "members.answer_namerequest": (OFFICER,),
    "members.view_rosterdifference": (DESK, OFFICER),
    "members.decide_rosterdifference": (OFFICER,),
    "members.view_question": (DESK, OFFICER, FINANCE),
    "members.answer_question": (DESK, OFFICER, FINANCE),
    "desk.view_note": (DESK, OFFICER, REVIEWER, FINANCE),
    "desk.write_note": (DESK, OFFICER, REVIEWER, FINANCE),
    "desk.view_as_member": (DESK, OFFICER),
    "desk.view_viewing": (OFFICER,),
    "desk.view_nightlyrun": (OFFICER,),
    "sharing.view_listing": (DESK, OFFICER),
    "sharing.hide_member": (DESK, OFFICER),
    "sharing.view_sharelink": (DESK, OFFICER),
    "exports.view_archive": (DESK, OFFICER),
    # Access and erasure by law
    "privacy.view_accessrequest": (OFFICER,),
    "privacy.answer_access": (OFFICER,),
    "privacy.view_erasurerequest": (OFFICER,),
    "privacy.ask_for_erasure": (OFFICER,),
    "privacy.confirm_erasure": (),
    "privacy.view_legalhold": (OFFICER,),
    "privacy.set_legal_hold": (),
    # Mail
    "members.view_outgoingmail": (DESK, OFFICER),
    "members.view_maildelivery": (DESK, OFFICER),
    "members.view_mailpause": (DESK, OFFICER),
    "members.view_bouncingaddress": (DESK, OFFICER),
    "members.clear_bouncingaddress": (DESK, OFFICER),
    "notices.view_notice": (DESK, OFFICER, FINANCE),
    "notices.view_noticemail": (DESK, OFFICER, FINANCE),
    "notices.view_preference": (DESK, OFFICER),
    # Lists and reports
    "reports.view_lists": (DESK, OFFICER, FINANCE),
    "reports.keep_filters": (DESK, OFFICER, FINANCE),
    "reports.view_savedfilter": (OFFICER,),
    "reports.view_listopening": (),
    "reports.export_lists": (OFFICER, FINANCE),
    "reports.view_listexport": (OFFICER, FINANCE),
    "reports.mail_lists": (OFFICER,),
    "reports.view_mailing": (OFFICER,),
    "reports.view_reports": (OFFICER, FINANCE),
    "reports.count_reports": (OFFICER, FINANCE),
    # Certifications and cycles
    "certifications.view_certification": (DESK, OFFICER, REVIEWER, FINANCE),
    "certifications.add_certification": (OFFICER,),
    "certifications.change_certification": (OFFICER,),
    "certifications.import_roster": (OFFICER,),
    "certifications.change_status": (OFFICER,),
    "certifications.correct_award_date": (OFFICER,),
    "certifications.revoke_certification": (OFFICER,),
    "certifications.undo_revocation": (OFFICER,),
    "certifications.put_on_probation": (OFFICER,),
    "certifications.view_statuschange": (DESK, OFFICER),
    "certifications.view_waitingrow": (OFFICER,),
    "certifications.view_cycle": (DESK, OFFICER, REVIEWER, FINANCE),
    "certifications.extend_cycle": (OFFICER,),
    "certifications.view_cyclecorrection": (OFFICER,),
    "certifications.correct_closed_cycle": (OFFICER,),
    "certifications.view_credential": (DESK, OFFICER, REVIEWER, FINANCE),
    "certifications.add_credential": (),
    "certifications.change_credential": (),
    "certifications.delete_credential": (),
    "certifications.rename_credential": (),
    "badges.view_badge": (DESK, OFFICER),
    # Entries and credits
    "ccp.view_activity": (DESK, OFFICER, REVIEWER),
    "ccp.void_entry": (OFFICER,),
    "ccp.take_back_void": (OFFICER,),
    "ccp.set_points": (OFFICER, REVIEWER),
    "ccp.import_entries": (OFFICER,),
    "ccp.view_evidence": (OFFICER, REVIEWER),
    "ccp.view_credit": (DESK, OFFICER, REVIEWER),
    "ccp.view_errorreport": (DESK, OFFICER),
    "ccp.answer_error_report": (OFFICER,),
    "ccp.view_heldcredit": (DESK, OFFICER),
    "ccp.import_credits": (OFFICER,),
    "ccp.match_held_credits": (OFFICER,),
    "ccp.correct_held_credit": (OFFICER,),
    "ccp.record_despite_name": (OFFICER,),
    "ccp.delete_heldcredit": (OFFICER,),
    "ccp.view_transcript": (DESK, OFFICER),
    "ccp.view_transcriptbatch": (OFFICER,),
    "ccp.issue_transcripts": (OFFICER,),
    "ccp.view_calendarfeed": (OFFICER,),
    # Course systems
    "api.view_coursesystem": (DESK, OFFICER),
    "api.view_key": (OFFICER,),
    "api.issue_key": (),
    "api.revoke_key": (OFFICER,),
    "api.view_delivery": (DESK, OFFICER),
    "api.view_event": (OFFICER,),
    "api.send_event": (OFFICER,),
    "api.view_consent": (DESK, OFFICER),
    # The list of qualifying activities
    "ccp.view_category": (DESK, OFFICER, REVIEWER),
    "ccp.add_category": (),
    "ccp.change_category": (),
    "ccp.view_categoryterms": (DESK, OFFICER, REVIEWER),
    "ccp.set_category_terms": (),
    "ccp.view_activitytype": (DESK, OFFICER, REVIEWER),
    "ccp.add_activitytype": (),
    "ccp.change_activitytype": (),
    "ccp.view_typeterms": (DESK, OFFICER, REVIEWER),
    "ccp.set_type_terms": (),
    "ccp.view_courselink": (DESK, OFFICER, REVIEWER),
    "ccp.add_courselink": (OFFICER,),
    "ccp.change_courselink": (OFFICER,),
    # Invoices and money
    "certifications.view_renewalinvoice": (DESK, OFFICER, FINANCE),
    "certifications.void_invoice": (FINANCE,),
    "certifications.issue_invoice_again": (FINANCE,),
    "certifications.ask_for_payment": (FINANCE,),
    "certifications.view_payment": (DESK, OFFICER, FINANCE),
    "certifications.record_payment": (FINANCE,),
    "certifications.import_payments": (FINANCE,),
    "certifications.reverse_payment": (FINANCE,),
    "payments.view_checkout": (FINANCE,),
    "payments.view_dispute": (FINANCE,),
    "payments.view_providerevent": (FINANCE,),
    "payments.view_refund": (FINANCE,),
    "payments.give_refund": (FINANCE,),
    "payments.view_settlement": (FINANCE,),
    "payments.view_settlementline": (FINANCE,),
    "payments.view_unappliedmoney": (FINANCE,),
    "payments.resolve_unappliedmoney": (FINANCE,),
    # Audits
    "audits.view_draw": (OFFICER, COORDINATORS),
    "audits.view_drawline": (OFFICER, COORDINATORS),
    "audits.view_drawticket": (OFFICER, COORDINATORS),
    "audits.freeze_draw": (OFFICER, COORDINATORS),
    "audits.seed_draw": (OFFICER, COORDINATORS),
    "audits.abandon_draw": (OFFICER, COORDINATORS),
    "audits.replace_drawn": (OFFICER, COORDINATORS),
    "audits.view_auditcase": (OFFICER, REVIEWER, COORDINATORS, REVIEWERS, BOARD),
    "audits.coordinate_audits": (OFFICER, COORDINATORS),
    "audits.review_audits": (REVIEWER, REVIEWERS),
    "audits.decide_appeals": (BOARD,),
    "audits.view_letter": (OFFICER, COORDINATORS),
    "audits.print_letters": (OFFICER, COORDINATORS),
    "audits.view_printrun": (OFFICER, COORDINATORS),
    "audits.view_statusproposal": (OFFICER, COORDINATORS),
    "audits.confirm_audit_outcome": (OFFICER, COORDINATORS),
    # Who may do what, and who did
    "auth.view_group": (),
    "account.view_emailaddress": (DESK, OFFICER),
    "mfa.view_authenticator": (OFFICER,),
    "history.view_securityevent": (),
    "history.view_seal": (),
}
READS_NOT = frozenset({"desk.view_as_member"})
"""Permissions that are named like those to view a record, and let somebody do something."""


def is_read(permission: str) -> bool:
    """Return whether a permission only shows records."""
    return permission.partition(".")[2].startswith("view_") and permission not in READS_NOT


ALLOWED: dict[str, frozenset[Role]] = {
    permission: frozenset({*roles, Role.ADMINISTRATOR, *([Role.AUDITOR] if is_read(permission) else [])})
    for permission, roles in _ALLOWED.items()
}

# Nothing asks for these permissions, which Django makes for every model. Lines of history
# (``historical…``) belong here too.
_WRITTEN_BY_VERBS = """
    account.emailaddress api.consent api.coursesystem api.delivery api.event api.key audits.auditcase audits.draw
    audits.drawline audits.drawticket audits.letter audits.printrun audits.statusproposal auth.group badges.badge
    ccp.activity ccp.calendarfeed ccp.categoryterms ccp.credit ccp.errorreport ccp.evidence ccp.transcript
    ccp.transcriptbatch ccp.typeterms certifications.cycle certifications.cyclecorrection certifications.payment
    certifications.renewalinvoice certifications.statuschange certifications.waitingrow desk.nightlyrun desk.note
    desk.viewing exports.archive history.seal history.securityevent members.bouncingaddress members.maildelivery
    members.mailpause members.namerequest members.outgoingmail members.question members.rosterdifference
    mfa.authenticator notices.notice notices.noticemail notices.preference payments.checkout payments.dispute
    payments.providerevent payments.refund payments.settlement payments.settlementline payments.unappliedmoney
    privacy.accessrequest privacy.erasurerequest privacy.legalhold reports.listexport reports.listopening
    reports.mailing reports.savedfilter sharing.listing sharing.sharelink
"""
_WITHOUT_A_PAGE = """
    account.emailconfirmation admin.logentry allauth_idp_oidc.client allauth_idp_oidc.token api.eventrepeat
    api.keptanswer api.keyday api.standingread audits.appeal audits.casestep audits.conflict audits.extension
    audits.itemreview audits.letterprint audits.message audits.replacement auth.permission ccp.attestationstatement
    ccp.pendingfile ccp.reading ccp.transcriptfile certifications.awardcorrection certifications.formername
    certifications.probation contenttypes.contenttype django_tasks_database.dbtaskresult history.blankedline
    history.gap members.deathreport members.formeramtid members.searchterm members.tally privacy.accessdownload
    reports.reportcount sessions.session sharing.shareday usersessions.usersession
"""
_NEVER_DELETED = "ccp.activitytype ccp.category ccp.courselink certifications.certification members.member members.user"
FOR_NOBODY: dict[str, str] = {
    **dict.fromkeys(_WRITTEN_BY_VERBS.split(), "add change delete"),
    **dict.fromkeys(_WITHOUT_A_PAGE.split(), "view add change delete"),
    **dict.fromkeys(_NEVER_DELETED.split(), "delete"),
    "ccp.heldcredit": "add change",
}
"""For each model, the actions that no page asks a permission for."""


def is_for_nobody(app: str, model: str, codename: str) -> bool:
    """Return whether nothing asks for the permission, so that no role has it."""
    action, _, of = codename.partition("_")
    actions = "view add change delete" if model.startswith("historical") else FOR_NOBODY.get(f"{app}.{model}", "")
    return of == model and action in actions.split()


def permissions_of(role: Role) -> frozenset[str]:
    return frozenset(permission for permission, roles in ALLOWED.items() if role in roles)

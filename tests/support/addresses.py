"""Every address of the portal, as the URL configuration has them.

No address that the portal serves can be left out of a table.
"""

from collections.abc import Iterator
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver

from amtportal.members.models import Member
from tests.support.audits import case_on_record, letter_on_record
from tests.support.builders import begin_checkout, cycle_of, invoice_of
from tests.support.details import make_name_request
from tests.support.draws import draw_with
from tests.support.evidence import attach, wait
from tests.support.notices import make_mail


@cache
def _every() -> tuple[tuple[str, str], ...]:
    return tuple(_walk(get_resolver()))


def _walk(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for found in resolver.url_patterns:
        route = before + str(found.pattern)
        if isinstance(found, URLPattern):
            yield route, found.name or ""
        else:
            yield from _walk(found, route)


def below(start: str) -> dict[str, str]:
    """Return the routes that begin with the prefix, each with its name (empty if none)."""
    return {route: name for route, name in _every() if route.startswith(start)}


# Each address by its name, with what it is to its owner, to another member, to staff with the
# permission and to staff without it. A redirect of one of the member's own pages leads to the home
# page, because staff hold no certification.
PRIVATE = {
    "certification-list": ("/certifications/", 200, 200, 302, 302),
    "activity-record": ("/ccp/record/", 200, 200, 302, 302),
    "activity-preview": ("/ccp/record/preview/", 405, 405, 405, 405),  # it answers only POST
    "record-files": ("/ccp/record/files/", 405, 405, 405, 405),  # it answers only POST
    "record-crop": ("/ccp/record/files/{waiting}/title/0.png", 200, 404, 302, 302),
    "activity-list": ("/ccp/activities/", 200, 200, 302, 302),
    "activity-export": ("/ccp/activities/export.csv", 200, 200, 302, 302),
    "activity-detail": ("/ccp/activities/{activity}/", 200, 404, 200, 404),
    "activity-reminders": ("/ccp/activities/{activity}/reminders.ics", 200, 404, 302, 302),
    "activity-amend": ("/ccp/activities/{activity}/amend/", 200, 404, 302, 302),
    "activity-withdraw": ("/ccp/activities/{activity}/withdraw/", 200, 404, 302, 302),
    "activity-restore": ("/ccp/activities/{activity}/restore/", 302, 404, 302, 302),  # the address alone does nothing
    "activity-report": ("/ccp/activities/{activity}/report/", 302, 404, 302, 302),  # AMT has credited nothing here
    "activity-difference": ("/ccp/activities/{activity}/difference/", 200, 404, 302, 302),
    "evidence-add": ("/ccp/activities/{activity}/evidence/", 200, 404, 302, 302),
    "evidence-download": ("/ccp/evidence/{evidence}/", 200, 404, 200, 404),
    "evidence-remove": ("/ccp/evidence/{evidence}/remove/", 200, 404, 302, 302),
    "transcript-detail": ("/ccp/transcript/{cycle}/", 200, 404, 200, 404),
    "transcript-pdf": ("/ccp/transcript/{cycle}.pdf", 200, 404, 200, 404),
    "transcript-history": ("/ccp/transcript/all/", 200, 200, 302, 302),
    "transcript-history-pdf": ("/ccp/transcript/all.pdf", 200, 200, 302, 302),
    "card-detail": ("/account/card/", 200, 200, 302, 302),
    "card-pdf": ("/account/card/{certification}.pdf", 200, 404, 302, 302),
    "letter-detail": ("/account/letter/{certification}/", 200, 404, 302, 302),
    "letter-pdf": ("/account/letter/{certification}.pdf", 409, 404, 302, 302),  # a fee is overdue
    "completion-pdf": ("/ccp/completion/{cycle}.pdf", 200, 404, 302, 302),
    "calendar-detail": ("/calendar/", 200, 200, 302, 302),
    "details-change": ("/account/details/", 200, 200, 302, 302),
    "name-ask": ("/account/details/name/", 200, 200, 302, 302),
    "name-withdraw": ("/account/details/name/withdraw/", 302, 302, 302, 302),  # nothing waits here
    "name-document": ("/account/details/name/{name}/document/", 200, 404, 302, 302),  # staff have a page of their own
    "sharing": ("/account/sharing/", 200, 200, 302, 302),
    "badge-download": ("/badges/{certification}.jwt", 200, 404, 302, 302),
    "course-systems": ("/account/course-systems/", 200, 200, 302, 302),
    "my-data": ("/account/my-data/", 200, 200, 302, 302),
    "my-data-download": ("/account/my-data/archive.zip", 302, 302, 302, 302),  # there is none here
    "notice-list": ("/account/notices/", 200, 200, 302, 302),
    "notice-detail": ("/account/notices/{notice}/", 200, 404, 302, 302),
    "invoice-list": ("/invoices/", 200, 200, 302, 302),
    "invoice-detail": ("/invoices/{invoice}/", 200, 404, 200, 404),
    "invoice-pdf": ("/invoices/{invoice}.pdf", 200, 404, 200, 404),
    "invoice-pay": ("/invoices/{invoice}/pay/", 302, 404, 302, 302),  # only the button does something
    "payment-return": ("/payments/return/{checkout}/", 302, 404, 302, 302),  # it leads to the invoice
    "audit-check": ("/audits/check/", 200, 200, 302, 302),
    "audit-list": ("/audits/", 200, 200, 302, 302),
    "audit-detail": ("/audits/{audit}/", 200, 404, 302, 302),  # reviewers have pages of their own
    "audit-attach": ("/audits/{audit}/entries/{activity}/files/", 200, 404, 302, 302),
    "audit-missing": ("/audits/{audit}/entries/{activity}/missing/", 200, 404, 302, 302),
    "audit-message": ("/audits/{audit}/message/", 200, 404, 302, 302),
    "audit-extension": ("/audits/{audit}/extension/", 200, 404, 302, 302),
    "audit-submit": ("/audits/{audit}/submit/", 302, 404, 302, 302),  # the page of the audit has the form
    "audit-appeal": ("/audits/{audit}/appeal/", 302, 404, 302, 302),  # nothing is decided here
    "audit-letter": ("/audits/{audit}/letters/{letter}/", 200, 404, 302, 302),
    "draw-line": ("/audits/draws/{draw}/mine/", 200, 404, 302, 302),
    "styleguide": ("/styleguide/", 404, 404, 200, 200),  # for any staff, because it shows nobody's data
}


PUBLIC = {
    "home": "/",
    "account-activate": "/accounts/activate/",
    "account-activate-done": "/accounts/activate/done/",
    "qualifying-activities": "/qualifying-activities/",
    "guidance-pdf": "/qualifying-activities/guidance-document.pdf",
    "guide": "/guide/",
    "tutorial": "/guide/tutorial/enter-ce/",
    "tutorial-list": "/guide/tutorial/",
    "guide-pdf": "/guide/amtrax-user-guide.pdf",
    "question-ask": "/help/question/",
    "question-sent": "/help/question/sent/",
    "transcript-check": "/verify/",
    "credential-look-up": "/credentials/",
    "draw-list": "/audits/draws/",
    "api-docs": "/api/v1/docs",
    "healthz": "/healthz",
}


def of_owner(address: str, member: Member) -> str:
    """Return the address with the keys of the owner's own activity, cycle and (open) invoice.

    If the address names a file, a file is attached to the activity, or waits for a form. If it names a checkout, one is
    begun. If it names a request for a name, there is one. If it names a notice, one was mailed. If it
    names a draw, the member has a line in it. If it names an audit, AMT asks for proof in it.
    """
    cycle = cycle_of(member)
    invoice = invoice_of(cycle)
    entry = member.activities.get()
    evidence = attach(entry).pk if "{evidence}" in address else 0
    checkout = begin_checkout(invoice).idempotency_key if "{checkout}" in address else ""
    notice = make_mail(member).pk if "{notice}" in address else 0
    return address.format(
        activity=entry.pk,
        cycle=cycle.pk,
        certification=cycle.certification_id,
        invoice=invoice.pk,
        evidence=evidence,
        waiting=wait(member).pk if "{waiting}" in address else 0,
        checkout=checkout,
        notice=notice,
        name=make_name_request(member).pk if "{name}" in address else 0,
        draw=draw_with(member).year if "{draw}" in address else 0,
        audit=case_on_record(cycle).pk if "{audit}" in address else 0,
        letter=letter_on_record(case_on_record(cycle)).pk if "{letter}" in address else 0,
    )

"""The pages that look over all apps: the home page, My Certifications, the renewal invoices."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from amtportal.dates import day_of, today
from amtportal.documents import layout as documents
from amtportal.members.access import account_of, for_member, member_of
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.models import Member
from amtportal.members.sign_in.limits import rate_limited
from amtportal.middleware.headers import public_page
from ccp.counting import requirement
from ccp.rollover import closing as rollover
from ccp.standing import cards as overview
from ccp.standing import standing
from certifications.invoice_standing import InvoiceStanding, invoice_standing
from certifications.models import Payment, RenewalInvoice


@public_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Signed out: what this is. Signed in: points, days left, what to do next and the invoice, at a glance."""
    if not request.user.is_authenticated:
        return render(request, "home_public.html")
    member = member_of(request)
    if member is None:
        return render(request, "home_staff.html")
    standings = standing.caught_up(member, at=timezone.now())
    context = {
        "member": member,
        "cards": overview.cards(standings),
        "recent": overview.recent(member),
    }
    return render(request, "home.html", context)


@require_safe
@for_member
def certification_list(request: HttpRequest, member: Member) -> HttpResponse:
    """My Certifications: an AMTRAX section with Record CE for each certification."""
    context = {"member": member, "standings": standing.caught_up(member, at=timezone.now())}
    return render(request, "certifications/certification_list.html", context)


@require_safe
@for_member
def invoice_list(request: HttpRequest, member: Member) -> HttpResponse:
    """The member's renewal invoices, the latest due first."""
    now = timezone.now()
    on = day_of(now)
    of_member = RenewalInvoice.objects.filter(cycle__certification__member=member).select_related(
        "cycle__certification__credential"
    )
    invoices = list(of_member)
    if rollover.catch_up(member, at=now, shown=[invoice.cycle for invoice in invoices]):
        invoices = list(of_member.all())
    counted = requirement.counted_by_cycle({invoice.cycle_id for invoice in invoices})
    lines = [invoice_standing(invoice, on, counted=counted[invoice.cycle_id]) for invoice in invoices]
    return render(request, "certifications/invoice_list.html", {"lines": lines})


@require_safe
def invoice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One renewal invoice: its state, why, and how to pay once it is open. Online payment will have its place here."""
    invoice, line = _invoice(request, pk)
    context = {
        "line": line,
        "payment": _payment(invoice),
        "reversed": line.state == "open" and invoice.payments.exists(),
        "counted": requirement.counted_points(invoice.cycle),
        "required": invoice.cycle.points_required,
        "standing": standing.standings_of([invoice.cycle], today())[0],
    }
    return render(request, "certifications/invoice_detail.html", context)


@require_safe
@rate_limited("pdf")
def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """An open invoice, or the receipt of a paid one, as PDF. Any other is refused, with the reason."""
    invoice, line = _invoice(request, pk)
    if line.state not in ("open", "paid"):
        return render(request, "certifications/invoice_refused.html", {"line": line}, status=403)
    certification = invoice.cycle.certification
    html = documents.html_of(
        "certifications/invoice_document.html",
        {
            "invoice": invoice,
            "certification": certification,
            "member": certification.member,
            "payment": _payment(invoice),
            "on": today(),
            "association": ASSOCIATION,
        },
    )
    try:
        made = documents.pdf(html)
    except documents.TooLong:
        return documents.too_long(request)
    return HttpResponse(
        made,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{invoice.number}.pdf"'},
    )


def _invoice(request: HttpRequest, pk: int) -> tuple[RenewalInvoice, InvoiceStanding]:
    invoices = RenewalInvoice.objects.visible_to(request.user).select_related(
        "cycle__certification__credential", "cycle__certification__member"
    )
    invoice = get_object_or_404(invoices, pk=pk)
    if rollover.catch_up(invoice.cycle.certification.member, at=timezone.now(), shown=[invoice.cycle]):
        invoice = invoices.get(pk=pk)
    counted = requirement.counted_points(invoice.cycle)
    return invoice, invoice_standing(invoice, today(), counted=counted)


def _payment(invoice: RenewalInvoice) -> Payment | None:
    return invoice.payments.filter(reversed_at=None).first()


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every element of the pages with its states, for staff. For anybody else it is not there."""
    if not account_of(request).is_staff:
        raise Http404
    return render(request, "styleguide.html", {"on": today()})


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For the load balancer: the portal answers and its database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")

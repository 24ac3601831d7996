"""The pages that look over all apps: the home page, My Certifications, the renewal invoices, and the public pages."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from amtportal import documents
from amtportal.dates import today
from amtportal.members.access import for_member, member_of
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.models import Member
from ccp import requirement, standing
from ccp.models import Category
from certifications.models import Payment, RenewalInvoice


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Signed out: what this is. Signed in: points, days left, what to do next and the invoice, at a glance."""
    if not request.user.is_authenticated:
        return render(request, "home_public.html")
    member = member_of(request)
    if member is None:
        return render(request, "home_staff.html")
    return render(request, "home.html", {"member": member, "standings": standing.standings(member, today())})


@require_safe
@for_member
def certification_list(request: HttpRequest, member: Member) -> HttpResponse:
    """My Certifications: an AMTRAX section with Record CE for each certification."""
    context = {"member": member, "standings": standing.standings(member, today())}
    return render(request, "certifications/certification_list.html", context)


@require_safe
@for_member
def invoice_list(request: HttpRequest, member: Member) -> HttpResponse:
    """The member's renewal invoices, the latest due first."""
    on = today()
    invoices = list(
        RenewalInvoice.objects.filter(cycle__certification__member=member).select_related(
            "cycle__certification__credential"
        )
    )
    counted = requirement.counted_by_cycle({invoice.cycle_id for invoice in invoices})
    lines = [standing.invoice_standing(invoice, on, counted=counted[invoice.cycle_id]) for invoice in invoices]
    return render(request, "certifications/invoice_list.html", {"lines": lines})


@require_safe
def invoice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One renewal invoice: its state, why, and how to pay once it is open. Online payment will have its place here."""
    invoice, line = _invoice(request, pk)
    context = {
        "line": line,
        "payment": _payment(invoice),
        "counted": requirement.counted_points(invoice.cycle),
        "required": invoice.cycle.points_required,
    }
    return render(request, "certifications/invoice_detail.html", context)


@require_safe
def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """An open invoice, or the receipt of a paid one, as PDF. Any other is refused, with the reason."""
    invoice, line = _invoice(request, pk)
    if line.state not in ("open", "paid"):
        return render(request, "certifications/invoice_refused.html", {"line": line}, status=403)
    certification = invoice.cycle.certification
    html = render_to_string(
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
    return HttpResponse(
        documents.pdf(html),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{invoice.number}.pdf"'},
    )


def _invoice(request: HttpRequest, pk: int) -> tuple[RenewalInvoice, standing.InvoiceStanding]:
    invoices = RenewalInvoice.objects.visible_to(request.user).select_related(
        "cycle__certification__credential", "cycle__certification__member"
    )
    invoice = get_object_or_404(invoices, pk=pk)
    counted = requirement.counted_points(invoice.cycle)
    return invoice, standing.invoice_standing(invoice, today(), counted=counted)


def _payment(invoice: RenewalInvoice) -> Payment | None:
    return invoice.payments.filter(reversed_at=None).first()


@login_not_required
@require_safe
def qualifying_activities(request: HttpRequest) -> HttpResponse:
    """The public list of qualifying activities, from the data."""
    categories = Category.objects.prefetch_related("activity_types")
    return render(request, "qualifying_activities.html", {"categories": categories})


@login_not_required
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The user guide: enter CE, track progress, print or save the transcript."""
    return render(request, "guide.html")


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For the load balancer: the portal answers and its database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")

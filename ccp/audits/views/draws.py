"""The pages of draws: what is published, for everybody, and a member's own line in a draw."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from amtportal.members.access import for_member
from amtportal.members.limits import address_over_limit, respond_429
from amtportal.members.models import Member
from amtportal.middleware.headers import public_page
from ccp.audits import draws, own_lines, published
from ccp.audits.models import Draw

TEXT = {"json": "application/json", "py": "text/x-python; charset=utf-8"}


@public_page
@require_safe
def draw_list(request: HttpRequest) -> HttpResponse:
    """Show the draws of all years, and how a draw is made."""
    return render(request, "ccp/audits/draw_list.html", {"draws": draws.standing()})


@public_page
@require_safe
def draw_detail(request: HttpRequest, year: int) -> HttpResponse:
    """Show what was frozen, the seed, how many are drawn, what that buys, and the files."""
    draw = get_object_or_404(draws.standing(), year=year)
    strata = draws.strata_of(draw)
    member: Any = getattr(request.user, "member", None)
    return render(
        request,
        "ccp/audits/draw_detail.html",
        {
            "draw": draw,
            "population": f"{draw.population:,}",
            "strata": [(each.code, f"{each.population:,}", f"{each.drawn:,}", each.margin) for each in strata],
            "worth": draws.worth(draws.whole(strata)),
            "left_out": f"{sum(draws.left_out(draw).values()):,}",
            "files": published.described(draw),
            "abandoned": Draw.objects.filter(year=year).exclude(abandoned_reason="").order_by("pk"),
            "has_line": bool(member and own_lines.of(member, draw)),
        },
    )


@public_page
@require_safe
def draw_file(request: HttpRequest, year: int, name: str) -> HttpResponse:
    """Send a published file."""
    if name not in published.NAMES:
        raise Http404
    if address_over_limit(request, "draw"):
        return respond_429(request)
    draw = get_object_or_404(draws.standing(), year=year)
    content = published.files(draw).get(name)
    if content is None:
        raise Http404
    content_type = TEXT.get(name.rpartition(".")[2], "text/plain; charset=utf-8")
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=disposition)


@require_safe
@for_member
def draw_line(request: HttpRequest, member: Member, year: int) -> HttpResponse:
    """Show the member's own lines, how to find them in the file, and whether they were drawn."""
    draw = get_object_or_404(draws.standing(), year=year)
    lines = own_lines.of(member, draw)
    if not lines:
        raise Http404
    return render(request, "ccp/audits/draw_line.html", {"draw": draw, "lines": lines})

"""The badge of a certification for its member, and what anybody needs to verify one."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.dates import day_of
from amtportal.members.access import account_of, for_member
from amtportal.members.limits import address_over_limit, rate_limited, respond_429
from amtportal.members.models import Member
from ccp.badges import credentials, issuing, signing
from ccp.rollover import catching_up
from certifications.models import Certification
from certifications.validity import of_certifications

View = Callable[..., HttpResponse]
SIGNED = "application/vc+jwt"


@require_safe
@rate_limited("badge")
@for_member
def badge_download(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Send the Open Badge of the member's certification, which must be in force."""
    now = timezone.now()
    held = Certification.objects.filter(member=member).select_related("credential", "member")
    certification = get_object_or_404(held, pk=pk)
    if catching_up.catch_up(member, at=now):
        certification = held.get(pk=pk)
    if certification.status not in Certification.IN_FORCE:
        raise Http404
    issued = issuing.issue(certification=certification, by=account_of(request), at=now)
    [validity] = of_certifications([certification], day_of(now))
    code = re.sub(r"[^A-Za-z0-9]+", "-", certification.credential.code)
    return HttpResponse(
        signing.sign(credentials.badge(issued, validity)),
        content_type=SIGNED,
        headers={"Content-Disposition": f'attachment; filename="AMT-{code}-badge.jwt"'},
    )


def for_programs(view: View) -> View:
    """Open the view to programs of anybody, also to those in a page of another site. It names nobody."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if address_over_limit(request, "badge_check"):
            return respond_429(request)
        answer = view(request, *args, **kwargs)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return login_not_required(require_safe(opened))


@for_programs
def badge_issuer(request: HttpRequest) -> HttpResponse:
    """Tell who issues badges, and where the keys are."""
    return JsonResponse({"@context": [credentials.VC_CONTEXT, credentials.BADGE_CONTEXT], **credentials.issuer()})


@for_programs
def badge_keys(request: HttpRequest) -> HttpResponse:
    """Send every public key (RFC 7517)."""
    return JsonResponse({"keys": signing.public_keys()}, content_type="application/jwk-set+json")


@for_programs
def badge_key(request: HttpRequest, name: str) -> HttpResponse:
    """Send the public key by which a badge was signed."""
    key = signing.public_key(name)
    if key is None:
        raise Http404
    return JsonResponse(key, content_type="application/jwk+json")


@for_programs
def badge_status(request: HttpRequest, number: int) -> HttpResponse:
    """Send a status list, signed: which badges are revoked at this moment."""
    if number > 2**31 - 1 or not issuing.has_list(number):
        raise Http404
    content = credentials.status_list(number, issuing.revoked(number), at=timezone.now())
    return HttpResponse(signing.sign(content), content_type=SIGNED)

"""What anybody may read: the guide, the list of qualifying activities with its points calculator, and security.txt.

The pages are the same for everybody but for their head.
"""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from amtportal.middleware.headers import public_page


@public_page
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The user guide: enter CE, track progress, print or save the transcript; and what members ask."""
    return render(request, "guide.html")


@public_page
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116), for as long as the operators say whom: renewed by being asked for."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires_on = (timezone.now() + timedelta(days=180)).date()
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires_on}T00:00:00Z",
        "Preferred-Languages: en, es",
        f"Canonical: {settings.SITE_URL}{reverse('security-txt')}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")

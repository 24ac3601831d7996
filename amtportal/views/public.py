"""Pages that anybody may read: the guide, the tutorial, security.txt, and the manifest of the portal as an app.

Apart from their header, they are the same for everybody.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from amtportal import links
from amtportal.members import manuals
from amtportal.middleware.headers import public_page
from amtportal.middleware.language import or_english
from amtportal.tutorial import CLIPS


@public_page
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show the user guide: enter CE, track progress, print or save the transcript, and answers."""
    return render(request, "guide.html")


@login_not_required
@cache_control(public=True, max_age=24 * 3600)
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Send the name and icons with which phones install the portal (W3C, Web Application Manifest).

    It is the same for everybody. There is no service worker: a page that is shown is of this moment
    (decision 63).
    """
    icons = [
        {"src": static(f"icons/portal{name}-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", **purpose}
        for name, purpose in (("", {}), ("-maskable", {"purpose": "maskable"}))
        for size in (192, 512)
    ]
    about = {
        "id": "/",
        "name": "My AMT Portal",
        "short_name": "AMT Portal",
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f3ee",
        "theme_color": "#0a4059",
        "icons": icons,
    }
    return JsonResponse(about, content_type="application/manifest+json")


@public_page
@require_safe
def tutorial_list(request: HttpRequest) -> HttpResponse:
    """Show all clips of the tutorial with what they say in words. None is fetched here."""
    return render(request, "guide/clips.html", {"clips": CLIPS.values()})


@public_page
@require_safe
def tutorial(request: HttpRequest, name: str) -> HttpResponse:
    """Show a clip of the tutorial in the reader's language, and what it says in words."""
    clip = CLIPS.get(name)
    if clip is None:
        raise Http404
    language = or_english(get_language())
    context = {
        "clip": clip,
        "language": language,
        "film": clip.film(language),
        "poster": clip.poster(language),
        "size": clip.bytes_in(language),
        "others": [other for other in CLIPS.values() if other is not clip],
    }
    return render(request, "guide/clip.html", context)


@public_page
@require_safe
def guide_pdf(request: HttpRequest) -> HttpResponse:
    """Send the guide as PDF, in the reader's language: the AMTrax User Guide."""
    context = {"guide_at": links.absolute(reverse("guide")).partition("://")[2]}
    return manuals.send(request, "guide/guide_document.html", context, "AMTrax-User-Guide.pdf")


@public_page
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Send the contact for security problems (RFC 9116), if ``SECURITY_CONTACT`` is set.

    The date in Expires is calculated at each request, so nobody has to renew the file.
    """
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires_on = (timezone.now() + timedelta(days=180)).date()
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires_on}T00:00:00Z",
        "Preferred-Languages: en, es",
        f"Canonical: {links.absolute(reverse('security-txt'))}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")

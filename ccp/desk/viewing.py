"""The portal as a member sees it, for staff on the phone: read-only, on record, and told on every page.

- It needs a permission of its own and a reason, which stay on record with who and when (``Viewing``).
  A staff account is never viewed.
- Only the pages of ``PAGES`` are shown as the member sees them: what the member holds, recorded, owes
  and was told. What only the member may see is not among them: what opens the account, where it is
  signed in, secret addresses, files.
- A page is made with the member's account in a transaction that is rolled back, so that nothing is
  written: no sign-in, no transcript, no closing of cycles. The session stays that of the staff.
- Every post is refused with a sentence, except those that end the viewing or the session, and those of
  the staff pages, which staff send as themselves.
- It ends when staff end it, at the sign-out, and after ``LASTS``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from amtportal import clean
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, refuse_if
from ccp.desk.models import Viewing

MAY = "desk.view_as_member"
LASTS = timedelta(minutes=30)
SESSION_KEY = "viewing_as"

PAGES = frozenset(
    {
        "home",
        "certification-list",
        "activity-list",
        "activity-detail",
        "invoice-list",
        "invoice-detail",
        "transcript-detail",
        "transcript-history",
        "notice-list",
        "notice-detail",
    }
)
"""The names of the addresses that are shown as the member sees them."""
STAFFS_OWN = "/admin/"
ENDING = frozenset({"account_logout"})
"""Posts that are let through: to sign out also ends the viewing."""


@dataclass(frozen=True)
class View:
    """Whom somebody of the staff views now, and until when; ``request.viewing`` on every page."""

    member: Member
    account: User
    until: datetime


def problem_with(member: Member, by: User) -> Problem | None:
    """Return why nobody can view the portal as this member."""
    if member.merged_into_id:
        return Problem("", "This record was merged into another one. View the portal as that member.")
    account = member.user
    if account is None:
        return Problem("", "The member has no account, so there are no pages that the member could see.")
    if account.is_staff or account.is_superuser:
        return Problem("", "This is the account of somebody of the staff. Nobody views the portal as a colleague.")
    if not account.is_active:
        return Problem("", "The account is closed, so there are no pages that the member could see.")
    if account.pk == by.pk:
        return Problem("", "This is your own account.")
    return None


def begin(request: HttpRequest, *, member: Member, reason: str, by: User, at: datetime) -> Viewing:
    """Put on record that the viewing begins, and let this session view. Raises ``Refused``."""
    refuse_if(problem_with(member, by))
    reason = clean.line(reason)
    refuse_if(None if reason else Problem("reason", "Say why: the reason stays on record."))
    viewing = Viewing.objects.create(member=member, viewed_by=by, reason=reason[:300], began_at=at)
    request.session[SESSION_KEY] = viewing.pk
    return viewing


def end(request: HttpRequest) -> int | None:
    """Let this session view no longer. Return the key of the member who was viewed, if one was."""
    key = request.session.pop(SESSION_KEY, None)
    return Viewing.objects.filter(pk=key).values_list("member", flat=True).first() if key else None


def current(request: HttpRequest) -> View | None:
    """Return whom this session views; None if it views nobody, or may not any longer."""
    key = request.session.get(SESSION_KEY)
    if not key or not isinstance(request.user, User):
        return None
    viewing = Viewing.objects.select_related("member__user").filter(pk=key, viewed_by=request.user.pk).first()
    member = viewing.member if viewing else None
    is_over = viewing is None or timezone.now() >= viewing.began_at + LASTS
    allowed = request.user.is_staff and request.user.has_perm(MAY)
    if is_over or not allowed or member is None or problem_with(member, request.user):
        request.session.pop(SESSION_KEY, None)
        return None
    assert viewing is not None
    assert member.user is not None
    return View(member, member.user, viewing.began_at + LASTS)


def is_on(request: HttpRequest) -> bool:
    """Return whether the page is made for somebody who views the portal as its member."""
    return hasattr(request, "viewing")


class ViewingMiddleware:
    """Shows the pages of a member to staff who view the portal as this member. It comes after the second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        # Most requests have no session, which is then not asked for.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or SESSION_KEY not in request.session:
            return None
        if (seen := current(request)) is None:
            return None
        request.viewing = seen  # type: ignore[attr-defined]
        name = (request.resolver_match.url_name if request.resolver_match else "") or ""
        if request.path_info.startswith(STAFFS_OWN) or name in ENDING:
            return None
        if request.method not in ("GET", "HEAD"):
            return _refused(request, seen, "Nothing was changed: you only view the portal as this member.")
        if name in PAGES:
            return _as_seen(request, seen, view, args, kwargs)
        if getattr(view, "login_required", True):
            return _refused(request, seen, "This page is the member's own. It is not shown while you view the portal.")
        return None


def _as_seen(request: HttpRequest, seen: View, view: Any, args: Any, kwargs: Any) -> HttpResponseBase:
    """Answer with the page as the member sees it, and write nothing."""
    staff, request.user = request.user, seen.account
    try:
        with transaction.atomic():
            answer: HttpResponseBase = view(request, *args, **kwargs)
            if callable(render_now := getattr(answer, "render", None)):
                render_now()
            transaction.set_rollback(True)
    finally:
        request.user = staff
    return answer


def _refused(request: HttpRequest, seen: View, sentence: str) -> HttpResponse:
    return render(request, "desk/viewing_refused.html", {"sentence": sentence, "seen": seen}, status=403)

"""Who may see a page: members see their own; other accounts are sent to the home page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from amtportal.members.models import Member, User

View = Callable[..., HttpResponseBase]


def for_member(view: View) -> View:
    """Call the view with the signed-in member. ``LoginRequiredMiddleware`` asks for the sign-in."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        member = member_of(request)
        if member is None:
            return redirect("home")
        return view(request, member, *args, **kwargs)

    return wrapped


def account_of(request: HttpRequest) -> User:
    """Return the signed-in account: ``LoginRequiredMiddleware`` lets nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def member_of(request: HttpRequest) -> Member | None:
    """Return the member who is signed in; None for an account without an AMT ID, such as staff."""
    return getattr(account_of(request), "member", None)

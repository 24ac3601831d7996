"""The page of browsers in which somebody is signed in, with buttons that sign out the others.

The buttons ask people to confirm who they are, so that somebody who finds an open browser cannot
lock out its owner.
"""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amtportal.members.access import account_of
from amtportal.members.sessions import sessions


def session_list(request: HttpRequest) -> HttpResponse:
    """Show the list. Its button ends all sessions except this one."""
    if request.method == "POST":
        return _end_elsewhere(request)
    return render(request, "usersessions/usersession_list.html", {"sessions": sessions.of(account_of(request))})


@reauthentication_required
def _end_elsewhere(request: HttpRequest) -> HttpResponse:
    sessions.end(sessions.elsewhere(request), user=account_of(request))
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("session-list")


@require_POST
@reauthentication_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one session, but not the current one, which ends with Sign out."""
    session = get_object_or_404(sessions.elsewhere(request), pk=pk)
    name = sessions.browser_name(session.user_agent)
    sessions.end([session], user=account_of(request))
    messages.success(request, _("%(browser)s is signed out.") % {"browser": name})
    return redirect("session-list")

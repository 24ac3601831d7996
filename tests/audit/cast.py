"""The people added to the demo association for the audit, and the pages that no address leads to.

This runs in ``manage.py``.
"""

from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.template.loader import render_to_string

from amtportal.members.models import User
from tests.audit.portal import ERRORS, LONG, PASSWORD, SAFE, SECRET
from tests.support.builders import client_of
from tests.support.factors import give_app, give_passkey


def prepare(folder: str) -> None:
    """Let the people of the roster sign in, and write the server's error pages into the folder."""
    for email in (LONG, SAFE):
        user = User.objects.get(email=email)
        user.set_password(PASSWORD)
        user.save()
        EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    make_safe(User.objects.get(email=SAFE))
    errors = Path(folder)
    errors.mkdir()
    for name in ERRORS:
        typed = {"typed": [("title", "Café")], "asked": "/", "csrf_token": "x"}
        (errors / f"{name}.html").write_text(render_to_string(f"{name}.html", typed), encoding="utf-8")


def make_safe(user: User) -> None:
    """Give every second factor, one of them under a long name, and another browser.

    The other browser says much about itself.
    """
    give_app(user, SECRET)
    give_passkey(user, "Phone")
    give_passkey(user, "W" * 60, alone=False)
    session = client_of(user).session.session_key
    UserSession.objects.create(user=user, session_key=session, ip="2001:db8:85a3::8a2e:370:7334", user_agent="x" * 200)

"""allauth at the portal's door: nobody signs up, links go to the address on record, and a new browser is told.

- Tries of one account are counted together, but for those from a browser in which it was used before: these are counted
  apart, so that whoever guesses from elsewhere does not keep the owner out.
- A sign-in from a browser in which the account was not used before is told to its owner, in the owner's language. The
  very first sign-in is not: it follows the link that opened the account.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from amtportal.members import limits
from amtportal.members.models import User
from amtportal.members.sessions import devices
from amtportal.middleware.language import or_english


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link to the address on record, whichever spelling of it was typed."""
        template = "password_reset_key" if user.has_usable_password() else "activation"
        context = {**context, "activate_url": context["password_reset_url"]}
        self.send_mail(f"account/email/{template}", user.email, context)

    def set_password(self, user: User, password: str) -> None:
        """Store the password and nothing else: what staff change in the account meanwhile stands."""
        user.set_password(password)
        user.save(update_fields=["password", "short_password"])

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try. One too many is refused, and noted."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            limits.note_reached(request, "login_failed", typed=credentials.get("email", ""))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """The address as the account is looked up by it, and nothing else that a visitor can choose."""
        email = credentials.get("email", "").strip().lower()
        return f"{email}:{devices.mark(email)}" if email and devices.is_known(request, email) else email

    def login(self, request: HttpRequest, user: User) -> None:
        first, known = user.last_login is None, devices.is_known(request, user.email)
        super().login(request, user)
        if first or known:
            _remember_language(user)
        else:
            with translation.override(or_english(user.language or translation.get_language())):
                self.send_notification_mail("account/email/new_browser", user)

    def post_login(self, request: HttpRequest, user: User, **told: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **told)
        devices.remember(request, response, user.email)
        return response


def _remember_language(user: User) -> None:
    language = or_english(translation.get_language())
    if user.language != language:
        user.language = language
        user.save(update_fields=["language"])

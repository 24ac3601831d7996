"""How allauth behaves in the portal.

- Nobody can sign up, and links go to the address on record.
- Failed sign-ins are counted for each account. Those from a known browser are counted separately,
  so that somebody who guesses passwords from elsewhere does not lock out the owner.
- A sign-in from a new browser is reported to the owner by mail, in the owner's language. The very
  first sign-in is not reported, because it follows the link that opened the account.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from amtportal import clean
from amtportal.members import limits
from amtportal.members.models import User
from amtportal.members.sessions import devices
from amtportal.middleware.language import or_english


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link to the address on record, however the person spelled it."""
        template = "password_reset_key" if user.has_usable_password() else "activation"
        context = {**context, "activate_url": context["password_reset_url"]}
        self.send_mail(f"account/email/{template}", user.email, context)

    def set_password(self, user: User, password: str) -> None:
        """Save only the password, so that changes that staff make at the same time are not lost."""
        user.set_password(password)
        user.save(update_fields=["password", "short_password"])

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try. A try above the limit is refused and recorded."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            limits.note_reached(request, "login_failed", typed=credentials.get("email", ""))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the address in the form that finds the account, marked if the browser is known.

        Nothing else that a visitor can choose is part of the key.
        """
        email = clean.email(credentials.get("email", ""))
        return f"{email}:{devices.mark(email)}" if email and devices.is_known(request, email) else email

    def login(self, request: HttpRequest, user: User) -> None:
        first, known = user.last_login is None, devices.is_known(request, user.email)
        super().login(request, user)
        if first or known:
            _remember_language(user)
        else:
            with translation.override(or_english(user.language or translation.get_language())):
                self.send_notification_mail("account/email/new_browser", user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user.email)
        return response


def _remember_language(user: User) -> None:
    language = or_english(translation.get_language())
    if user.language != language:
        user.language = language
        user.save(update_fields=["language"])

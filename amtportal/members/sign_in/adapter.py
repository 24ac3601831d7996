"""How allauth behaves in the portal.

- Nobody can sign up, and links go to the address on record.
- Failed sign-ins are counted for each account (``limits``). Those from a known browser are counted
  separately, so that somebody who guesses passwords from elsewhere does not make the owner wait.
- A sign-in from a new browser is reported to the owner by mail, in the owner's language. The very
  first sign-in is not reported, because it follows the link that opened the account.
"""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from amtportal import clean
from amtportal.members import limits, refusals
from amtportal.members.factors.second_factor import FACTORS
from amtportal.members.mail import account_mails
from amtportal.members.mail.languages import language_of
from amtportal.members.mail.layout import Mail
from amtportal.members.models import User
from amtportal.members.sessions import devices
from amtportal.middleware.language import or_english


class AccountAdapter(DefaultAccountAdapter):
    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return the refusal in the portal's words, with a way on."""
        if code == "too_many_login_attempts":
            return refusals.too_many(self.request)
        if code == "email_password_mismatch":
            return refusals.mismatch()
        if code in ("incorrect_password", "enter_current_password"):
            return refusals.not_yours()
        error: ValidationError = super().validation_error(code, *args)
        return error

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link to the address on record, however the person spelled it."""
        has_factor = is_mfa_enabled(user, FACTORS)  # asked for everybody, so that each answer takes as long
        template = "password_reset_key" if user.has_usable_password() or has_factor else "activation"
        self.send_mail(f"account/email/{template}", user.email, context)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask again who it is, unless the person has just signed in.

        allauth itself counts only an answer to the same question, and so asked for the password
        right after the sign-in.
        """
        records = get_authentication_records(self.request, self.request.user)
        just_now = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        if any(record["method"] in ("password", "mfa") and record["at"] > just_now for record in records):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def set_password(self, user: User, password: str) -> None:
        """Save only the password, so that changes that staff make at the same time are not lost."""
        if self.request:
            self.request.is_first_password = not user.has_usable_password()
        user.set_password(password)
        user.save(update_fields=["password", "short_password"])

    def add_message(
        self, request: HttpRequest, level: int, message_template: str = "", *args: Any, **kwargs: Any
    ) -> None:
        """A first password is not "changed"."""
        if message_template == "account/messages/password_changed.txt" and _is_first_password(request):
            message_template = "account/messages/password_set.txt"
        super().add_message(request, level, message_template, *args, **kwargs)

    def render_mail(self, template_prefix: str, email: str, context: dict[str, Any], headers: Any = None) -> Mail:
        return account_mails.written(template_prefix, context, to=email)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the owner, in the owner's language, whoever acts. A first password is not "reset"."""
        if template_prefix == "account/email/password_reset" and _is_first_password(self.request):
            template_prefix = "account/email/password_set"
        with translation.override(language_of(user)):
            super().send_notification_mail(template_prefix, user, {**(context or {}), "user": user}, email)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse the try if too many before it were wrong, and record that."""
        email = credentials.get("email", "")
        if limits.is_closed(email):
            limits.note_reached(request, "password_closed", typed=email)
            raise refusals.closed()
        if not limits.may_try(request, self._get_login_attempts_cache_key(request, **credentials)):
            limits.note_reached(request, "login_failed", typed=email)
            raise refusals.too_many(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Look again after a right password.

        Many guesses that come at the same moment are all let through by the first look. None of
        them succeeds once enough of the others have failed.
        """
        user = super().authenticate(request, **credentials)
        if user:
            self.pre_authenticate(request, **credentials)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        key = self._get_login_attempts_cache_key(request, **credentials)
        if not limits.count_failure(request, key=key, email=credentials.get("email", "")):
            self.pre_authenticate(request, **credentials)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Let passwords be tried again: a mailed link was used."""
        key = self._get_login_attempts_cache_key(request, **credentials)
        limits.forget_failures(key=key, email=credentials["email"])

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the address in the form that finds the account, marked if the browser is known.

        Nothing else that a visitor can choose is part of the key.
        """
        email = clean.email(credentials.get("email", ""))
        return f"{email}:{devices.mark(email)}" if email and devices.is_known(request, email) else email

    def login(self, request: HttpRequest, user: User) -> None:
        first, known = user.last_login is None, devices.is_known(request, user.email)
        super().login(request, user)
        if any(record["method"] == "password" for record in get_authentication_records(request, user)):
            limits.end_row(user.email)
        if first or known:
            _remember_language(user)
        else:
            self.send_notification_mail("account/email/new_browser", user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user.email)
        return response


def _is_first_password(request: HttpRequest) -> bool:
    return getattr(request, "is_first_password", False)


def _remember_language(user: User) -> None:
    language = or_english(translation.get_language())
    if user.language != language:
        user.language = language
        user.save(update_fields=["language"])

"""Mail about an account: links that open it, and what happened to its safety.

allauth names each mail by a prefix, such as ``account/email/password_changed``. ``MAILS`` says what
each of them contains; a prefix that is not there raises ``KeyError``. A text is written in the
active language.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from allauth.account import app_settings
from django.conf import settings
from django.core.mail import get_connection
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amtportal import links
from amtportal.formatting import format_moment
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.mail.languages import language_of
from amtportal.members.mail.layout import Button, Content, Mail, Part, compose
from amtportal.members.models import Detail, MailPriority, Member, User
from amtportal.members.sessions.sessions import browser_name
from amtportal.middleware.language import or_english

Context = Mapping[str, Any]
DETAILS: Mapping[Detail, Promise] = {
    Detail.NAME: gettext_lazy("Name"),
    Detail.PHONE: gettext_lazy("Phone number"),
    Detail.ADDRESS: gettext_lazy("Postal address"),
}


def written(prefix: str, context: Context, *, to: str) -> Mail:
    """Return the mail that allauth calls by the prefix, in the active language."""
    contents, priority = MAILS[prefix]
    content = contents({**context, "name": _name(context.get("user"))})
    return compose(content, to=to, language=or_english(translation.get_language()), priority=priority)


def address_changed(moved: Iterable[tuple[User, str]]) -> None:
    """Tell the owners of activated accounts that AMT changed the e-mail address.

    The mail goes to the old address, which ``moved`` has with each account, because its reader may
    have lost the account to somebody else. The mail names neither the new address nor the member,
    because either of the addresses may belong to another person.
    """
    mails = []
    for user, old in moved:
        if user.has_usable_password() or user.last_login:  # some are opened by a passkey alone
            language = language_of(user)
            with translation.override(language):
                content = address_changed_by_amt()
            mails.append(compose(content, to=old, language=language, priority=MailPriority.ACCOUNT))
    get_connection().send_messages(mails)


def tell(user: User, content: Callable[[Context], Content], context: Context) -> None:
    """Write to the address of the account about what AMT did, in the owner's language."""
    language = language_of(user)
    with translation.override(language):
        told = content({**context, "name": _name(user)})
    mail = compose(told, to=user.email, language=language, priority=MailPriority.ACCOUNT)
    get_connection().send_messages([mail])


def works_for(time: timedelta) -> str:
    """Return for how long a link works, as a sentence. A part of a day or of an hour does not count."""
    if time >= timedelta(days=1):
        words = ngettext("The link works once, for %(days)s day.", "The link works once, for %(days)s days.", time.days)
        return words % {"days": time.days}
    hours = time // timedelta(hours=1)
    words = ngettext("The link works once, for %(hours)s hour.", "The link works once, for %(hours)s hours.", hours)
    return words % {"hours": hours}


def _name(user: User | None) -> str:
    member = Member.objects.filter(user=user).first() if user else None
    return member.name if member else ""


def _why_asked() -> str:
    return _("You get this mail because somebody, probably you, asked for it in My AMT Portal with this address.")


def _why_safety() -> str:
    return _("You get this mail because it is about the safety of your account. Such mail cannot be switched off.")


def _why_answered() -> str:
    return _("You get this mail because you asked AMT for it in My AMT Portal.")


def _if_not_you_call() -> str:
    return _("Was that you? Then there is nothing to do. If not, call AMT at once: %(phone)s.") % {
        "phone": ASSOCIATION["phone"]
    }


def _reset_button() -> Button:
    return Button(_("Reset your password"), links.absolute(reverse("account_reset_password")))


def _asked(subject: str, sentences: Sequence[str], button: Button, *, name: str = "") -> Content:
    return Content(subject=subject, name=name, parts=[Part(sentences=sentences, button=button)], why=_why_asked())


def activation(context: Context) -> Content:
    return _asked(
        _("Activate your AMT Portal account"),
        [
            _("You asked to activate your account in My AMT Portal. Open this link to choose your password."),
            works_for(timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)),
            _("After that you sign in with this e-mail address and your password."),
            _("If you did not ask for this, you can ignore this mail: nothing has changed."),
        ],
        Button(_("Choose your password"), context["password_reset_url"]),
        name=context["name"],
    )


def password_reset_key(context: Context) -> Content:
    return _asked(
        _("Reset your AMT Portal password"),
        [
            _("You asked for a new password for My AMT Portal. Open this link to choose it."),
            works_for(timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)),
            _("If you did not ask for this, you can ignore this mail: your password stays as it is."),
        ],
        Button(_("Choose a new password"), context["password_reset_url"]),
        name=context["name"],
    )


def email_confirmation(context: Context) -> Content:
    return _asked(
        _("Confirm your e-mail address"),
        [
            _("Please confirm that this address is yours: open this link."),
            works_for(timedelta(days=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS)),
            _("If you did not ask for this, you can ignore this mail."),
        ],
        Button(_("Confirm the address"), context["activate_url"]),
    )


def address_confirm(context: Context) -> Content:
    """For the new address, which may be another person's: it names nobody."""
    return _asked(
        _("Confirm your new e-mail address"),
        [
            _("You asked for this address as the new one of your account in My AMT Portal."),
            _("Sign in as before, then open this link."),
            works_for(timedelta(seconds=context["seconds"])),
            _("If you did not ask for this, you can ignore this mail: nothing has changed."),
        ],
        Button(_("Confirm the new address"), context["link"]),
    )


def address_changed_by_amt() -> Content:
    return Content(
        subject=_("The e-mail address of your account was changed"),
        parts=[
            Part(
                sentences=[
                    _(
                        "AMT changed the e-mail address of your account in My AMT Portal, as it stands in AMT’s "
                        "records. From now on you sign in with the new address."
                    ),
                    _("Did you ask AMT for that? Then there is nothing to do. If not, call AMT at once: %(phone)s.")
                    % {"phone": ASSOCIATION["phone"]},
                ]
            )
        ],
        why=_("You get this mail because this was the address of your account. Such mail cannot be switched off."),
    )


def _told(context: Context, subject: str, sentence: str, *, then: str = "", button: Button | None = None) -> Content:
    """Return mail about what happened to an account: when, from where, and what to do if it was somebody else."""
    if not then:
        then = _("Was that you? Then there is nothing to do. If not, reset your password at once and call AMT.")
        button = _reset_button()
    return Content(
        subject=subject,
        name=context["name"],
        parts=[
            Part(
                sentences=[sentence],
                facts=[
                    (_("When"), _("%(when)s Central Time") % {"when": format_moment(context["timestamp"])}),
                    (_("Browser"), browser_name(context["user_agent"])),
                    (_("IP address"), context["ip"]),
                ],
            ),
            Part(sentences=[then], button=button),
        ],
        why=_why_safety(),
    )


def password_set(context: Context) -> Content:
    return _told(context, _("Your AMT Portal password was set"), _("A password for My AMT Portal was set."))


def password_changed(context: Context) -> Content:
    return _told(context, _("Your AMT Portal password was changed"), _("Your password for My AMT Portal was changed."))


def password_reset(context: Context) -> Content:
    return _told(context, _("Your AMT Portal password was reset"), _("Your password for My AMT Portal was reset."))


def new_browser(context: Context) -> Content:
    return _told(
        context,
        _("You signed in from a new browser"),
        _(
            "Somebody signed in to your account in My AMT Portal from a browser that was not used for it before: "
            "%(browser)s."
        )
        % {"browser": browser_name(context["user_agent"])},
        then=_(
            "Was that you? Then there is nothing to do. If not, reset your password at once: that signs out every "
            "browser. Then call AMT: %(phone)s."
        )
        % {"phone": ASSOCIATION["phone"]},
        button=_reset_button(),
    )


def email_confirm(context: Context) -> Content:
    return _told(
        context, _("Your e-mail address is confirmed"), _("Your e-mail address for My AMT Portal is confirmed.")
    )


def email_changed(context: Context) -> Content:
    """For the old address, by which the password can no longer be reset."""
    return _told(
        context,
        _("Your AMT Portal e-mail address was changed"),
        _(
            "The e-mail address of your account in My AMT Portal was changed to %(email)s. From now on you sign in "
            "with that one."
        )
        % {"email": context["to_email"]},
        then=_if_not_you_call(),
    )


def email_deleted(context: Context) -> Content:
    return _told(
        context,
        _("An e-mail address was removed from your account"),
        _("The e-mail address %(email)s was removed from your account.") % {"email": context["deleted_email"]},
    )


def totp_activated(context: Context) -> Content:
    return _told(
        context,
        _("An authenticator app was set up"),
        _("An authenticator app was set up for your account in My AMT Portal."),
    )


def totp_deactivated(context: Context) -> Content:
    return _told(
        context,
        _("An authenticator app was removed"),
        _("The authenticator app was removed from your account in My AMT Portal."),
    )


def webauthn_added(context: Context) -> Content:
    return _told(context, _("A passkey was added"), _("A passkey was added to your account in My AMT Portal."))


def webauthn_removed(context: Context) -> Content:
    return _told(context, _("A passkey was removed"), _("A passkey was removed from your account in My AMT Portal."))


def recovery_codes_generated(context: Context) -> Content:
    return _told(
        context,
        _("New recovery codes were made"),
        _("New recovery codes were made for your account in My AMT Portal. The old ones no longer work."),
    )


def recovery_code_used(context: Context) -> Content:
    left = context["left"]
    words = ngettext("You have %(counter)s code left.", "You have %(counter)s codes left.", left)
    return _told(
        context,
        _("A recovery code was used"),
        " ".join(
            [
                _("A recovery code was used for your account in My AMT Portal. It no longer works."),
                words % {"counter": left},
            ]
        ),
    )


def factor_removed(context: Context) -> Content:
    """What staff did: when and where they sit tells the member nothing."""
    return Content(
        subject=_("A second factor was removed"),
        name=context["name"],
        parts=[
            Part(
                sentences=[
                    _(
                        "AMT removed a second factor from your account in My AMT Portal, and you are signed out. "
                        "Sign in and set up a new one."
                    ),
                    _("Did you ask AMT for that? Then there is nothing to do. If not, call AMT at once: %(phone)s.")
                    % {"phone": ASSOCIATION["phone"]},
                ],
                button=Button(_("Sign in"), links.absolute(reverse("mfa_index"))),
            )
        ],
        why=_why_safety(),
    )


def details_changed(context: Context) -> Content:
    """It does not repeat an address or a number: whoever reads the mail need not know them."""
    told = _told(
        context,
        _("Your contact details were changed"),
        _("Your contact details in My AMT Portal were changed."),
        then=_if_not_you_call(),
        button=Button(_("My details"), links.absolute(reverse("details-change"))),
    )
    first, last = told.parts
    changed = ", ".join(str(DETAILS[detail]) for detail in context["details"])
    return replace(told, parts=[replace(first, facts=[(_("Changed"), changed), *first.facts]), last])


def name_accepted(context: Context) -> Content:
    parts = [
        Part(
            sentences=[
                _("AMT accepted your request. Your name on record is now %(name)s.") % {"name": context["asked"]},
                *([context["answer"]] if context["answer"] else []),
                _(
                    "What is issued from now on has this name. Transcripts that were issued before stay as they are, "
                    "and can still be checked."
                ),
                _if_not_you_call(),
            ],
            button=Button(_("My details"), links.absolute(reverse("details-change"))),
        )
    ]
    return Content(subject=_("Your name was changed"), name=context["name"], parts=parts, why=_why_safety())


def name_declined(context: Context) -> Content:
    parts = [
        Part(
            sentences=[
                _("AMT could not change your name to %(name)s.") % {"name": context["asked"]},
                context["answer"],
                _("Your name on record stays %(name)s. You can ask again with another document.")
                % {"name": context["before"]},
            ],
            button=Button(_("My details"), links.absolute(reverse("details-change"))),
        )
    ]
    return Content(subject=_("Your name was not changed"), name=context["name"], parts=parts, why=_why_answered())


def codes_refused(context: Context) -> Content:
    return _told(
        context,
        _("Somebody has your password and tried to sign in"),
        _(
            "Somebody entered your password for My AMT Portal and then %(codes)s wrong codes in a row. Nobody was "
            "signed in."
        )
        % {"codes": context["codes"]},
        then=_(
            "Was that you? Then there is nothing to do. If not, somebody else knows your password: reset it at once. "
            "Then call AMT: %(phone)s."
        )
        % {"phone": ASSOCIATION["phone"]},
        button=_reset_button(),
    )


MAILS: dict[str, tuple[Callable[[Context], Content], MailPriority]] = {
    "account/email/activation": (activation, MailPriority.LINK),
    "account/email/address_confirm": (address_confirm, MailPriority.LINK),
    "account/email/email_confirmation": (email_confirmation, MailPriority.LINK),
    "account/email/password_reset_key": (password_reset_key, MailPriority.LINK),
    "account/email/details_changed": (details_changed, MailPriority.ACCOUNT),
    "account/email/email_changed": (email_changed, MailPriority.ACCOUNT),
    "account/email/email_confirm": (email_confirm, MailPriority.ACCOUNT),
    "account/email/email_deleted": (email_deleted, MailPriority.ACCOUNT),
    "account/email/new_browser": (new_browser, MailPriority.ACCOUNT),
    "account/email/password_changed": (password_changed, MailPriority.ACCOUNT),
    "account/email/password_reset": (password_reset, MailPriority.ACCOUNT),
    "account/email/password_set": (password_set, MailPriority.ACCOUNT),
    "mfa/email/codes_refused": (codes_refused, MailPriority.ACCOUNT),
    "mfa/email/factor_removed": (factor_removed, MailPriority.ACCOUNT),
    "mfa/email/recovery_code_used": (recovery_code_used, MailPriority.ACCOUNT),
    "mfa/email/recovery_codes_generated": (recovery_codes_generated, MailPriority.ACCOUNT),
    "mfa/email/totp_activated": (totp_activated, MailPriority.ACCOUNT),
    "mfa/email/totp_deactivated": (totp_deactivated, MailPriority.ACCOUNT),
    "mfa/email/webauthn_added": (webauthn_added, MailPriority.ACCOUNT),
    "mfa/email/webauthn_removed": (webauthn_removed, MailPriority.ACCOUNT),
}

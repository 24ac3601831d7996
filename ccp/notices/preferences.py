"""What a member chose about notices, and the address in a mail that switches one kind off.

- Only the kinds in ``OPTIONAL`` can be switched off. The others tell what a member must know so as
  not to lose a certification.
- A member who chose nothing gets every kind, in the language of the last sign-in.
- The address in a mail (``stop_address``) holds the key of the member and the kind, signed, and
  nothing else: no name, AMT ID or e-mail address. It does not expire, because the way out of a mail
  has to work whenever the mail is read. All it can do is switch that one kind off and on again.
  Whoever opens it is not known, so the line of history names nobody.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.urls import reverse

from amtportal import links
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.middleware.language import or_english
from ccp.notices.models import OPTIONAL, NoticeKind, Preference

COLUMNS: Mapping[NoticeKind, str] = {kind: kind.value.replace("-", "_") for kind in OPTIONAL}
"""The column of ``Preference`` for each kind that can be switched off."""
BY_ADDRESS = "By the address in a mail."
_SALT = "ccp.notices.stop"


class Unknown(Exception):
    """The token is not complete, or the portal did not make it."""


def of_member(member: Member) -> Preference:
    """Return what the member chose, or what holds without a choice, which is not stored."""
    preference = Preference.objects.filter(member=member).first() or Preference()
    preference.member = member
    return preference


def wants(preference: Preference, kind: NoticeKind) -> bool:
    """Return whether the member gets notices of this kind."""
    return kind not in COLUMNS or getattr(preference, COLUMNS[kind])


def unwanted(preference: Preference | None) -> frozenset[NoticeKind]:
    """Return the kinds that the member switched off; none without a choice."""
    return frozenset(kind for kind in COLUMNS if preference and not wants(preference, kind))


def language_of(preference: Preference, *, otherwise: str | None = None) -> str:
    """Return the language of the member's mail: the chosen one, or that of the last sign-in.

    ``otherwise``: the language for a member who never signed in, if it is not English.
    """
    user = preference.member.user
    return or_english(preference.language or (user.language if user else "") or otherwise)


def chosen_language(user: User) -> str:
    """Return the language that the account's member chose for mail; empty without a choice."""
    return Preference.objects.filter(member__user=user).values_list("language", flat=True).first() or ""


def stop_address(member: Member, kind: NoticeKind) -> str:
    """Return the absolute address at which the member switches this kind off without a sign-in."""
    return links.absolute(reverse("notice-stop", args=[token(member, kind)]))


def token(member: Member, kind: NoticeKind) -> str:
    assert kind in OPTIONAL, "the other kinds cannot be switched off"
    return signing.Signer(salt=_SALT).sign_object([member.pk, kind.value])


def read_token(text: str) -> tuple[Member, NoticeKind]:
    """Return the member and the kind for which the token was made.

    For a member who was merged into another, it is the other one. Raises ``Unknown``.
    """
    try:
        key, value = signing.Signer(salt=_SALT).unsign_object(text)
    except signing.BadSignature:
        raise Unknown from None
    member = Member.objects.select_related("user", "merged_into__user").filter(pk=key).first()
    if member is None or value not in OPTIONAL:
        raise Unknown
    return member.merged_into or member, NoticeKind(value)


def choose(*, member: Member, language: str, wanted: Collection[NoticeKind], by: User, at: datetime) -> bool:
    """Store the language of mail (empty: that of the last sign-in) and which optional kinds come.

    Return whether that is a change.
    """
    chosen = {column: kind in wanted for kind, column in COLUMNS.items()}
    return _store(member, {"language": language, **chosen}, by=by, at=at)


def switch(*, member: Member, kind: NoticeKind, on: bool, by: User | None, at: datetime, reason: str = "") -> bool:
    """Switch one optional kind on or off. Return whether that is a change."""
    return _store(member, {COLUMNS[kind]: on}, by=by, at=at, reason=reason)


@transaction.atomic
def _store(
    member: Member, chosen: Mapping[str, str | bool], *, by: User | None, at: datetime, reason: str = ""
) -> bool:
    """Write what differs, under a lock: two first choices at once make one row."""
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    preference = of_member(member)
    differs = {name: value for name, value in chosen.items() if getattr(preference, name) != value}
    if not differs:
        return False
    for name, value in differs.items():
        setattr(preference, name, value)
    sign(preference, by=by, at=at, reason=reason)
    preference.save()
    return True

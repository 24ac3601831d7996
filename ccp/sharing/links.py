"""Links by which a member shows a part of the record to an employer, a school or a state board.

- A link shows one of three things: the standing of every certification, the CE transcript, or one
  certification. It shows how that is when it is read, and nothing else.
- It works until a day that the member chooses, at most a year ahead, or until it is revoked. A
  member has at most ``MOST`` links that work.
- The address holds 192 bits. Only their digest is stored, so that a stolen database opens no link.
  The portal makes them of a random number of the link and of ``SECRET_KEY``, so that the member can
  copy the address again. A link whose key is gone still works, and only cannot be shown again.
- A link that does not work, for whatever reason, is answered like one that never was. So is that of a
  member whose account is closed.
- Each day on which it was opened is counted, and nothing about who opened it. Programs that fetch an
  address to show a preview of it, and its own member, are not counted.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.dates import anniversary, day_of
from amtportal.formatting import format_day
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.sharing.models import ShareDay, ShareLink, ShareScope
from certifications.models import Certification

USUAL = timedelta(days=30)
MOST = 20
"""How many links of a member may work at a time."""
_BYTES = 24
_SALT = "ccp.sharing.links"
_PROGRAMS = re.compile(
    r"bot\b|crawl|spider|preview|externalhit|embed|whatsapp|telegram|slack|skype|discord|linkexpand", re.IGNORECASE
)


def usual_until(on: date) -> date:
    return on + USUAL


def latest_until(on: date) -> date:
    return anniversary(on, 1)


def problem_with_until(until: date, on: date) -> Problem | None:
    """Return why a link that is made on that day cannot work until the other."""
    if until < on:
        return Problem("until", _("This day is past. Choose today or a later day."))
    if until > (latest := latest_until(on)):
        return Problem(
            "until",
            _("A link works for one year at most. Choose %(day)s or an earlier day.") % {"day": format_day(latest)},
        )
    return None


@transaction.atomic
def create(
    *,
    member: Member,
    scope: str,
    certification: Certification | None = None,
    label: str = "",
    until: date,
    by: User,
    at: datetime,
    number: str = "",
) -> ShareLink:
    """Give the member a link. Raises ``Refused``.

    ``certification``: which one, if the scope is one. ``number``: of the form; the link that the same
    form has made already is returned as it is.
    """
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    nonce = hashlib.sha256(f"{member.pk} {number}".encode()).hexdigest()[:32] if number else secrets.token_hex(16)
    if number and (made := ShareLink.objects.filter(member=member, nonce=nonce).first()):
        return made
    refuse_if(problem_with_until(until, day_of(at)))
    if working(member, day_of(at)).count() >= MOST:
        raise Refused(
            _("You have %(number)d links that work. Revoke one that nobody needs, then make this one.")
            % {"number": MOST}
        )
    link = ShareLink(
        member=member,
        scope=scope,
        certification=certification if scope == ShareScope.CERTIFICATION else None,
        label=label,
        until=until,
        nonce=nonce,
        digest=_digest(_token(nonce, settings.SECRET_KEY)),
        created_at=at,
    )
    sign(link, by=by, at=at)
    link.save()
    return link


@transaction.atomic
def revoke(*, member: Member, link: int, by: User, at: datetime) -> bool:
    """End the link with that key forever. Return whether that is a change: nothing else is the member's to end."""
    found = ShareLink.objects.select_for_update().filter(pk=link, member=member, revoked_at=None).first()
    if found is None:
        return False
    found.revoked_at = at
    sign(found, by=by, at=at)
    found.save(update_fields=["revoked_at"])
    return True


def working(member: Member, on: date) -> QuerySet[ShareLink]:
    """Return the links of the member that work on that day."""
    return ShareLink.objects.filter(member=member, revoked_at=None, until__gte=on)


def at_token(token: str, *, on: date) -> ShareLink | None:
    """Return the link at that address, if it works on that day. Whatever the token is costs one query."""
    link = (
        ShareLink.objects.select_related("member__user", "certification__credential")
        .filter(digest=_digest(token))
        .first()
    )
    if link is None or link.revoked_at is not None or link.until < on:
        return None
    member, certification = link.member, link.certification
    if member.merged_into_id or member.user is None or not member.user.is_active:
        return None
    if certification is not None and certification.member_id != member.pk:
        return None
    return link


def address(link: ShareLink) -> str:
    """Return the absolute address of the link; empty if the key of which it was made is gone."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _token(link.nonce, key)
        if _digest(token) == link.digest:
            return links.absolute(reverse("share-detail", args=[token]))
    return ""


def is_by_a_person(headers: Mapping[str, str]) -> bool:
    """Return whether a person seems to read the page, and not a program that shows a preview of the address."""
    purposes = (headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"))
    if any(word in purpose.lower() for purpose in purposes for word in ("prefetch", "preview", "prerender")):
        return False
    return not _PROGRAMS.search(headers.get("User-Agent", ""))


def count_opening(link: ShareLink, *, at: datetime) -> None:
    """Count that the link was opened: one row for each day."""
    day = ShareDay.objects.filter(link=link, on=day_of(at))
    if day.update(times=F("times") + 1, last_at=at):
        return
    try:
        with transaction.atomic():
            ShareDay.objects.create(link=link, on=day_of(at), last_at=at)
    except IntegrityError:  # somebody else opened it in the meantime, for the first time today
        day.update(times=F("times") + 1, last_at=at)


def _token(nonce: str, key: str) -> str:
    made = salted_hmac(_SALT, nonce, secret=key, algorithm="sha256").digest()[:_BYTES]
    return base64.urlsafe_b64encode(made).decode()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()

"""Keys of course systems: what they may do, until when they work, and how staff issue and revoke them.

- A key belongs to one course system, which may have several: a new one is issued before the old one
  ends. What a system has sent is the system's, whichever key it used.
- A key works from its first day to its last (Chicago), until it is revoked. A revoked key works at
  once no longer, and neither do the tokens that it was given.
- The secret is shown once, when the key is issued. Only its hash is stored.
"""

import re
import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta

from allauth.idp.oidc.models import Client, Token
from django.db import connection, transaction
from django.utils import timezone

from amtportal import clean
from amtportal.dates import anniversary, day_of
from amtportal.formatting import format_day
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.api.models import CODE, CourseSystem, Key, KeyDay

SCOPES = {
    "credits:write": "Send the credit of learners",
    "members:match": "Ask whether a last name belongs to an AMT ID",
    "standing:read": "Read the standing of members who allow it",
}
_COLUMNS = {"credits:write": "writes_credits", "members:match": "matches_members", "standing:read": "reads_standing"}
LONGEST_YEARS = 2
"""For how long a key is issued at most."""
USUAL = timedelta(days=364)
_COUNT = """
    INSERT INTO api_keyday ("key_id", "on", "calls", "last_at") VALUES (%s, %s, 1, %s)
    ON CONFLICT ("key_id", "on") DO UPDATE SET "calls" = api_keyday."calls" + 1, "last_at" = excluded."last_at"
"""


def problem_with_days(starts_on: date, ends_on: date, on: date) -> Problem | None:
    """Return why a key that is issued on that day cannot work from the one day to the other."""
    if ends_on < starts_on:
        return Problem("ends_on", f"The last day is before {format_day(starts_on)}, the first. Correct it.")
    if ends_on < on:
        return Problem("ends_on", "The last day is past. Choose today or a later day.")
    if ends_on > (latest := anniversary(on, LONGEST_YEARS)):
        return Problem("ends_on", f"A key works for {LONGEST_YEARS} years at most: until {format_day(latest)}.")
    return None


def why_not(key: Key, on: date) -> str:
    """Return why the key does not work on that day, as a sentence; empty if it works."""
    if key.revoked_at:
        return f"This key was revoked on {format_day(day_of(key.revoked_at))}. Ask AMT for a new one."
    if on < key.starts_on:
        return f"This key works from {format_day(key.starts_on)} on."
    if on > key.ends_on:
        return f"This key ended on {format_day(key.ends_on)}. Ask AMT for a new one."
    return ""


@transaction.atomic
def register(*, name: str, code: str, contact: str = "", by: User, at: datetime) -> CourseSystem:
    """Put a course system on record. Raises ``Refused``."""
    name, code = clean.line(name), code.strip()
    if not name:
        raise Refused("Enter the name of the course system: members read it.", "name")
    if not re.fullmatch(CODE, code):
        raise Refused("Write 2 to 12 small letters and digits, such as medlearn.", "code")
    if CourseSystem.objects.filter(name__iexact=name).exists():
        raise Refused(f"{name} is on record already. Choose it above.", "name")
    if CourseSystem.objects.filter(code=code).exists():
        raise Refused(f"Another course system has the code {code}. Choose another.", "code")
    system = CourseSystem(name=name, code=code, contact=clean.email(contact), created_at=at)
    sign(system, by=by, at=at)
    system.save()
    return system


@transaction.atomic
def issue(
    *,
    system: CourseSystem,
    scopes: Collection[str],
    starts_on: date,
    ends_on: date,
    number: str,
    by: User,
    at: datetime,
) -> tuple[Key, str]:
    """Issue a key, and return it with its secret, which nobody can read again.

    ``number``: of the form. A form that is sent twice issues one key; the secret is then empty.
    Raises ``Refused``.
    """
    CourseSystem.objects.select_for_update(no_key=True).get(pk=system.pk)
    if issued := Key.objects.select_related("system").filter(client=number).first():
        return issued, ""
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise Refused("Choose what the key may do.", "scopes")
    refuse_if(problem_with_days(starts_on, ends_on, day_of(at)))
    key = Key(
        system=system,
        starts_on=starts_on,
        ends_on=ends_on,
        issued_at=at,
        issued_by=by,
        **{_COLUMNS[scope]: True for scope in scopes},
    )
    secret = secrets.token_urlsafe(36)
    client = Client(id=number, name=system.name, type=Client.Type.CONFIDENTIAL, created_at=at)
    client.set_secret(secret)
    client.set_scopes(key.scopes)
    client.set_default_scopes(key.scopes)
    client.set_grant_types([Client.GrantType.CLIENT_CREDENTIALS])
    client.set_response_types([])
    client.save()
    key.client = client
    sign(key, by=by, at=at)
    key.save()
    return key, secret


@transaction.atomic
def issue_for(
    *,
    system: CourseSystem | None,
    name: str,
    code: str,
    contact: str,
    scopes: Collection[str],
    starts_on: date,
    ends_on: date,
    number: str,
    by: User,
    at: datetime,
) -> tuple[Key, str]:
    """Issue a key to a course system, or to a new one with this name and code. Raises ``Refused``."""
    holder = system or register(name=name, code=code, contact=contact, by=by, at=at)
    return issue(system=holder, scopes=scopes, starts_on=starts_on, ends_on=ends_on, number=number, by=by, at=at)


@transaction.atomic
def revoke(*, key: Key, reason: str, by: User, at: datetime) -> bool:
    """End the key and its tokens at once. Return whether that is a change. Raises ``Refused``."""
    reason = clean.line(reason)
    if not reason:
        raise Refused("Say why: the reason stays on record.", "reason")
    key = Key.objects.select_for_update(of=("self",), no_key=True).get(pk=key.pk)
    if key.revoked_at:
        return False
    key.revoked_at, key.revoked_by, key.revoke_reason = at, by, reason
    sign(key, by=by, at=at, reason=reason)
    key.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    Token.objects.filter(client=key.client_id).delete()
    return True


def count(key: Key, *, at: datetime) -> None:
    """Count one request with the key."""
    moment = KeyDay._meta.get_field("last_at").get_db_prep_save(at, connection)
    day = KeyDay._meta.get_field("on").get_db_prep_save(day_of(at), connection)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key.pk, day, moment])


def forget_tokens() -> int:
    """Remove the tokens that are over, and return how many."""
    return Token.objects.filter(expires_at__lte=timezone.now()).delete()[0]

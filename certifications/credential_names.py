"""The names of a credential: the one of today, and those that it had before.

A credential is renamed from a day on, for example MT to MLS. Pages of today have the new name and
say what it was formerly called; what was awarded before has the name of its day. Files may still
have a former code. What was issued keeps what it said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from amtportal import plausible
from amtportal.formatting import format_day
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from certifications.models import Credential, FormerName


@dataclass(frozen=True)
class Name:
    """The code and the name of a credential."""

    code: str
    name: str


def by_code(credentials: Sequence[Credential]) -> dict[str, Credential]:
    """Return the credentials by every code that they have or had; a code of today comes first."""
    found = {earlier.code: earlier.credential_id for earlier in FormerName.objects.order_by("until")}
    by_key = {credential.pk: credential for credential in credentials}
    former = {code: by_key[key] for code, key in found.items() if key in by_key}
    return former | {credential.code: credential for credential in credentials}


def problem_with_name(credential: Credential, name: Name, from_on: date, on: date) -> Problem | None:
    """Return why the credential cannot have that name from that day on, or None."""
    if name == Name(credential.code, credential.name):
        return Problem("name", f"It is called {credential.code} – {credential.name} already. Enter the new name.")
    if from_on > on:
        sentence = f"{format_day(from_on)} is in the future. Rename it on that day, or later with that day."
        return Problem("from_on", sentence)
    if problem := plausible.problem_with_award(from_on, on):
        return Problem("from_on", problem)
    if credential.renamed_on and from_on <= credential.renamed_on:
        sentence = f"Its name of today began on {format_day(credential.renamed_on)}. Enter a later day."
        return Problem("from_on", sentence)
    others = Credential.objects.exclude(pk=credential.pk)
    if others.filter(code=name.code).exists():
        return Problem("code", f"Another credential has the code {name.code}. Enter another one.")
    if FormerName.objects.exclude(credential=credential).filter(code=name.code).exists():
        return Problem("code", f"Another credential had the code {name.code} before. Enter another one.")
    return None


@transaction.atomic
def rename(
    *, credential: Credential, name: Name, from_on: date, source: str, by: User, at: datetime, on: date
) -> Credential:
    """Give the credential another name from a day on, up to today, and keep the name that it had.

    ``source`` says who decided it. Raises ``Refused``.
    """
    credential = Credential.objects.select_for_update().get(pk=credential.pk)
    refuse_if(problem_with_name(credential, name, from_on, on))
    if not source.strip():
        raise Refused("Say who decided it, and where that is written: it stays on record.", "source")
    former = FormerName(
        credential=credential, code=credential.code, name=credential.name, until=from_on, source=source.strip()
    )
    sign(former, by=by, at=at)
    former.save()
    credential.code, credential.name, credential.renamed_on = name.code, name.name, from_on
    sign(credential, by=by, at=at, reason=source.strip())
    credential.save(update_fields=["code", "name", "renamed_on"])
    return credential

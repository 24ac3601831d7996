"""How staff give a member who has no way to sign in one: an account with an address of their own.

The member then opens the account by a link that is sent to the address, like everybody.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from amtportal import clean
from amtportal.history.lines import sign
from amtportal.members.models import Member, User
from amtportal.refusals import Problem, Refused, refuse_if


def problem_with(*, member: Member, owner: User | None, by: User) -> Problem | None:
    """Return why the member cannot sign in with an address. ``owner``: the account that has it."""
    if member.merged_into_id:
        return Problem("", "This member was merged into another one. Give that one a way to sign in.")
    if member.died_on:
        return Problem("", "It is on record that this member has died. If that is a mistake, take it back first.")
    if member.erased_on:
        return Problem("", "This member was erased by law, and gets no way to sign in.")
    if member.user_id:
        return Problem("", "This member has a way to sign in. Change the address on the page of the account.")
    if owner is None:
        return None
    holder = Member.objects.filter(user=owner).first()
    if holder:
        return Problem("email", f"This is the sign-in of {holder}. Each member needs an address of their own.")
    if (owner.is_staff or owner.is_superuser) and not by.is_superuser:
        return Problem("email", "This is the sign-in of a staff account. Only a superuser adds a member to it.")
    return None


def give(*, member: Member, email: str, reason: str, by: User, at: datetime) -> User:
    """Give the member an account with this address, or the account that has it and is nobody's.

    Raises ``Refused`` if another member signs in with the address.
    """
    email, reason = clean.email(email), reason.strip()
    if not reason:
        raise Refused("Say why: the reason stays on record.", "reason")
    try:
        with transaction.atomic():
            present = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
            user = User.objects.filter(email=email).first()
            refuse_if(problem_with(member=present, owner=user, by=by))
            if user is None:
                user = User(email=email)
                user.set_unusable_password()
                sign(user, by=by, at=at, reason=reason)
                user.save()
                # AMT vouches for the address. Without a usable password, the address alone does not
                # let anybody sign in.
                EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
            present.user = user
            if present.roster_email == email:
                present.roster_email = ""
            sign(present, by=by, at=at, reason=reason)
            present.save(update_fields=["user", "roster_email"])
    except IntegrityError:
        raise Refused("Another account was given this address in the meantime.", "email") from None
    return user

"""Who acts when a command is called: a staff account that may do the same in the admin."""

from django.core.management.base import CommandError

from amtportal.members.models import User


def staff_account(email: str, permission: str) -> User:
    """Return the account. Raises ``CommandError`` if it may not do this."""
    staff = User.objects.filter(email=email, is_active=True, is_staff=True).first()
    if staff is None or not staff.has_perm(permission):
        raise CommandError(f"{email} is no active staff account with the permission {permission}. Give one that may.")
    return staff

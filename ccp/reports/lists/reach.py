"""Whether mail reaches a member, for the database and for one row; and who is told nothing at all."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q

from amtportal.members.mail.outbox import NOBODY

Choices = Iterable[tuple[str, str]]
ADDRESS: Choices = (
    ("reached", "Takes mail"),
    ("bounced", "Mail comes back"),
    ("none", "No address that takes mail"),
)


@dataclass(frozen=True)
class Contact:
    """What a row has of a member's account. ``is_active``: None without an account."""

    email: str
    bouncing_email: str
    is_active: bool | None

    @property
    def address(self) -> str:
        """Return the address to which mail for the member can go; empty if there is none."""
        return self.email if self.is_active and not self.email.endswith(f"@{NOBODY}") else ""

    @property
    def comes_back(self) -> bool:
        return bool(self.address) and self.bouncing_email == self.email

    @property
    def trouble(self) -> str:
        """Return what keeps mail from the member, in words; empty if nothing does."""
        if self.is_active is False:
            return "The account is switched off"
        if not self.address:
            return "No address"
        return "Mail comes back" if self.comes_back else ""


def _path(user: str, name: str, value: object) -> Q:
    return Q(**{f"{user}__{name}": value})


def has_address(user: str) -> Q:
    """Return the condition that there is an address. ``user``: the lookup from the row to the account."""
    return _path(user, "is_active", True) & ~_path(user, "email__endswith", f"@{NOBODY}")


def comes_back(user: str) -> Q:
    """Return the condition that mail to the address comes back."""
    return _path(user, "bouncing_email", F(f"{user}__email"))


def takes_mail(user: str) -> Q:
    return has_address(user) & ~comes_back(user)


def condition(chosen: str, user: str) -> Q:
    """Return the condition of one of the choices of ``ADDRESS``."""
    if chosen == "reached":
        return takes_mail(user)
    if chosen == "bounced":
        return has_address(user) & comes_back(user)
    # An account that is missing makes every comparison unknown, so it is asked for by itself.
    return _path(user, "isnull", True) | _path(user, "is_active", False) | _path(user, "email__endswith", f"@{NOBODY}")

"""Whether a last name belongs to an AMT ID: yes or no, and nothing else.

- Both must be right; accents, case, hyphens and spaces make no difference (``names.is_last_name``).
- The answer for an AMT ID that nobody has, for another name, and for a member who is hidden, has died
  or whose account is closed is the same, and takes the same queries.
"""

from amtportal import clean
from amtportal.members.models import Member, User
from amtportal.members.names import is_last_name
from ccp.sharing.models import Listing


def member_with(amt_id: str) -> Member | None:
    """Return who has, or had, this AMT ID."""
    written = clean.identifier(amt_id)
    return Member.objects.known_as([written]).get(written)


def member_called(amt_id: str, last_name: str) -> Member | None:
    """Return who has, or had, this AMT ID, if that is the last name."""
    member = member_with(amt_id)
    first, last = (member.first_name, member.last_name) if member else ("", "nobody at all")
    is_called = is_last_name(last_name, first_name=first, last_name=last)
    return member if is_called else None


def is_active(member: Member | None) -> bool:
    """Return whether the member lives and is not erased, and the account is not closed. One query, for nobody too."""
    closed = User.objects.filter(pk=(member.user_id if member else None) or 0, is_active=False)
    is_open = not closed.exists()
    return is_open and member is not None and member.died_on is None and member.erased_on is None


def is_match(amt_id: str, last_name: str) -> bool:
    """Return whether a member who is not hidden has this AMT ID and this last name."""
    member = member_called(amt_id, last_name)
    listing = Listing.objects.filter(member=member.pk if member else 0).first()
    is_hidden = listing is not None and listing.is_hidden
    return is_active(member) and not is_hidden

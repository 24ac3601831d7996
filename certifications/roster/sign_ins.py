"""With which address each member of a roster signs in after the import.

- An address belongs to one account. Whoever has it on record keeps it. If nobody has it, the first
  in the file gets it.
- An address moves from one member to another only if the file gives the first one another address.
- A member whose address belongs to somebody else comes in without a way to sign in, or signs in as
  before. No address is taken away, and nobody's mail goes to another person.
- An empty cell takes away nothing: the member signs in as before.
"""

from collections.abc import Mapping, Sequence

from certifications.roster.entries import SignIn, StoredMember
from certifications.roster.record import Record
from certifications.roster.rows import RosterRow


def sign_ins(rows: Sequence[RosterRow], record: Record) -> dict[str, SignIn]:
    """Return with which address each member of the file signs in, by AMT ID."""
    first: dict[str, RosterRow] = {}
    for row in sorted(rows, key=lambda row: row.line):
        first.setdefault(row.amt_id, row)
    wanted = {amt_id: _wanted(row, record.members.get(amt_id)) for amt_id, row in first.items()}
    own = {amt_id: stored.email for amt_id in wanted if (stored := record.members.get(amt_id))}
    withheld: dict[str, str] = {}
    # Whoever does not get an address keeps the own one, which another member may have counted on.
    while found := _withheld(wanted, own, withheld, first, record.addresses):
        withheld |= found
    return {
        amt_id: SignIn(own.get(amt_id, ""), address, withheld[amt_id]) if amt_id in withheld else SignIn(address)
        for amt_id, address in wanted.items()
    }


def _wanted(row: RosterRow, stored: StoredMember | None) -> str:
    return stored.address_under(row) if stored else row.email


def _withheld(
    wanted: Mapping[str, str],
    own: Mapping[str, str],
    withheld: Mapping[str, str],
    first: Mapping[str, RosterRow],
    addresses: Mapping[str, str | None],
) -> dict[str, str]:
    """Return the members who cannot get their address, besides those who are known, and why."""
    found = {}
    given: dict[str, str] = {}
    for amt_id, address in wanted.items():
        if not address or address == own.get(amt_id, "") or amt_id in withheld:
            continue
        if address in addresses:
            owner = addresses[address]
            if owner is None:
                found[amt_id] = "the sign-in of an account that is not a member's, such as a staff account"
                continue
            keeps = owner not in wanted or owner in withheld or wanted[owner] == address
            if owner != amt_id and keeps:
                found[amt_id] = f"the sign-in of AMT ID {owner}"
                continue
        earlier = given.setdefault(address, amt_id)
        if earlier != amt_id:
            found[amt_id] = f"the sign-in of AMT ID {earlier}, on line {first[earlier].line}"
    return found

"""What follows from a merge for links and for the public look-up."""

from amtportal.history.lines import sign
from amtportal.members.models import Member
from ccp.sharing.models import Listing, ShareLink
from certifications.roster.occasion import Occasion


def move(*, kept: Member, emptied: Member, occasion: Occasion, **kwargs: object) -> None:
    """Let the links of the emptied member show the record of the kept one.

    Who chose not to be shown in the look-up stays hidden, whichever of the two chose it.
    """
    for link in ShareLink.objects.filter(member=emptied).order_by("pk"):
        link.member = kept
        sign(link, by=occasion.by, at=occasion.at, reason=occasion.reason)
        link.save(update_fields=["member"])
    hidden = Listing.objects.filter(member=emptied).first()
    if hidden is None or not hidden.is_hidden:
        return
    listing = Listing.objects.filter(member=kept).first() or Listing(member=kept)
    listing.hidden_by_member |= hidden.hidden_by_member
    listing.hidden_by_staff |= hidden.hidden_by_staff
    sign(listing, by=occasion.by, at=occasion.at, reason=occasion.reason)
    listing.save()

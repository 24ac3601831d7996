"""The mail that says that an archive is ready. It leads to the page, which asks for the password."""

from datetime import UTC, datetime
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.formatting import format_moment
from amtportal.members.context_processors import ASSOCIATION
from amtportal.members.mail import account_mails
from amtportal.members.mail.account_mails import Context
from amtportal.members.mail.layout import Button, Content, Part
from amtportal.members.mail.samples import NAME, Sample
from ccp.exports.models import Archive


def ready(archive: Archive, *, until: datetime) -> None:
    """Tell the account that asked for the archive."""
    account_mails.tell(archive.asked_by, archive_ready, {"until": until})


def archive_ready(context: Context) -> Content:
    sentences = [
        _("The archive with everything that My AMT Portal keeps about you is ready."),
        _("You can download it until %(moment)s Central Time. Sign in, and confirm your password.")
        % {"moment": format_moment(context["until"])},
        _("Did you ask for it? If not, change your password at once and call AMT: %(phone)s.")
        % {"phone": ASSOCIATION["phone"]},
    ]
    button = Button(_("Everything about me"), links.absolute(reverse("my-data")))
    return Content(
        subject=_("Your archive is ready"),
        name=context["name"],
        parts=[Part(sentences=sentences, button=button)],
        why=_("You get this mail because somebody, probably you, asked for the archive in My AMT Portal."),
    )


SAMPLES = [
    Sample(
        "archive-ready",
        "Archive with everything about a member ready",
        partial(archive_ready, {"name": NAME, "until": datetime(2026, 3, 15, 19, 5, tzinfo=UTC)}),
    )
]

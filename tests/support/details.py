"""Requests for another name, what differs from the roster, and questions."""

from typing import Any

from django.core.files.base import ContentFile

from amtportal.members.models import Member, NameRequest, Question, RosterDifference
from amtportal.uploads import kept
from tests.support.builders import TODAY, noon
from tests.support.evidence import picture


def make_name_request(member: Member, **fields: Any) -> NameRequest:
    """Return a request that waits, with a picture as its document."""
    content = picture("PNG")
    return NameRequest.objects.create(
        **{
            "member": member,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "before": member.name,
            "reason": "marriage",
            "document_name": "certificate.png",
            "document_kind": "png",
            "document_size": len(content),
            "document_sha256": "0" * 64,
            "stored_sha256": kept.digest(ContentFile(content)),
            "stored_name": kept.storage().save(f"00/{member.pk:064}", ContentFile(content)),
            "asked_at": noon(TODAY),
            "asked_by": member.user,
            **fields,
        }
    )


def make_difference(member: Member, *, said: str = "847-555-0100", **fields: Any) -> RosterDifference:
    """Return a phone number that is on record otherwise than in the roster, which brought something new."""
    return RosterDifference.objects.create(
        **{
            "member": member,
            "detail": "phone",
            "roster_says": {"phone": said},
            "changed_at": noon(TODAY),
            "changed_by": member.user,
            "waits_since": noon(TODAY),
            **fields,
        }
    )


def make_question(member: Member, **fields: Any) -> Question:
    """Return a question of the member that waits for an answer."""
    values = {"user": member.user, "email": member.user.email, "amt_id": member.amt_id, "page": "/invoices/"}
    values |= {"text": "How do I pay?", "language": "en", "asked_at": noon(TODAY), **fields}
    return Question.objects.create(**values)

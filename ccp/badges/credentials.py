"""What a badge and a status list say: Open Badges 3.0 and Bitstring Status List 1.0, as data.

Both are verifiable credentials (VC Data Model 2.0) in the form of a signed JWT, whose payload is the
credential with the claims of a JWT beside it. ``docs/badges.md`` lists what is in a badge, and why.
"""

import base64
import gzip
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.urls import reverse

from amtportal import links
from amtportal.dates import CHICAGO
from amtportal.formatting import format_points
from amtportal.members.context_processors import ASSOCIATION
from ccp.badges.models import LIST_LENGTH, Badge
from certifications.validity import Validity

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGE_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
LIST_LASTS = timedelta(days=1)
"""For how long a status list that somebody has fetched may be used: an older one is no answer."""


def issuer() -> dict[str, Any]:
    """Return who issues badges: the portal, in AMT's name."""
    return {
        "id": links.absolute(reverse("badge-issuer")),
        "type": ["Profile"],
        "name": str(ASSOCIATION["name"]),
        "url": links.absolute(reverse("home")),
        "phone": str(ASSOCIATION["phone"]),
    }


def badge(of: Badge, validity: Validity) -> dict[str, Any]:
    """Return the payload of a badge, in English whoever asks.

    It is valid from the first day of the cycle to the end of the last day on which the certification
    is valid. The certification's member and credential must be loaded.
    """
    certification = validity.certification
    credential, member = certification.credential, certification.member
    starts_on = validity.cycle.starts_on if validity.cycle else certification.awarded_on
    valid_from = _midnight(starts_on)
    valid_until = _midnight(validity.until + timedelta(days=1)) - timedelta(seconds=1) if validity.until else None
    subject = of.subject.urn
    # Another name, another end: another credential, of the same subject.
    key = f"{starts_on} {validity.until} {member.name} {credential.code} {certification.certificate_number}"
    number = uuid.uuid5(of.subject, key).urn
    status_list = list_address(of.list_number)
    points = format_points(credential.points_required)
    content = {
        "@context": [VC_CONTEXT, BADGE_CONTEXT],
        "id": number,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{credential.name} ({credential.code})",
        "issuer": issuer(),
        "validFrom": _written(valid_from),
        "awardedDate": _written(_midnight(certification.awarded_on)),
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": member.name, "identityType": "name"}
            ],
            "licenseNumber": certification.certificate_number,
            "achievement": {
                "id": uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer()['id']}{credential.pk}").urn,
                "type": ["Achievement"],
                "achievementType": "Certification",
                "humanCode": credential.code,
                "name": credential.name,
                "description": f"Certified by {ASSOCIATION['name']} ({ASSOCIATION['short']}) as {credential.name}.",
                "criteria": {
                    "id": links.absolute(reverse("qualifying-activities")),
                    "narrative": (
                        f"{ASSOCIATION['short']} awarded the certification, and it is in force. To keep it, its holder "
                        f"takes part in the Certification Continuation Program (CCP): {points} points of continuing "
                        "education in each cycle of 3 years"
                        f"{'' if certification.ccp_mandatory else ', which is voluntary for this certification'}."
                    ),
                },
            },
        },
        "credentialStatus": {
            "id": f"{status_list}#{of.list_index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(of.list_index),
            "statusListCredential": status_list,
        },
        "iss": issuer()["id"],
        "jti": number,
        "nbf": int(valid_from.timestamp()),
        "sub": subject,
    }
    if valid_until:
        content |= {"validUntil": _written(valid_until), "exp": int(valid_until.timestamp())}
    return content


def status_list(number: int, revoked: Iterable[int], *, at: datetime) -> dict[str, Any]:
    """Return the payload of a status list, as it is at that instant."""
    address = list_address(number)
    at = at.replace(microsecond=0)
    until = at + LIST_LASTS
    return {
        "@context": [VC_CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer()["id"],
        "validFrom": _written(at),
        "validUntil": _written(until),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked),
        },
        "iss": issuer()["id"],
        "jti": address,
        "sub": f"{address}#list",
        "nbf": int(at.timestamp()),
        "exp": int(until.timestamp()),
    }


def encoded(places: Iterable[int]) -> str:
    """Return a bit for each place of a list, the first one leftmost, packed by gzip and written in base64url.

    The ``u`` in front names the alphabet (Multibase).
    """
    bits = bytearray(LIST_LENGTH // 8)
    for place in places:
        bits[place // 8] |= 0x80 >> (place % 8)
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=")
    return f"u{packed.decode()}"


def list_address(number: int) -> str:
    return links.absolute(reverse("badge-status", args=[number]))


def _midnight(day: date) -> datetime:
    """Return the instant at which a day begins in Chicago."""
    return datetime.combine(day, time.min, CHICAGO)


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

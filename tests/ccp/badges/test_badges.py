"""Open Badges: what is in one, that anybody verifies it with PyJWT alone, and that the list revokes it."""

import base64
import gzip
import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.badges import credentials, issuing
from ccp.badges.models import LIST_LENGTH, Badge
from certifications import life
from tests.support.builders import TODAY, client_of, cycle_of, make_cycle, make_member, make_user, noon

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]

DAY = timedelta(days=1)


def download(member: Member, credential: str = "RMA") -> str:
    answer = client_of(member).get(f"/badges/{cycle_of(member, credential).certification_id}.jwt")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vc+jwt"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="AMT-{credential}-badge.jwt"'
    return answer.text


def fetch(address: str) -> Any:
    """Return what a public address of the portal serves to somebody without an account."""
    assert address.startswith("http://localhost:8000/badges/")
    answer = Client().get(urlsplit(address).path)
    assert answer.status_code == 200, address
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    return answer


def verified(token: str) -> dict[str, Any]:
    """Verify a token as an employer's program does: with PyJWT and what the portal publishes."""
    keys = jwt.PyJWKSet.from_dict(fetch("http://localhost:8000/badges/keys/").json())
    kid = jwt.get_unverified_header(token)["kid"]
    issuer = fetch("http://localhost:8000/badges/issuer/").json()["id"]
    required = {"require": ["iss", "jti", "nbf", "sub"]}
    return jwt.decode(token, keys[kid], algorithms=["EdDSA"], issuer=issuer, options=required)


def is_revoked(badge: dict[str, Any]) -> bool:
    entry = badge["credentialStatus"]
    listed = verified(fetch(entry["statusListCredential"]).text)
    assert listed["id"] == entry["statusListCredential"]
    assert listed["credentialSubject"]["statusPurpose"] == entry["statusPurpose"] == "revocation"
    encoded = listed["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert len(bits) * 8 >= 131_072
    place = int(entry["statusListIndex"])
    return bool(bits[place // 8] >> (7 - place % 8) & 1)


def change(member: Member, to: str, on: Any = TODAY) -> None:
    certification = cycle_of(member).certification
    life.change_status(certification=certification, to=to, reason="So.", by=make_user(is_staff=True), at=noon(on))


def test_a_badge_is_an_open_badge_that_anybody_verifies(met: Member) -> None:
    badge = verified(download(met))
    certification = cycle_of(met).certification
    assert badge["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert badge["issuer"]["id"] == badge["iss"] == "http://localhost:8000/badges/issuer/"
    assert badge["id"] == badge["jti"]
    subject = badge["credentialSubject"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", subject["id"])
    assert subject["id"] == badge["sub"]
    assert subject["licenseNumber"] == certification.certificate_number
    assert subject["achievement"]["humanCode"] == "RMA"
    assert subject["achievement"]["criteria"]["narrative"]
    assert badge["validFrom"] == "2023-05-01T05:00:00Z"
    assert badge["validUntil"] == "2026-05-01T04:59:59Z"  # the end of April 30 in Chicago
    assert badge["exp"] == datetime.fromisoformat(badge["validUntil"]).timestamp()
    assert not is_revoked(badge)


def test_it_holds_nothing_else_of_the_member(met: Member) -> None:
    met.phone, met.city = "312-555-0142", "Rosemont"
    met.save()
    content = json.dumps(verified(download(met)))
    assert "@" not in content.replace('"@context"', "")
    assert not [fact for fact in (met.amt_id, met.user.email, met.phone, met.city) if fact in content]


def test_tampering_shows(met: Member) -> None:
    head, payload, signature = download(met).split(".")
    content = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    content["credentialSubject"]["licenseNumber"] = "1"
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    with pytest.raises(jwt.InvalidSignatureError):
        verified(f"{head}.{forged}.{signature}")
    kid = jwt.get_unverified_header(f"{head}.{payload}.{signature}")["kid"]
    nobody = jwt.encode(
        content,
        "x" * 32,
        algorithm="HS256",
        headers={"kid": kid},
    )
    with pytest.raises(jwt.InvalidAlgorithmError):
        verified(nobody)


def test_the_same_badge_is_the_same_file(met: Member) -> None:
    assert download(met) == download(met)
    assert Badge.objects.count() == 1


@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked"])
def test_a_certification_that_leaves_force_revokes_its_badge(met: Member, status: str) -> None:
    badge = verified(download(met))
    change(met, status)
    assert is_revoked(badge)
    assert client_of(met).get(f"/badges/{cycle_of(met).certification_id}.jwt").status_code == 404
    with pytest.raises(Refused):
        issuing.issue(certification=cycle_of(met).certification, by=met.user, at=noon(TODAY))


def test_a_certification_that_is_reinstated_has_another_badge(met: Member, on_today: TimeMachineFixture) -> None:
    """A revoked badge stays revoked, as the standard has it."""
    before = verified(download(met))
    change(met, "retired")
    on_today.move_to(noon(TODAY + DAY))
    change(met, "reinstated", TODAY + DAY)
    assert is_revoked(before)
    after = verified(download(met))
    assert not is_revoked(after)
    assert after["sub"] != before["sub"]
    assert after["credentialStatus"]["id"] != before["credentialStatus"]["id"]


def test_a_badge_is_revoked_when_the_portal_closes_the_cycle(short: Member, on_today: TimeMachineFixture) -> None:
    download(short, "RPT")
    on_today.move_to(noon(cycle_of(short, "RPT").ends_on + 120 * DAY))
    client_of(short).get("/certifications/")
    badge = Badge.objects.get()
    assert issuing.revoked(badge.list_number) == [badge.list_index]


def test_another_member_does_not_get_it(met: Member, stranger: Member) -> None:
    assert client_of(stranger).get(f"/badges/{cycle_of(met).certification_id}.jwt").status_code == 404
    assert not Badge.objects.exists()


def test_where_ccp_is_voluntary_a_badge_does_not_expire(voluntary: Member) -> None:
    badge = verified(download(voluntary, "MLS"))
    assert "exp" not in badge
    assert "validUntil" not in badge


def test_an_earlier_key_still_verifies_while_it_is_listed(met: Member, settings: Settings) -> None:
    settings.BADGE_KEYS = ["o" * 40]
    old = download(met)
    settings.BADGE_KEYS = ["n" * 40, "o" * 40]
    new = download(met)
    kids = [jwt.get_unverified_header(token)["kid"] for token in (old, new)]
    assert kids[0] != kids[1]
    assert verified(old) == verified(new)
    for kid, token in zip(kids, (old, new), strict=True):  # each key has an address of its own, which the badge names
        assert jwt.decode(token, jwt.PyJWK(fetch(kid).json()), algorithms=["EdDSA"])
    settings.BADGE_KEYS = ["n" * 40]
    with pytest.raises(KeyError):
        verified(old)
    assert Client().get(urlsplit(kids[0]).path).status_code == 404


def test_no_private_key_is_published(settings: Settings) -> None:
    for key in fetch("http://localhost:8000/badges/keys/").json()["keys"]:
        assert key.keys() == {"kty", "crv", "x", "kid", "alg", "use"}


def test_a_status_list_is_for_a_day_and_an_unknown_one_is_not_found(on_today: TimeMachineFixture) -> None:
    token = fetch("http://localhost:8000/badges/status/1/").text
    verified(token)
    on_today.move_to(noon(TODAY) + timedelta(hours=25))
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(token)
    for number in ("0", "2", "9" * 30):
        assert Client().get(f"/badges/status/{number}/").status_code == 404


def test_a_place_is_given_once_and_a_full_list_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    places = iter([7, 7, 7, 9, 3])
    monkeypatch.setattr(issuing.secrets, "randbelow", lambda below: next(places))
    monkeypatch.setattr(issuing, "MOST_IN_A_LIST", 2)
    given = []
    for _ in range(3):
        member = make_member()
        badge = issuing.issue(certification=make_cycle(member).certification, by=member.user, at=noon(TODAY))
        given.append((badge.list_number, badge.list_index))
    assert given == [(1, 7), (1, 9), (2, 3)]
    assert Client().get("/badges/status/2/").status_code == 200


def test_the_bits_of_a_list_begin_on_the_left() -> None:
    packed = credentials.encoded([0, 9, LIST_LENGTH - 1])[1:]
    bits = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    assert (bits[0], bits[1], bits[-1], sum(bits)) == (0b1000_0000, 0b0100_0000, 1, 193)

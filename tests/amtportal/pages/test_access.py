"""Who may see what.

Every address is opened as its owner, as another member, as staff with and without the permission,
and as nobody.
"""

import re
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client

from amtportal.members.models import Member, User
from tests.support.addresses import PRIVATE, PUBLIC, below, of_owner
from tests.support.builders import client_of, make_member, make_user
from tests.support.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

# allauth's addresses, by their routes. Those that need a sign-in lead to it, and none of them has
# the number of a record.
OF_SIGNED_IN = {
    "accounts/2fa/",
    "accounts/2fa/reauthenticate/",
    "accounts/2fa/recovery-codes/",
    "accounts/2fa/recovery-codes/download/",
    "accounts/2fa/recovery-codes/generate/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/totp/deactivate/",
    "accounts/2fa/webauthn/",
    "accounts/2fa/webauthn/add/",
    "accounts/2fa/webauthn/reauthenticate/",
    "accounts/email/",
    "accounts/password/change/",
    "accounts/password/set/",
    "accounts/reauthenticate/",
    "accounts/sessions/",
}
# The same, with the number of a passkey or a session, or a token that is signed for one account.
# Those of somebody else are tried in ``tests/amtportal/members``: ``test_second_factor.py``,
# ``test_sessions.py``, ``test_addresses.py``.
OF_ITS_HOLDER = {
    "accounts/email/<str:token>/",
    "accounts/sessions/<int:pk>/end/",
    "accounts/2fa/webauthn/keys/<int:pk>/edit/",
    "accounts/2fa/webauthn/keys/<int:pk>/remove/",
}
OF_ANYBODY = {
    "accounts/2fa/authenticate/",  # between the password and the code
    "accounts/2fa/webauthn/login/",
    "accounts/activate/",
    "accounts/activate/done/",
    "accounts/confirm-email/",
    "accounts/^confirm-email/(?P<key>[-:\\w]+)/$",  # the key is the secret
    "accounts/inactive/",
    "accounts/login/",
    "accounts/login/code/confirm/",
    "accounts/logout/",
    "accounts/password/strength/",  # only for posts: ``sign_in/test_arriving.py``
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/done/",
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",  # the key is the secret
    "accounts/signup/",
}
# Public, but only for posts: ``tests/amtportal/middleware/test_language.py`` and
# ``tests/certifications/payments/test_webhooks.py``.
POSTED = {"set_language", "payment-webhook"}
# Public, but not a page: ``tests/amtportal/views/test_security_txt.py``, ``test_manifest.py`` beside
# it, and ``tests/amtportal/members/sign_in/test_links.py``.
TEXT = {"security-txt", "change-password", "manifest"}
# Public to everyone who knows a secret that the address holds.
# ``tests/ccp/standing/test_calendar.py``, ``tests/ccp/views/test_verify.py`` and
# ``tests/ccp/notices/test_stop.py`` try other secrets, and so does ``tests/ccp/sharing/test_links.py``.
SECRET = {"calendar-feed", "transcript-verify", "notice-stop", "share-detail", "share-pdf"}
# Public, for programs that verify a badge: ``tests/ccp/badges/test_badges.py``.
OF_BADGES = {"badge-issuer", "badge-keys", "badge-key", "badge-status"}
# Public, with the year of a draw: ``tests/ccp/audits/test_draw_pages.py``.
OF_DRAW = {"draw-detail", "draw-file"}
# For course systems, with a token: ``tests/ccp/api/test_keys.py``; and what is public of them.
OF_SYSTEMS = {"api-token", "api-credits", "api-credits-batch", "api-credit", "api-match", "api-standing", "api-consent"}
OF_SYSTEMS |= {"api-openapi"}


@dataclass(frozen=True)
class Viewers:
    owner: Client
    other: Client
    allowed: Client
    clerk: Client


@pytest.fixture
def viewers(met: Member, stranger: Member, staff: User, clerk: User) -> Viewers:
    return Viewers(client_of(met), client_of(stranger), client_of(staff), client_of(clerk))


def test_every_address_is_in_one_of_the_tables() -> None:
    """The addresses of the admin have their own table, in ``test_access_admin.py``."""
    ours = {
        route: name for route, name in below("").items() if not route.startswith(("admin/", "accounts/", "favicon.ico"))
    }
    in_accounts = {name for name in PUBLIC if name.startswith("account-")}
    assert (
        set(ours.values())
        == PRIVATE.keys() | PUBLIC.keys() - in_accounts | POSTED | SECRET | TEXT | OF_DRAW | OF_BADGES | OF_SYSTEMS
    )
    assert len(ours) == len(set(ours.values()))
    assert below("accounts/").keys() == OF_SIGNED_IN | OF_ITS_HOLDER | OF_ANYBODY


def test_every_address_with_the_number_of_a_record_is_tried_with_somebody_elses() -> None:
    own = {route: name for route, name in below("").items() if not route.startswith("admin/")}
    numbered = {name for route, name in own.items() if re.search("<(int|uuid):", route) and route not in OF_ITS_HOLDER}
    numbered -= OF_DRAW | OF_BADGES
    assert numbered == {name for name, row in PRIVATE.items() if "{" in row[0]}
    assert {name for name in numbered if PRIVATE[name][2] != 404} == set()


@pytest.mark.any_database
@pytest.mark.parametrize("route", sorted(OF_SIGNED_IN))
def test_account_pages_that_need_a_sign_in_lead_to_it(route: str) -> None:
    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"/{route}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next=/{route}")


@pytest.mark.parametrize("name", PRIVATE)
def test_each_viewer_is_shown_what_is_theirs(viewers: Viewers, met: Member, name: str) -> None:
    pattern, *expected = PRIVATE[name]
    address = of_owner(pattern, met)
    found = [
        client.get(address).status_code for client in (viewers.owner, viewers.other, viewers.allowed, viewers.clerk)
    ]
    assert found == expected


@pytest.mark.any_database
@pytest.mark.parametrize("name", PRIVATE)
def test_nobody_signed_in_is_led_to_the_sign_in_and_back(met: Member, name: str) -> None:
    address = of_owner(PRIVATE[name][0], met)
    for method in ("get", "post"):
        answer = getattr(Client(), method)(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages_need_no_sign_in(name: str) -> None:
    assert Client().get(PUBLIC[name]).status_code == 200


@pytest.mark.parametrize(
    "pattern", [row[0] for row in PRIVATE.values() if "{" in row[0]], ids=[n for n, r in PRIVATE.items() if "{" in r[0]]
)
@pytest.mark.parametrize("number", ["0", "99999", "9" * 30], ids=["zero", "no such row", "more than a database holds"])
def test_what_there_is_not_is_not_found(viewers: Viewers, pattern: str, number: str) -> None:
    named = ("activity", "cycle", "invoice", "evidence", "waiting", "audit", "draw", "notice", "letter", "name")
    records = dict.fromkeys((*named, "certification"), number)
    address = pattern.format(**records, checkout=uuid4())
    assert viewers.owner.get(address).status_code == 404


@pytest.mark.parametrize("verb", ["amend", "withdraw", "restore", "difference", "evidence"])
def test_another_member_cannot_post_to_an_entry(viewers: Viewers, met: Member, verb: str) -> None:
    entry = met.activities.get()
    assert viewers.other.post(f"/ccp/activities/{entry.pk}/{verb}/", {"points": "1"}).status_code == 404
    for staff in (viewers.allowed, viewers.clerk):
        assert staff.post(f"/ccp/activities/{entry.pk}/{verb}/", {"points": "1"}).headers["Location"] == "/"
    entry.refresh_from_db()
    assert entry.is_standing
    assert entry.revision == 1


def test_each_permission_opens_its_own_pages_only(met: Member) -> None:
    """The permission to view invoices does not let staff read what a member recorded."""
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_renewalinvoice"))
    client = client_of(user)
    assert client.get(of_owner(PRIVATE["invoice-detail"][0], met)).status_code == 200
    assert client.get(of_owner(PRIVATE["activity-detail"][0], met)).status_code == 404
    assert client.get(of_owner(PRIVATE["transcript-detail"][0], met)).status_code == 404


def test_the_permission_without_being_staff_opens_nothing(met: Member, stranger: Member) -> None:
    stranger.user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = client_of(stranger)
    for name in ("activity-detail", "transcript-detail", "transcript-pdf", "invoice-detail", "invoice-pdf"):
        assert client.get(of_owner(PRIVATE[name][0], met)).status_code == 404


def test_a_member_who_is_staff_has_the_own_pages_too(met: Member) -> None:
    met.user.is_staff = True
    met.user.save()
    assert read(client_of(met).get("/certifications/")).select("section[id^=certification-]")


def test_an_account_that_was_closed_is_signed_out(met: Member) -> None:
    client = client_of(met)
    met.user.is_active = False
    met.user.save()
    assert client.get("/certifications/").headers["Location"].startswith("/accounts/login/")


def test_forms_are_guarded_against_other_sites(met: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(met.user)
    assert client.post("/ccp/record/", {"points": "1"}).status_code == 403
    assert client.post(of_owner("/ccp/activities/{activity}/withdraw/", met)).status_code == 403


def test_private_pages_are_not_shown_in_other_sites_frames_and_load_from_here_only(viewers: Viewers) -> None:
    headers = viewers.owner.get("/certifications/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert settings.SESSION_COOKIE_HTTPONLY


FILES = ("-pdf", "-export", "-download", "-letter", "-crop", "-document", "-reminders")


def test_pages_keep_no_script_or_style_that_the_policy_would_stop(viewers: Viewers, met: Member) -> None:
    addresses = [of_owner(row[0], met) for name, row in PRIVATE.items() if row[1] == 200 and not name.endswith(FILES)]
    public = [page for page in PUBLIC.values() if page != "/healthz" and not page.endswith(".pdf")]
    for address in [*addresses, *public]:
        page = read(viewers.owner.get(address))
        assert not page.select("[style], style, [onclick], [onsubmit], [onchange], script:not([src])"), address


def test_a_member_without_certifications_has_pages_too() -> None:
    client = client_of(make_member())
    for name in ("certification-list", "activity-record", "activity-list", "invoice-list"):
        read(client.get(PRIVATE[name][0]))

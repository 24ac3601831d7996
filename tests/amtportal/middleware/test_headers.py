"""The headers of every answer: a page, a file, a style sheet, a redirect or an error."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from amtportal.members.models import Member
from amtportal.middleware.headers import NOT_STORED, PolicyMiddleware
from ccp.standing import calendar
from tests.support import template_database
from tests.support.builders import TODAY, client_of, cycle_of, invoice_of, make_user, noon
from tests.support.pages import record_ce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' data:",
    "manifest-src": "'self'",
    "media-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-src": "'none'",
    "frame-ancestors": "'none'",
    "worker-src": "'none'",
}
# The portal's own pages ask for passkeys, and a clip may fill the screen. Nothing else that a browser
# could hand out is needed.
PERMISSIONS = {
    **dict.fromkeys(
        (
            *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media"),
            *("geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi"),
            *("payment", "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
        ),
        "()",
    ),
    "fullscreen": "(self)",
    "publickey-credentials-create": "(self)",
    "publickey-credentials-get": "(self)",
}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Ask = Callable[[Client, Member], HttpResponse]


def get(address: str, **extra: str) -> Ask:
    return lambda client, member: client.get(
        address.format(cycle=cycle_of(member).pk, invoice=invoice_of(cycle_of(member)).pk), **extra
    )


def limited(client: Client, member: Member) -> HttpResponse:
    for _ in range(60):
        client.get("/verify/unknown/")
    return client.get("/verify/unknown/")


def broken(client: Client, member: Member) -> HttpResponse:
    client.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("amtportal.views.home.standing.caught_up", lambda *args, **kwargs: 1 / 0)
        return client.get("/certifications/")


# Each kind of answer: its status, and who may keep it.
ANSWERS: dict[str, tuple[Ask, int, str]] = {
    "page": (get("/certifications/"), 200, NOT_STORED),
    "form": (get("/ccp/record/"), 200, NOT_STORED),
    "recorded": (lambda client, member: record_ce(client), 302, NOT_STORED),
    "refused form": (lambda client, member: record_ce(client, points="x"), 200, NOT_STORED),
    "PDF": (get("/ccp/transcript/{cycle}.pdf"), 200, NOT_STORED),
    "invoice as PDF": (get("/invoices/{invoice}.pdf"), 200, NOT_STORED),
    "CSV": (get("/ccp/activities/export.csv"), 200, NOT_STORED),
    "public page, signed in": (get("/guide/"), 200, NOT_STORED),
    "not found": (get("/nothing/"), 404, NOT_STORED),
    "method": (lambda client, member: client.post("/certifications/"), 405, NOT_STORED),
    "server error": (broken, 500, NOT_STORED),
    "redirect": (
        lambda client, member: client.get(f"/ccp/activities/{member.activities.get().pk}/report/"),
        302,
        NOT_STORED,
    ),
    "missing slash": (get("/guide"), 301, NOT_STORED),
    "wrong host": (get("/", HTTP_HOST="elsewhere.example"), 400, NOT_STORED),
    "too many": (limited, 429, "no-store"),
    "health": (get("/healthz"), 200, "no-store"),
    "style sheet": (get("/static/css/portal.css"), 200, "public"),
    "font": (get("/static/fonts/public-sans-latin-wght-normal.woff2"), 200, "public"),
    "icon": (get("/favicon.ico"), 302, "public"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_has_its_headers(met: Member, kind: str) -> None:
    ask, status, kept = ANSWERS[kind]
    answer = ask(client_of(met), met)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy == POLICY
    assert dict(part.split("=") for part in answer.headers["Permissions-Policy"].split(", ")) == PERMISSIONS
    assert kept in answer.headers["Cache-Control"]
    answer.close()


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/activate/", "/accounts/password/reset/", "/verify/", "/ccp/record/"]
)
def test_account_forms_and_ways_to_the_sign_in_are_not_stored(address: str) -> None:
    assert "no-store" in Client().get(address).headers["Cache-Control"]


def test_staff_pages_are_not_stored() -> None:
    root = client_of(make_user(is_staff=True, is_superuser=True))
    for address in ("/admin/", "/admin/members/member/", "/admin/jsi18n/", "/styleguide/", "/"):
        assert "no-store" in root.get(address).headers["Cache-Control"], address


def test_the_calendar_is_kept_by_its_reader_alone(met: Member) -> None:
    answer = Client().get(f"/calendar/{calendar.create(member=met, at=noon(TODAY)).token}.ics")
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/", "/guide/", "/qualifying-activities/"])
def test_a_public_page_is_asked_for_again_and_sent_again_only_if_it_changed(address: str) -> None:
    client = Client()
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert "Cookie" in first.headers["Vary"]
    assert not first.cookies
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_answer_with_a_cookie_is_for_one_person(met: Member) -> None:
    client = client_of(met)
    client.post("/accounts/logout/")
    answer = client.get("/")  # it reports the sign-out, and removes that message
    assert answer.cookies
    assert answer.headers["Cache-Control"] == NOT_STORED


def test_a_response_can_change_the_policy(rf: RequestFactory) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    elsewhere = csp_update({"form-action": ["https://pay.example"]})(answer)
    usual, changed = (
        PolicyMiddleware(view)(rf.get("/")).headers["Content-Security-Policy"] for view in (answer, elsewhere)
    )
    assert "form-action 'self'" in usual.split("; ")
    assert changed == usual.replace("form-action 'self'", "form-action 'self' https://pay.example")


# Over https

OVER_HTTPS = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
from amtportal.members.sessions import devices
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
secure = Client(HTTP_HOST="portal.example.org")
found = secure.get("/accounts/login/", secure=True)
plain = secure.get("/accounts/login/")
lost = secure.get("/static/none.css", secure=True)
elsewhere = Client(HTTP_HOST="elsewhere.example").get("/", secure=True)
print(json.dumps({
    "hsts": [answer.headers.get("Strict-Transport-Security") for answer in (found, lost, elsewhere)],
    "cookies": {name: [morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]]
                for name, morsel in found.cookies.items()},
    "names": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, devices.COOKIE],
    "plain": [plain.status_code, plain.headers["Location"], "Content-Security-Policy" in plain.headers,
              plain.headers["Cache-Control"]],
}))
"""


@pytest.mark.slow
def test_over_https_the_host_is_kept_to_it_and_cookies_are_guarded(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")} | {
        "AMTPORTAL_URL": "https://portal.example.org",
        "AMTPORTAL_VAR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/amtportal.sqlite3",
        "DJANGO_SETTINGS_MODULE": "amtportal.settings",
        "CACHE_URL": "locmemcache://",
    }
    template_database.copy_for_sqlite(tmp_path / "amtportal.sqlite3")
    run = subprocess.run(
        [sys.executable, "-c", OVER_HTTPS], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["hsts"] == ["max-age=31536000; includeSubDomains; preload"] * 3
    assert found["cookies"] == {"__Host-csrftoken": [True, True, "Lax", "/", ""]}
    assert found["names"] == ["__Host-sessionid", "__Host-csrftoken", "__Host-language", "__Host-known"]
    assert found["plain"] == [301, "https://portal.example.org/accounts/login/", True, NOT_STORED]

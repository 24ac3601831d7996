"""What pages say in Spanish after a form, and error pages in Spanish.

They say what is wrong, what an entry would count for, and what was done.
"""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from amtportal.members.models import Member
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, make_amt_credit, noon
from tests.support.pages import read, record_ce, words
from tests.support.spanish import english_left, left_after, left_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
COURSE = {"activity_type": "course-seminar-webinar", "points": "1.5", "starts_on": "3/1/2026", "attested": "on"}
SUBMISSION = {"submission_id": "7a6f4a0e-2f4e-4c64-9a9e-0b9f2f1c9a11"}
# Record CE, filled in wrongly in several ways. Each breaks another rule.
WRONG = {
    "nothing": {"activity_type": "", "points": "", "starts_on": "", "attested": ""},
    "points that are none": {"points": "many"},
    "no quarter step": {"points": "1.1"},
    "too many points": {"points": "100"},
    "no points": {"points": "0"},
    "a number that is none": {"points": "", "quantity": "some"},
    "too little": {"points": "", "quantity": "0.1"},
    "other points than the number makes": {"points": "2", "quantity": "1"},
    "no unit": {"activity_type": "book", "quantity": "2"},
    "no day": {"starts_on": "32/1/2026"},
    "no such day": {"starts_on": "2/30/2026"},
    "a short year": {"starts_on": "3/1/99"},
    "no year": {"ends_on": "3/1"},
    "in the future": {"starts_on": "3/1/2027"},
    "the end before the start": {"ends_on": "2/1/2026"},
    "before the cycle": {"starts_on": "1/1/2020", "ends_on": "1/2/2020"},
    "after the window": {"activity_type": "employment"},
    "no such type": {"activity_type": "none"},
    "not attested": {"attested": ""},
    "no text": {"title": "\x07"},
    "a long text": {"provider": "x" * 201},
    "no certification": {"certifications": ""},
    "no number": {"submission_id": "none"},
}
ERROR_PAGES = ["400", "403", "403_csrf", "404", "429", "500", "503", "busy"]


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_form_is_said_in_spanish(new: Member, changes: dict[str, str]) -> None:
    assert left_after(client_of(new), "/ccp/record/", **COURSE | SUBMISSION | changes) == set()


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/activate/", "/accounts/password/reset/", "/verify/"]
)
def test_so_is_what_is_wrong_before_the_sign_in(address: str) -> None:
    assert left_after(Client(), address, email="nobody") == set()


def test_so_is_what_is_wrong_with_a_new_password(new: Member) -> None:
    wrong = {"oldpassword": "x", "password1": "short"}
    assert left_after(client_of(new), "/accounts/password/change/", **wrong) == set()


@pytest.mark.parametrize("name", ["short", "met", "grace", "voluntary", "two"])
@pytest.mark.parametrize("address", ["/ccp/record/", "/ccp/record/preview/"])
def test_a_preview_is_in_spanish(request: pytest.FixtureRequest, name: str, address: str) -> None:
    member = request.getfixturevalue(name)
    asked = COURSE | SUBMISSION | {"points": "", "quantity": "1.1", "preview": "1"}
    assert left_after(client_of(member), address, **asked) == set()


def test_what_was_done_is_said_in_spanish(met: Member) -> None:
    """An entry is recorded, amended, withdrawn, put back, told apart and reported.

    The test also shows what is refused afterwards.
    """
    cycle, client = cycle_of(met), client_of(met)
    entry = make_activity(cycle, points="2")
    credit = make_amt_credit(cycle, points="2")

    def recorded(code: str) -> HttpResponse:
        client.cookies["language"] = code
        return client.get(record_ce(client).headers["Location"])

    assert english_left(recorded) == set()
    del client.cookies["language"]
    own, theirs = f"/ccp/activities/{entry.pk}/", f"/ccp/activities/{credit.pk}/"
    assert left_after(client, f"{own}amend/", **COURSE, revision="1") == set()
    assert left_after(client, f"{own}amend/", **COURSE | {"points": "3"}, revision="1") == set()
    assert left_after(client, f"{own}difference/", difference="…") == set()
    assert left_after(client, f"{own}difference/", difference="x" * 501) == set()
    assert left_after(client, f"{own}withdraw/") == set()
    assert left_after(client, f"{own}restore/") == set()
    assert left_after(client, f"{theirs}amend/", **COURSE, revision="1") == set()
    assert left_after(client, f"{theirs}report/", text="") == set()
    assert left_after(client, f"{theirs}report/", text="…") == set()
    for action in ("create", "revoke"):
        assert left_after(client, "/calendar/", action=action) == set()


def test_a_transcript_is_checked_in_spanish(met: Member) -> None:
    """The transcript as it was issued, after the record has changed, and with files."""
    issue = issuing.issue(contents=transcripts.of_cycle(cycle_of(met)), by=met.user, at=noon(TODAY))
    address, anonymous = f"/verify/{issue.code}/", Client()
    assert left_on(anonymous, [address]) == set()
    make_activity(cycle_of(met), points="1")
    assert left_on(anonymous, [address]) == set()

    def sent(code: str) -> HttpResponse:
        file = BytesIO(b"%PDF-1.7 of somebody else")
        file.name = "other.pdf"
        return anonymous.post(address, {"file": file}, headers={"accept-language": code})

    assert english_left(sent) == set()


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_an_error_page_is_in_spanish_though_it_asks_no_context(name: str) -> None:
    def shown(code: str) -> HttpResponse:
        with translation.override(code):
            return HttpResponse(render_to_string(f"{name}.html", {"typed": [("points", "2")], "asked": "/"}))

    assert english_left(shown) == set()


def test_the_closed_portal_says_so_in_the_readers_language(settings: Settings) -> None:
    settings.MAINTENANCE = True
    page = read(Client().get("/", headers={"accept-language": "es"}), 503)
    assert page.html["lang"] == "es-US"
    assert words(page.h1) == "El portal está cerrado por poco tiempo"


def test_a_list_as_csv_keeps_the_language_until_it_is_sent(met: Member) -> None:
    """The mail is written after the request has ended."""
    heads: Callable[[str], str] = lambda code: b"".join(  # noqa: E731
        client_of(met).get("/ccp/activities/export.csv", headers={"accept-language": code}).streaming_content
    ).decode("utf-8-sig")
    assert heads("es").startswith('"Referencia","Tipo de actividad"')
    assert "Curso, seminario o seminario web" in heads("es")
    assert heads("en").startswith('"Reference","Activity type"')

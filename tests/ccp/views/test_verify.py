"""The public pages that say whether a transcript is genuine.

Anyone may ask, by code and by file, within a limit.
"""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from amtportal.uploads import digests
from ccp.models import Transcript
from ccp.recording import verbs as recording
from ccp.views import verify as authenticity_views
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, noon
from tests.support.pages import error_summary, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


def saved(member: Member, credential: str = "RMA") -> tuple[Transcript, bytes]:
    answer = client_of(member).get(f"/ccp/transcript/{cycle_of(member, credential).pk}.pdf")
    return Transcript.objects.latest("pk"), answer.content


def of_code(code: str, status: int = 200) -> BeautifulSoup:
    return read(Client().get(f"/verify/{code}/"), status)


def sent(address: str, content: bytes, client: Client | None = None) -> HttpResponse:
    return (client or Client()).post(address, {"file": SimpleUploadedFile("my.pdf", content, "application/pdf")})


def told(page: BeautifulSoup) -> str:
    return page.select_one("[data-verdict]")["data-verdict"]


def test_anyone_reads_what_the_paper_says(met: Member) -> None:
    issue, _ = saved(met)
    read = of_code(issue.code)
    assert len(read.select("section[aria-labelledby=as-issued] dl")) == 1, "no gap that looks like an empty row"
    page = words(read.main)
    for said in (
        "This transcript was issued by AMT",
        f"Code {issue.grouped_code}, issued on Mar 14, 2026",
        "Name Mia Met",
        "Credential Registered Medical Assistant (RMA)",
        "CCP cycle May 1, 2023 to Apr 30, 2026",
        "Points 30 counted, 30 required",
        "Requirement Met on Mar 13, 2026",
        "Certification status Active",
        "The record is still the same.",
    ):
        assert said in page


def test_nothing_more_is_told(met: Member) -> None:
    """The page shows neither the AMT ID, the e-mail address, the certificate number, nor an entry.

    That holds also once they have changed.
    """
    make_activity(cycle_of(met), points="1", title="Secret seminar", provider="Hidden College")
    issue, _ = saved(met)
    met.first_name = "Newname"
    met.save()
    make_activity(cycle_of(met), points="1", title="Later seminar")
    page = Client().get(f"/verify/{issue.code}/").content.decode()
    certificate = cycle_of(met).certification.certificate_number
    references = [entry.reference for entry in met.activities.all()]
    for secret in (met.amt_id, met.user.email, certificate, "seminar", "Hidden", "Newname", *references):
        assert secret not in page


@pytest.mark.parametrize("written", ["{}", "{0[0]}-{0[1]} {0[2]}", "small"])
def test_a_code_is_found_as_it_is_typed(met: Member, written: str) -> None:
    issue, _ = saved(met)
    parts = issue.grouped_code.split("-")
    typed = issue.grouped_code.lower() if written == "small" else " ".join(parts)
    answer = Client().get("/verify/", {"code": typed.replace("0", "o").replace("1", "l")})
    assert answer.headers["Location"] == f"/verify/{issue.code}/"
    answer = Client().get("/verify/", {"code": f"\u200e{typed}\u200b".replace("-", "\u2011").replace(" ", "\u00a0")})
    assert answer.headers["Location"] == f"/verify/{issue.code}/"
    assert Client().get(f"/verify/{typed}/").status_code == 200


@pytest.mark.parametrize("code", ["0" * 16, "nonsense", "7" * 500, "%00", "%E2%80%8B", "../admin", "'; DROP"])
def test_an_unknown_code_is_not_found_and_says_how_to_check(met: Member, code: str) -> None:
    saved(met)
    answer = Client().get(f"/verify/{code}/")
    assert answer.status_code == 404
    if code in ("0" * 16, "nonsense"):
        page = words(read(answer, 404).main)
        assert "No transcript has this code" in page
        assert "Check each letter and digit" in page


def test_an_unknown_code_stands_in_the_field_to_be_mended(met: Member) -> None:
    for code, shown in (("7KQ2-M9XV-3T0B-HDWE", "7KQ2-M9XV-3T0B-HDWE"), ("7" * 500, "7" * 100)):
        page = read(Client().get(f"/verify/{code}/"), 404)
        assert page.select_one("main [name=code]")["value"] == shown


def test_a_known_code_and_an_unknown_one_cost_the_same_look_up(met: Member) -> None:
    saved(met)
    counts = []
    for code in ("0" * 16, "1" * 16, "nonsense", "U" * 16):
        with CaptureQueriesContext(connection) as captured:
            Client().get(f"/verify/{code}/")
        counts.append(len(captured))
    assert counts == [2] * 4, "the limit and the look-up"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type the code that is printed on the transcript."),
        ("7KQ2", "A code has 16 letters and digits. Check what you typed."),
    ],
)
def test_what_cannot_be_a_code_is_told_at_the_field(typed: str, said: str) -> None:
    assert error_summary(read(Client().get("/verify/", {"code": typed}), 400)) == {"id_code": said}


def test_a_withdrawn_entry_makes_the_paper_out_of_date(met: Member) -> None:
    issue, _ = saved(met)
    recording.withdraw(activity=met.activities.get(), by=met.user, at=noon(TODAY))
    page = of_code(issue.code)
    assert page.select_one("[data-changed]")["data-changed"] == "yes"
    text = words(page.main)
    for said in (
        "Points 30 counted, 30 required",
        "The record has changed since.",
        "0 points count now; they were 30.",
        "1 entry on it has been withdrawn or made void since.",
        "The requirement is no longer met.",
    ):
        assert said in text


def test_an_entry_that_amt_made_void_counts_among_them(short: Member, staff: User) -> None:
    issue, _ = saved(short, "RPT")
    recording.void(activity=short.activities.get(), reason="No such course.", by=staff, at=noon(TODAY))
    text = words(of_code(issue.code).main)
    assert "1 entry on it has been withdrawn or made void since." in text
    assert "No such course" not in text


def test_a_name_that_was_written_anew_is_told_without_the_name(met: Member) -> None:
    issue, _ = saved(met)
    met.last_name = "Married"
    met.save()
    text = words(of_code(issue.code).main)
    assert "Points and status are the same; a detail" in text
    assert "Married" not in text


def test_a_certification_that_lapsed_since_is_told_even_if_nobody_looked_before(
    grace: Member, on_today: TimeMachineFixture
) -> None:
    """The grace period ended long ago.

    Looking at the page closes the cycle, as everywhere.
    """
    issue, _ = saved(grace, "MLT")
    on_today.move_to(noon(TODAY + timedelta(days=200)))
    text = words(of_code(issue.code).main)
    assert "as non-compliant." in text
    assert "Certification status: lapsed now; it was active." in text


def test_a_history_is_checked_too(two: Member) -> None:
    client_of(two).get("/ccp/transcript/all.pdf")
    text = words(of_code(Transcript.objects.get().code).main)
    assert "The whole history" in text
    assert text.count("Points 4 counted") == 2
    assert "Registered Phlebotomy Technician" in text
    assert "The record is still the same." in text


def test_the_file_that_was_issued_is_genuine_and_a_changed_one_is_not(met: Member) -> None:
    issue, content = saved(met)
    for address in ("/verify/", f"/verify/{issue.code}/"):
        page = read(sent(address, content))
        assert told(page) == "exact"
        assert "exactly the one that AMT’s portal issued on Mar 14, 2026" in words(page.main)
        assert "Mia Met" in words(page.main)
        assert told(read(sent(address, content[:-1] + b" "))) == "unknown"


def test_the_file_of_another_issue_is_told_apart(met: Member, short: Member) -> None:
    (mine, _), (other, content) = saved(met), saved(short, "RPT")
    page = read(sent(f"/verify/{mine.code}/", content))
    assert told(page) == "other"
    assert "Sam Short" not in words(page.main)
    assert other.code not in page.get_text()


def test_an_earlier_file_stays_genuine_when_the_record_has_changed(met: Member) -> None:
    _, content = saved(met)
    make_activity(cycle_of(met), points="1")
    saved(met)
    page = read(sent("/verify/", content))
    assert told(page) == "exact"
    assert "31 points count now; they were 30." in words(page.main)


def test_a_file_is_stored_nowhere(met: Member, settings: Any, tmp_path: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT = tmp_path
    assert told(read(sent("/verify/", b"x" * 5_000_000))) == "unknown"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [digests.MOST_BYTES + 1, authenticity_views.MOST_BYTES + 1], ids=["read", "not read"])
def test_a_file_that_is_too_large_is_refused(size: int) -> None:
    answer = sent("/verify/", b"x" * size)
    assert error_summary(read(answer, 400)) == {
        "id_file": "The file is larger than 10 MB. A transcript is smaller than that."
    }


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose the PDF file that you want to check."),
        ({"file": "words"}, "Choose the PDF file that you want to check."),
        ({"file": SimpleUploadedFile("my.pdf", b"")}, "The file is empty. Choose another one."),
    ],
    ids=["none", "no file", "empty"],
)
def test_without_a_file_there_is_nothing_to_check(met: Member, data: dict[str, Any], said: str) -> None:
    issue, _ = saved(met)
    for address in ("/verify/", f"/verify/{issue.code}/"):
        assert error_summary(read(Client().post(address, data), 400)) == {"id_file": said}


def test_nobody_needs_a_token_or_a_session_to_ask(met: Member) -> None:
    issue, content = saved(met)
    client = Client(enforce_csrf_checks=True)
    assert told(read(sent(f"/verify/{issue.code}/", content, client))) == "exact"
    assert not client.cookies


def test_search_engines_and_caches_leave_it_alone(met: Member) -> None:
    issue, _ = saved(met)
    for address in ("/verify/", f"/verify/{issue.code}/", "/verify/nonsense/"):
        headers = Client().get(address).headers
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in headers["Cache-Control"]


def test_the_sixty_first_question_in_a_minute_waits(met: Member, on_today: TimeMachineFixture) -> None:
    issue, _ = saved(met)
    asked = [Client().get(f"/verify/{issue.code if n % 2 else 'nonsense'}/").status_code for n in range(60)]
    assert set(asked) == {200, 404}
    for answer in (Client().get(f"/verify/{issue.code}/"), sent("/verify/", b"x"), Client().get("/verify/?code=x")):
        assert "Too many tries" in words(read(answer, 429).main)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert Client().get("/verify/").status_code == 200, "the empty form asks about nobody"
    on_today.move_to(noon(TODAY) + timedelta(seconds=61))
    assert Client().get(f"/verify/{issue.code}/").status_code == 200


def test_each_viewer_is_told_the_same(met: Member, stranger: Member, staff: User, clerk: User) -> None:
    issue, _ = saved(met)
    told = {
        words(read(client_of(who).get(f"/verify/{issue.code}/")).main) for who in (None, met, stranger, staff, clerk)
    }
    assert len(told) == 1


def test_other_methods_are_refused() -> None:
    assert Client().put("/verify/").status_code == 405


def test_the_page_takes_the_same_few_queries_however_many_entries(met: Member) -> None:
    issue, _ = saved(met)
    counts = []
    for more in (0, 20):
        for _n in range(more):
            make_activity(cycle_of(met), points="0.25")
        with CaptureQueriesContext(connection) as captured:
            of_code(issue.code)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10

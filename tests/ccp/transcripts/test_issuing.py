"""Issuing a transcript: one issue for each record, its code, and its file."""

import hashlib
import re
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from amtportal.documents import layout as documents
from amtportal.members.models import Member, User
from ccp.models import Transcript, TranscriptFile
from ccp.recording import verbs as recording
from ccp.transcripts import authenticity, issuing
from ccp.transcripts import contents as transcripts
from certifications.models import Credential
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, make_cycle, make_member, noon
from tests.support.pages import read, words
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}")


def saved(client: Client, member: Member, credential: str = "RMA") -> bytes:
    answer = client.get(f"/ccp/transcript/{cycle_of(member, credential).pk}.pdf")
    assert answer.status_code == 200
    return answer.content


def test_a_code_is_80_random_bits_in_letters_that_are_not_mistaken() -> None:
    codes = {issuing.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 16 and set(code) <= set(issuing.ALPHABET) for code in codes)
    assert len(issuing.ALPHABET) == 32, "5 bits each: 16 × 5 = 80"
    assert not set("ILOU") & set(issuing.ALPHABET)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("7KQ2-M9XV-3T0B-HDWE", "7KQ2M9XV3T0BHDWE", id="as printed"),
        pytest.param(" 7kq2 m9xv 3tob hdwe ", "7KQ2M9XV3T0BHDWE", id="small letters, spaces, O for 0"),
        pytest.param("IlQ2–M9XV—3T0B−HDWE", "11Q2M9XV3T0BHDWE", id="I and l for 1, dashes"),
        pytest.param("７ＫＱ２Ｍ９ＸＶ３Ｔ０ＢＨＤＷＥ", "7KQ2M9XV3T0BHDWE", id="full width"),
        pytest.param("7KQ2M9XV3T0BHDW", "", id="a letter too few"),
        pytest.param("7KQ2M9XV3T0BHDWEE", "", id="a letter too many"),
        pytest.param("7KQ2M9XV3T0BHDWU", "", id="a letter that no code has"),
        pytest.param("٧KQ2M9XV3T0BHDWE", "", id="a digit of another script"),
        pytest.param("\0" * 16, "", id="no letters"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, meant: str) -> None:
    assert issuing.as_code(typed) == meant


def test_the_same_record_has_one_issue_whoever_asks_and_on_whatever_day(
    met: Member, staff: User, on_today: TimeMachineFixture
) -> None:
    first = saved(client_of(met), met)
    on_today.move_to(noon(TODAY + timedelta(days=30)))
    assert saved(client_of(staff), met) == first
    issue = Transcript.objects.get()
    assert (issue.issued_on, issue.issued_by, issue.member) == (TODAY, met.user, met)
    assert [file.sha256 for file in issue.files.all()] == [hashlib.sha256(first).hexdigest()]


def test_the_page_and_the_pdf_bear_the_same_code(met: Member) -> None:
    page = read(client_of(met).get(f"/ccp/transcript/{cycle_of(met).pk}/"))
    saved(client_of(met), met)
    code = words(page.select_one("[data-name=transcript-code]"))
    assert CODE.fullmatch(code)
    assert Transcript.objects.get().grouped_code == code


def test_a_changed_record_is_another_issue_and_the_earlier_one_stays(met: Member) -> None:
    first = saved(client_of(met), met)
    entry = make_activity(cycle_of(met), points="1")
    assert saved(client_of(met), met) != first
    assert Transcript.objects.count() == 2
    recording.withdraw(activity=entry, by=met.user, at=noon(TODAY))
    assert saved(client_of(met), met) == first, "the record is again what it was"
    assert Transcript.objects.count() == 2


@pytest.mark.parametrize("changed", ["first_name", "amt_id"])
def test_whose_record_it_is_is_part_of_it(met: Member, changed: str) -> None:
    saved(client_of(met), met)
    setattr(met, changed, "Another")
    met.save()
    saved(client_of(met), met)
    assert Transcript.objects.count() == 2


def test_how_amt_words_a_type_is_not_part_of_the_record(met: Member) -> None:
    """There is another file of the same issue, and both are kept as genuine."""
    first = saved(client_of(met), met)
    entry = met.activities.get()
    entry.activity_type.name = "Course"
    entry.activity_type.save()
    second = saved(client_of(met), met)
    assert first != second
    assert Transcript.objects.get().files.count() == 2


def test_a_closed_cycle_stays_as_it_was_whatever_the_terms_are_now(grace: Member, on_today: TimeMachineFixture) -> None:
    """The cycle closed 200 days later as non-compliant with 42 of 45.

    Then the credential requires more.
    """
    on_today.move_to(noon(TODAY + timedelta(days=200)))
    first = saved(client_of(grace), grace, "MLT")
    Credential.objects.update(points_required=60)
    on_today.move_to(noon(TODAY + timedelta(days=900)))
    assert saved(client_of(grace), grace, "MLT") == first
    figures = Transcript.objects.get().snapshot["sheets"][0]
    assert (figures["counted"], figures["required"], figures["outcome"]) == ("42", "45", "non-compliant")


def test_a_head_request_is_answered_as_the_page_is(met: Member) -> None:
    answer = client_of(met).head(f"/ccp/transcript/{cycle_of(met).pk}.pdf", headers={"Sec-Purpose": "prefetch"})
    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, "application/pdf", b"")
    saved(client_of(met), met)
    assert Transcript.objects.count() == 1


def test_reading_an_issued_transcript_writes_nothing_and_takes_no_lock(met: Member) -> None:
    client = client_of(met)
    for address in (f"/ccp/transcript/{cycle_of(met).pk}", "/ccp/transcript/all"):
        for ending in ("/", ".pdf"):
            client.get(address + ending)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address + ending).status_code == 200
            # The limit on documents counts each one; that is no part of the record.
            statements = {query["sql"].split()[0] for query in captured if "members_tally" not in query["sql"]}
            assert statements == {"SELECT"}, address + ending


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_one_issue_and_one_file_that_is_laid_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member = make_member()
    make_activity(make_cycle(member), points="30")
    clients, laid_out, lay_out = [client_of(member) for _ in range(4)], [], documents.lay_out

    def counting(html: str) -> bytes:
        laid_out.append(html)
        return lay_out(html)

    monkeypatch.setattr(documents, "lay_out", counting)
    files = at_once(*[partial(saved, client, member) for client in clients])
    assert len(set(files)) == 1
    assert (Transcript.objects.count(), TranscriptFile.objects.count(), len(laid_out)) == (1, 1, 1)


def test_the_issue_says_nothing_of_the_day_on_which_it_is_read(met: Member, on_today: TimeMachineFixture) -> None:
    cycle = cycle_of(met)
    before = transcripts.content_hash(transcripts.of_cycle(cycle))
    on_today.move_to(noon(date(2030, 1, 1)))
    assert transcripts.content_hash(transcripts.of_cycle(cycle)) == before


def test_days_written_in_another_way_make_another_file_of_the_same_issue(
    met: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decision 58 changed how days are written. What was issued before is the same issue, and genuine."""
    client = client_of(met)
    before = saved(client, met)
    (issue,) = Transcript.objects.all()
    monkeypatch.setattr("ccp.transcripts.rows.format_day_in_table", date.isoformat)
    after = saved(client, met)
    assert before != after
    assert Transcript.objects.get() == issue
    for file in (before, after):
        assert authenticity.verdict(issue, hashlib.sha256(file).hexdigest()) == "exact"

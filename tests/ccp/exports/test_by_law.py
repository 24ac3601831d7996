"""Access by law: the archive that staff have made, with what staff noted, logged and answered."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail

from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.desk import notes
from ccp.exports import archives, by_law
from ccp.exports.models import Archive
from ccp.privacy.models import AccessDownload, AccessRequest
from tests.support.builders import TODAY, client_of, make_activity, make_cycle, make_member, make_user, noon
from tests.support.staff import make_clerk, page, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

AT = noon(TODAY)
TYPED = {"law": "gdpr", "received_on": TODAY, "asked_by": "lawyer", "proof": "notary", "note": ""}


@pytest.fixture
def clerk() -> User:
    return make_clerk("view_member", "answer_access", "view_accessrequest", email="clerk@amt.example")


@pytest.fixture
def member(clerk: User) -> Member:
    member = make_cycle(make_member(amt_id="7001", first_name="Ann", last_name="Lee")).certification.member
    notes.write(member=member, text="Wants it by mail.", by=clerk, at=AT)
    return member


@pytest.fixture
def asked(member: Member, clerk: User) -> AccessRequest:
    return by_law.record(member=member, by=clerk, at=AT, **TYPED)


def test_staff_record_make_read_and_answer_and_each_step_is_on_record(member: Member, clerk: User) -> None:
    make_activity(member.certifications.get().cycles.get(), title="Hematology")
    client = client_of(clerk)
    answer = client.post(page(Member, "access", member.pk), {**TYPED, "received_on": TODAY.isoformat()})
    assert "Answer it by Apr 14, 2026" in told(client, answer).replace("April", "Apr")
    asked = AccessRequest.objects.get()
    assert client.get(page(Member, "access", member.pk)).headers["Location"] == page(AccessRequest, "change", asked.pk)
    client.post(page(AccessRequest, "archive", asked.pk), {"language": "es"})
    archive = Archive.objects.get()
    archives.make_archive.call(archive.pk)
    assert mail.outbox == []
    download = page(AccessRequest, "download", asked.pk)
    assert client.get(download).status_code == 200
    assert not AccessDownload.objects.exists()
    packed = zipfile.ZipFile(BytesIO(b"".join(client.post(download).streaming_content)))  # type: ignore[attr-defined]
    data = json.loads(packed.read("data.json"))
    assert [entry["title"] for entry in data["entries"]] == ["Hematology"]
    assert [note["text"] for note in data["staff_notes"]] == ["Wants it by mail."]
    assert AccessDownload.objects.get().downloaded_by == clerk
    given = {"outcome": "sent", "answered_on": TODAY.isoformat(), "answer": "On a stick, registered mail RR 1."}
    assert "is answered" in told(client, client.post(page(AccessRequest, "answer", asked.pk), given))
    assert "answered already" in told(client, client.post(page(AccessRequest, "answer", asked.pk), given))
    assert "registered mail RR 1" in client.get(page(AccessRequest, "change", asked.pk)).text


def test_the_members_own_archive_has_no_notes_and_is_not_that_of_staff(asked: AccessRequest, clerk: User) -> None:
    archive = by_law.make(request=asked, language="en", by=clerk, at=AT)
    assert archives.latest(asked.member, by=clerk) is None
    archives.make_archive.call(archive.pk)
    own = archives.ask(member=asked.member, by=asked.member.user, language="en", at=AT)
    archives.make_archive.call(own.pk)
    own.refresh_from_db()
    with archives.storage().open(own.stored_name) as file:
        assert b"staff_notes" not in zipfile.ZipFile(file).read("data.json")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param({"outcome": "sent"}, "Nobody has downloaded an archive", id="nothing was read"),
        pytest.param({"answered_on": TODAY + timedelta(days=1)}, "still to come", id="tomorrow"),
        pytest.param({"answered_on": TODAY - timedelta(days=1)}, "before the request was received", id="before"),
        pytest.param({"answer": " "}, "Say how it was answered", id="no words"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    asked: AccessRequest, clerk: User, typed: dict[str, object], says: str
) -> None:
    whole = {"outcome": "declined", "answered_on": TODAY, "answer": "No proof."} | typed
    with pytest.raises(Refused, match=says):
        by_law.answer(request=asked, by=clerk, at=AT, **whole)
    asked.refresh_from_db()
    assert asked.answered_on is None


def test_nobody_answers_for_themselves_and_what_is_answered_makes_no_archive(asked: AccessRequest, clerk: User) -> None:
    own = asked.member.user
    assert own
    for verb in (
        lambda: by_law.make(request=asked, language="en", by=own, at=AT),
        lambda: by_law.note_download(request=asked, by=own, at=AT),
        lambda: by_law.record(member=make_member(amt_id="7002", user=clerk), by=clerk, at=AT, **TYPED),
    ):
        with pytest.raises(Refused, match="your own record"):
            verb()
    with pytest.raises(Refused, match="no archive to download"):
        by_law.note_download(request=asked, by=clerk, at=AT)
    by_law.answer(request=asked, by=clerk, at=AT, outcome="declined", answered_on=TODAY, answer="No proof.")
    with pytest.raises(Refused, match="is answered"):
        by_law.make(request=asked, language="en", by=make_user(is_staff=True), at=AT)


def test_to_record_it_twice_makes_one_request(asked: AccessRequest, clerk: User) -> None:
    assert by_law.record(member=asked.member, by=clerk, at=AT, **TYPED) == asked

"""Issued transcripts in the admin.

Staff find them by code and by member, and read them, but can never write or delete one.
"""

import pytest

from ccp.models import Transcript
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from tests.support.builders import TODAY, client_of, make_cycle, make_member, noon
from tests.support.staff import found, make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]


def issued() -> Transcript:
    member = make_member(first_name="Ann", last_name="O'Neil")
    contents = transcripts.of_cycle(make_cycle(member))
    return issuing.issue(contents=contents, by=member.user, at=noon(TODAY))


@pytest.mark.parametrize("by", ["code", "small letters", "name", "amt id"])
def test_a_transcript_is_found(by: str) -> None:
    issue, _ = issued(), issued()
    typed = {
        "code": issue.grouped_code,
        "small letters": issue.code.lower(),
        "name": "O'Neil",
        "amt id": issue.member.amt_id,
    }[by]
    client = client_of(make_clerk("view_transcript"))
    assert issue in found(client, Transcript, q=typed)
    assert len(found(client, Transcript, q=typed)) == (2 if by == "name" else 1)


def test_staff_read_it_and_write_nothing() -> None:
    issue = issued()
    client = client_of(
        make_clerk("view_transcript", "view_transcriptfile", "add_transcript", "change_transcript", "delete_transcript")
    )
    answer = client.get(page(Transcript, "change", issue.pk))
    assert issue.grouped_code in answer.content.decode()
    assert 'name="_save"' not in answer.content.decode()
    assert client.get(page(Transcript, "add")).status_code == 403
    assert client.get(page(Transcript, "delete", issue.pk)).status_code == 403
    assert client.post(page(Transcript, "change", issue.pk), {"code": "x"}).status_code == 403


def test_without_the_permission_there_is_nothing_to_read() -> None:
    issue = issued()
    assert client_of(make_clerk()).get(page(Transcript, "change", issue.pk)).status_code == 403

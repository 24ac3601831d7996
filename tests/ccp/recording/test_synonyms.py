"""What members call the shipped activity types."""

import json
from pathlib import Path

import pytest
from django.utils import translation

import ccp
from amtportal.members.models import Member
from ccp.recording.forms.synonyms import OTHER_WORDS
from tests.support.builders import client_of, make_activity_type
from tests.support.pages import read


def test_each_shipped_type_has_other_words_and_nothing_else_has() -> None:
    catalogue = json.loads((Path(ccp.__file__).parent / "catalogue.json").read_text())
    assert set(OTHER_WORDS) == {kind["code"] for category in catalogue for kind in category["activity_types"]}


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
@pytest.mark.parametrize(
    ("language", "word"), [pytest.param("en", "class", id="English"), pytest.param("es", "clase", id="Spanish")]
)
def test_record_ce_says_them_for_the_search_and_of_a_type_by_staff_none(new: Member, language: str, word: str) -> None:
    make_activity_type(code="own")
    page = read(client_of(new).get("/ccp/record/", headers={"Accept-Language": language}))
    said = {option["value"]: option.get("data-words") for option in page.select("[name=activity_type] option")}
    offered = {code: words for code, words in OTHER_WORDS.items() if code != "employment"}
    with translation.override(language):
        assert said == {"": None, "own": None, **{code: str(words) for code, words in offered.items()}}
    assert word in said["course-seminar-webinar"].split()

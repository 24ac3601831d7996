"""The staff page of mails shows each kind of notice, and reads no record for it."""

from datetime import date

import pytest
from django.utils import translation

from amtportal.members.mail import samples
from ccp.notices import preferences, writing
from ccp.notices.kinds import is_optional
from ccp.notices.samples import SAYINGS, standing_of
from ccp.notices.telling import Said

FIRST = date(2026, 4, 1)


def test_every_kind_that_this_app_writes_has_a_sample() -> None:
    assert {kind for _title, kind, _say in SAYINGS.values()} == set(writing.WRITERS)


@pytest.mark.parametrize("key", SAYINGS)
def test_a_sample_says_why_it_comes_and_its_way_out_is_nobodys(key: str) -> None:
    """Without a database: a query fails."""
    content = samples.registered()[f"notice-{key}"].content()
    assert content.name == "Ada Lane"
    assert bool(content.stop_address) == is_optional(SAYINGS[key][1])


def test_a_month_has_the_words_of_its_language() -> None:
    with translation.override("es"):
        assert samples.registered()["notice-monthly-summary"].content().subject.endswith("marzo de 2026")


@pytest.mark.parametrize(
    ("recorded", "sentence"),
    [
        (0, "Your record changed in March 2026."),
        (1, "In March 2026, 1 entry was recorded."),
        (2, "In March 2026, 2 entries were recorded."),
    ],
)
def test_a_summary_says_what_was_recorded(recorded: int, sentence: str) -> None:
    """A month in which only a payment came, or an entry was withdrawn, has no entry to count."""
    said = writing.say_summary(FIRST, [standing_of(FIRST)], recorded)
    assert isinstance(said, Said)
    assert said.part.sentences == [sentence]


@pytest.mark.django_db
def test_the_way_out_of_a_sample_switches_nothing_off() -> None:
    content = samples.registered()["notice-monthly-summary"].content()
    with pytest.raises(preferences.Unknown):
        preferences.read_token(content.stop_address.rstrip("/").rpartition("/")[2])

"""The staff page of mails shows each kind of notice, and reads no record for it."""

import pytest
from django.utils import translation

from amtportal.members.mail import samples
from ccp.notices import preferences, writing
from ccp.notices.kinds import is_optional
from ccp.notices.samples import SAYINGS


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


@pytest.mark.django_db
def test_the_way_out_of_a_sample_switches_nothing_off() -> None:
    content = samples.registered()["notice-monthly-summary"].content()
    with pytest.raises(preferences.Unknown):
        preferences.read_token(content.stop_address.rstrip("/").rpartition("/")[2])

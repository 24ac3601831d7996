"""A query that is compiled once returns what the same query returns when Django compiles it each time."""

from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal import prepared
from amtportal.prepared import Prepared
from ccp.models import Credit
from certifications.models import Cycle
from tests.support.builders import make_activity, make_cycle

pytestmark = pytest.mark.django_db


def test_values_are_those_of_the_numbers_that_are_given() -> None:
    """The cut that every call leaves out is no number, and stays."""
    ask = Prepared(
        lambda cycles: Credit.objects.filter(cycle__in=cycles).exclude(cut="unclaimed").values_list("cycle", "points")
    )
    for cycle in (make_cycle(), make_cycle()):
        make_activity(cycle, points="1.25")
        assert ask([cycle.pk]) == list(Credit.objects.filter(cycle=cycle).values_list("cycle", "points"))
    assert sorted(ask(both := sorted(Cycle.objects.values_list("pk", flat=True)))) == sorted(
        Credit.objects.filter(cycle__in=both).values_list("cycle", "points")
    )


def test_records_come_with_what_is_read_with_them() -> None:
    ask = Prepared(lambda keys: Cycle.objects.filter(pk__in=keys).select_related("certification__credential"))
    for cycle in (make_cycle(), make_cycle(credential="RPT")):
        with CaptureQueriesContext(connection) as asked:
            [found] = ask([cycle.pk])
            assert vars(found).keys() == vars(Cycle.objects.select_related("certification").get(pk=cycle.pk)).keys()
            assert found == cycle
            assert found.certification.credential == cycle.certification.credential
        assert len(asked) == 2


def test_it_is_compiled_once_for_each_short_list() -> None:
    calls: list[int] = []

    def build(keys: list[int]) -> object:
        calls.append(len(keys))
        return Cycle.objects.filter(pk__in=keys).values_list("pk")

    ask = Prepared(build)  # type: ignore[arg-type]
    with patch.object(prepared, "LONGEST", 2):
        for length in (1, 1, 2, 2, 3, 3):
            assert ask([-1] * length) == []
    assert calls == [1, 2, 3, 3]


def test_a_number_that_the_query_changes_or_drops_is_refused() -> None:
    with pytest.raises(AssertionError, match="each number is compared as it is given"):
        Prepared(lambda keys: Cycle.objects.filter(pk=keys[0] + 1).values_list("pk"))([1])

"""The terms are kept for as long as nothing in the catalogue has changed, whoever changed it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ccp.counting import stamp
from ccp.counting.terms import catalogue
from ccp.models import ActivityType, Category, CategoryTerms, TypeTerms
from certifications.models import Credential
from tests.support.builders import make_activity_type

pytestmark = pytest.mark.django_db
CODE = "course-seminar-webinar"


def kind() -> ActivityType:
    return ActivityType.objects.get(code=CODE)


# Behind the portal's back too: none of these writes a line of history, except the last two.
CHANGES: dict[str, Callable[[], object]] = {
    "a cap": lambda: TypeTerms.objects.filter(activity_type=kind()).update(cap=Decimal(3)),
    "the cap of a category": lambda: CategoryTerms.objects.update(cap=Decimal(3)),
    "a type is retired": lambda: ActivityType.objects.filter(code=CODE).update(retired_on=date(2026, 1, 1)),
    "a name": lambda: ActivityType.objects.filter(code=CODE).update(name="Course"),
    "the order of categories": lambda: Category.objects.update(order=1),
    "a type counts for one credential": lambda: kind().credentials.through.objects.create(
        activitytype=kind(), credential=Credential.objects.get(code="RMA")
    ),
    "a credential": lambda: Credential.objects.filter(code="RMA").update(name="Assistant"),
    "a new type": make_activity_type,
    "new terms": lambda: TypeTerms.objects.create(activity_type=kind(), effective_from=date(2026, 1, 1)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen_by_the_very_next_reader(change: Callable[[], object]) -> None:
    before = catalogue()
    assert catalogue() is before
    change()
    assert catalogue() is not before
    assert catalogue() is catalogue()


def test_figures_that_read_the_same_side_by_side_are_told_apart() -> None:
    def terms(per_unit: int, least: int) -> str:
        TypeTerms.objects.filter(activity_type=kind()).update(points_per_unit=per_unit, least=least, most=99)
        return stamp.of(TypeTerms)

    assert terms(1, 11) != terms(11, 1)


def test_a_change_that_was_taken_back_leaves_no_terms_of_it_behind() -> None:
    before = catalogue().terms(kind(), date(2026, 3, 1))
    with transaction.atomic():
        TypeTerms.objects.update(cap=Decimal(3))
        assert catalogue().terms(kind(), date(2026, 3, 1)).type_cap == 3
        transaction.set_rollback(True)
    assert catalogue().terms(kind(), date(2026, 3, 1)) == before


def test_terms_that_change_while_they_are_read_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    TypeTerms.objects.update(cap=Decimal(3))
    stamps = iter(["before", "while", "before"])
    monkeypatch.setattr(stamp, "of", lambda *tables: next(stamps))
    first = catalogue()
    monkeypatch.undo()
    assert catalogue() is not first


def test_it_takes_one_query_while_they_are_the_same() -> None:
    catalogue()
    with CaptureQueriesContext(connection) as asked:
        list(catalogue().activity_types[0].credentials.all())
    assert len(asked) == 1

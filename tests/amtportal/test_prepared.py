"""Queries whose SQL is kept: the same rows as Django's, for other keys, and compiled once."""

from unittest.mock import patch

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import QuerySet, Sum
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member, User
from amtportal.prepared import LONGEST, prepared
from ccp.models import Activity, Credit
from tests.support.builders import cycle_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@prepared
def accounts(address: str, member: int) -> QuerySet[User]:
    return User.objects.filter(email=address, member=member, is_active=True).select_related("member")


@prepared
def totals(cycles: list[int], member: int) -> QuerySet[Credit, tuple[int, object]]:
    of_member = Credit.objects.filter(cycle__in=cycles, activity__member=member)
    return of_member.values_list("cycle").annotate(total=Sum("points")).order_by("cycle")


@prepared
def members(key: int) -> QuerySet[Member]:
    return Member.objects.filter(pk=key)


def test_rows_come_with_what_is_joined(met: Member, short: Member) -> None:
    for member in (met, short):
        assert member.user
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                (account,) = accounts(member.user.email, member.pk)
                assert account.member == member
            assert account == member.user
            assert len(captured) == 1
    assert accounts("nobody@demo.example", met.pk) == []


def test_the_sql_is_compiled_once_for_each_number_of_keys(met: Member, two: Member) -> None:
    cycles = [cycle.pk for cycle in map(cycle_of, (met, two))]
    wanted = {member: list(totals.build(cycles, member.pk)) for member in (met, two)}
    totals(cycles, met.pk)
    with patch.object(SQLCompiler, "as_sql", side_effect=AssertionError("compiled")):
        assert totals(cycles, met.pk) == wanted[met]
        assert totals(list(reversed(cycles)), two.pk) == wanted[two]
    assert wanted[met] != wanted[two]
    assert totals(cycles[:1], met.pk) == wanted[met]


@pytest.mark.parametrize("number", [0, LONGEST + 1])
def test_a_list_without_keys_or_with_many_is_asked_as_always(met: Member, number: int) -> None:
    cycles = [cycle_of(met).pk] * number
    before = dict(totals._statements)
    assert totals(cycles, met.pk) == list(totals.build(cycles, met.pk))
    assert totals._statements == before


def test_a_key_that_no_column_holds_finds_nothing(met: Member) -> None:
    assert members(met.pk) == [met]
    assert members(10**30) == members(-1) == []


def test_a_row_that_has_changed_is_read_as_it_is(met: Member) -> None:
    for name in ("Ada", "Grace"):
        Member.objects.filter(pk=met.pk).update(first_name=name)
        assert met.user
        assert accounts(met.user.email, met.pk)[0].member.first_name == name


def test_a_query_that_changes_its_key_is_refused() -> None:
    @prepared
    def later(member: int) -> QuerySet[Activity]:
        return Activity.objects.filter(member=member + 1)

    with pytest.raises(AssertionError, match="as it was given"):
        later(1)


def test_a_lock_outside_a_transaction_is_refused_each_time(met: Member) -> None:
    @prepared
    def locked(member: int) -> QuerySet[Member]:
        return Member.objects.filter(pk=member).select_for_update()

    assert locked(met.pk) == [met]
    outside = patch.object(connections[DEFAULT_DB_ALIAS], "in_atomic_block", False)
    with outside, pytest.raises(TransactionManagementError):
        locked(met.pk)

"""What an erasure does to each table: every model that leads to a person has a rule or a reason."""

import pytest
from django.apps import apps
from django.db.models import Model

from amtportal.history import gaps
from amtportal.members.models import Member, User
from ccp.erasure.contents import NOT_ABOUT, RULES, Deed, Rule
from deploy import grants

pytestmark = pytest.mark.any_database

MODELS = [model for model in apps.get_models() if not hasattr(model, "history_id")]


def leads_to_people(model: type[Model], seen: frozenset[type[Model]] = frozenset()) -> bool:
    """Return whether the model is a member or an account, or points at one, whatever is between."""
    if model in (Member, User):
        return True
    others = {field.related_model for field in model._meta.concrete_fields if field.related_model} - seen - {model}
    return any(leads_to_people(other, seen | {model, other}) for other in others)  # type: ignore[arg-type]


def test_every_model_that_leads_to_a_person_has_a_rule_or_a_reason() -> None:
    leading = {model for model in MODELS if leads_to_people(model)}
    ruled = {rule.model for rule in RULES}
    assert leading - ruled - NOT_ABOUT.keys() == set(), "say in ccp/erasure/contents.py what becomes of it"
    assert ruled & NOT_ABOUT.keys() == set()
    assert all(NOT_ABOUT.values())
    assert len(ruled) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.model._meta.label_lower)
def test_a_rule_says_why_and_blanks_columns_that_there_are(rule: Rule) -> None:
    columns = {field.name for field in rule.model._meta.concrete_fields}
    assert rule.values.keys() <= columns
    assert rule.why
    assert not (rule.deed == Deed.STAYS and rule.values)
    if rule.has_history or rule.is_append_only:
        assert set(rule.kept_values) <= set(gaps.blankable(rule.lines._meta.db_table))


def test_the_portals_role_may_delete_what_goes() -> None:
    assert {rule.table for rule in RULES if rule.deed == Deed.GOES} <= grants.DELETED_FROM.keys()


def test_points_decisions_and_money_can_never_be_blanked() -> None:
    for table in ("ccp_historicalactivity", "ccp_historicalcredit", "certifications_historicalcycle"):
        assert gaps.blankable(table) == ["address"]
    assert gaps.blankable("certifications_historicalpayment") == ["address"]
    assert gaps.blankable("certifications_statuschange") == ["address"]
    assert gaps.blankable("history_seal") == gaps.blankable("history_gap") == []

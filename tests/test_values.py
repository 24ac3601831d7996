"""What a rule returns is a value: nobody who holds it can change it for the others."""

import dataclasses
import inspect

import pytest

from amtportal import dates
from ccp.counting import points, requirement, terms
from ccp.recording import claims, duplicates
from ccp.rollover import closing as rollover
from ccp.standing import ledger
from certifications import cycles, invoices, life

RULES = [dates, cycles, invoices, life, points, requirement, claims, terms, duplicates, ledger, rollover]
VALUES = [
    pytest.param(value, id=f"{module.__name__}.{name}")
    for module in RULES
    for name, value in inspect.getmembers(module, dataclasses.is_dataclass)
    if value.__module__ == module.__name__ and value is not rollover.ClosingTally
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_a_rule_is_frozen(value: type) -> None:
    """Only a rollover's tally is counted up while it runs."""
    changed = object.__new__(value)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(changed, dataclasses.fields(value)[0].name, None)

"""All stored data of a cycle: credits with entries and history, and invoices with payments.

The data is read for many cycles at once. The number of queries does not depend on the number of
cycles, so that a run over all cycles keeps no more than one batch in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ccp.counting.replay import Version
from ccp.models import ActivityType, Credit
from certifications.models import Cycle, RenewalInvoice

# The fields of an entry that decide what it counts for.
COUNTED = ("activity_type_id", "points", "starts_on", "ends_on", "recorded_at", "withdrawn_at")


@dataclass
class CycleRecord:
    """A cycle with all its stored data."""

    cycle: Cycle
    credits: list[Credit] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    invoices: list[RenewalInvoice] = field(default_factory=list)


def read_cycles(keys: Sequence[int]) -> list[CycleRecord]:
    """Return these cycles with all their stored data, in seven queries.

    A cycle whose certification is gone is left out.
    """
    activity_types = ActivityType.objects.select_related("category").in_bulk()
    cycles = Cycle.objects.filter(pk__in=keys).select_related("certification").order_by("pk")
    batch = {cycle.pk: CycleRecord(cycle) for cycle in cycles}
    credits = Credit.objects.filter(cycle__in=batch).select_related("activity").order_by("pk")
    for credit in credits.only(
        "cycle_id", "points", "cut", *(f"activity__{name.removesuffix('_id')}" for name in COUNTED)
    ):
        credit.activity.activity_type = activity_types[credit.activity.activity_type_id]
        batch[credit.cycle_id].credits.append(credit)
    versions = Credit.history.filter(cycle_id__in=batch).order_by("history_id")
    for cycle, *values in versions.values_list("cycle_id", "id", "points", "cut", "history_date"):
        batch[cycle].versions.append(Version(*values))
    invoices = RenewalInvoice.objects.filter(cycle__in=batch).prefetch_related(
        "payments__checkout", "payments__refunds", "payments__disputes"
    )
    for invoice in invoices.order_by("pk"):
        batch[invoice.cycle_id].invoices.append(invoice)
    return list(batch.values())

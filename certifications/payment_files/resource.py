"""The import of payments that AMT received, from a CSV: a check run, a lockbox, the old system.

- All or nothing: if one row is bad, nothing is written. Every bad row is reported with its line and
  column and how to fix it.
- A row is recorded by the rules for payments that staff record (``invoices.record_payment``). An
  invoice that cannot take the money is a bad row, with the reason; so is a held one. Money for an
  invoice that is not open yet is held until it opens (``certifications.payments.holding``).
- The same row again changes nothing: it is known by the invoice, reference, amount and day. If that
  payment was reversed since, it stays reversed.

The command and the admin both use ``PaymentsResource``. ``amtportal.imports`` does what is the same
for every import.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from import_export.fields import Field
from import_export.results import Result

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.formatting import dollars, format_day_in_table, format_moment
from amtportal.imports.cells import Problem
from amtportal.imports.resource import ImportResource
from amtportal.members.models import Member
from amtportal.refusals import Refused
from certifications import credential_names
from certifications import invoices as invoice_rules
from certifications.invoices import Receipt
from certifications.models import Credential, Payment, RenewalInvoice
from certifications.payment_files import rows as payment_rows
from certifications.payment_files.rows import COLUMNS, REQUIRED, PaymentRow
from certifications.payments import holding
from certifications.payments.models import Checkout, UnappliedMoney


@dataclass(frozen=True)
class PaymentEntry:
    """A good row with its invoice, and whether its payment is new."""

    row: PaymentRow
    invoice: RenewalInvoice
    is_new: bool
    is_early: bool = False

    @property
    def changes_nothing(self) -> bool:
        return not self.is_new

    def preview(self) -> list[str]:
        certification, row = self.invoice.cycle.certification, self.row
        return [
            self.invoice.number,
            certification.member.amt_id,
            certification.credential.code,
            str(self.invoice.due_on.year),
            dollars(row.amount),
            row.method,
            row.reference,
            format_day_in_table(row.received_on),
            "Held until the invoice opens" if self.is_early else "Recorded",
        ]


class PaymentsResource(ImportResource[PaymentRow, PaymentEntry]):
    """One import of payments. Make a new instance for each file."""

    noun = "payments"
    columns = COLUMNS
    required = REQUIRED
    overtaken = "Somebody changed an invoice or a payment"
    collisions = (IntegrityError, Refused)

    invoice = Field("invoice__number")
    amt_id = Field("invoice__cycle__certification__member__amt_id")
    credential = Field("invoice__cycle__certification__credential__code")
    year = Field("invoice__year")
    amount = Field("amount")
    method = Field("method")
    reference = Field("reference")
    received_on = Field("received_on")
    outcome = Field(readonly=True)

    class Meta:
        name = "Payments"
        model = Payment
        fields = (*COLUMNS, "outcome")
        import_order = export_order = (*COLUMNS, "outcome")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reversed_since: list[Problem] = []
        self._credentials: dict[str, Credential] = {}
        self._invoices: dict[int, RenewalInvoice] = {}
        self._known: set[int] = set()

    def catch_up(self, cycles: Collection[int]) -> None:
        """Close those of these cycles (by key) that are due, before the payments are judged."""

    def lock(self) -> None:
        credentials = list(Credential.objects.select_for_update(no_key=True).order_by("pk"))
        self._credentials = credential_names.by_code(credentials)

    def read_row(self, cells: dict[str, str], line: int) -> tuple[PaymentRow | None, list[Problem]]:
        return payment_rows.read_payment_row(cells, line=line, credentials=self._credentials)

    def judge(self, rows: list[PaymentRow]) -> Iterator[Problem]:
        keys, problems = _invoice_keys(rows)
        yield from problems
        found = {row.line: row for row in rows if row.line in keys}
        of_cycles = RenewalInvoice.objects.order_by()
        self.catch_up(
            {
                cycle
                for some in chunks(set(keys.values()))
                for cycle in of_cycles.filter(pk__in=some).values_list("cycle", flat=True)
            }
        )
        locked = invoice_rules.locked_for_payment(keys.values())
        self._invoices = {line: locked[key] for line, key in keys.items()}
        yield from payment_rows.contradictions([(row, keys[line]) for line, row in found.items()])
        yield from self._problems_with_record(list(found.values()))

    def enter(self, rows: list[PaymentRow]) -> list[PaymentEntry]:
        on = day_of(self.at)
        return [
            PaymentEntry(row, invoice, row.line not in self._known, invoice_rules.is_early(invoice, on))
            for row in rows
            for invoice in [self._invoices[row.line]]
        ]

    def write(self, new: list[PaymentEntry]) -> None:
        receipts: dict[bool, list[Receipt]] = {False: [], True: []}
        for entry in new:
            row = entry.row
            receipt = Receipt(entry.invoice, row.amount, row.method, row.reference, row.received_on)
            receipts[entry.is_early].append(receipt)
        of_file: dict[str, Any] = {"by": self.by, "at": self.at, "file_name": (self.file_name or self.noun)[:255]}
        invoice_rules.record_payments(receipts=receipts[False], **of_file)
        if receipts[True]:
            holding.hold(receipts=receipts[True], **of_file)

    def after_import(self, dataset: Any, result: Result, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        if not self.problems:
            result.left_as_is = self.reversed_since

    @property
    def total(self) -> int:
        """The sum of the new payments, in US cents, also of those that are held."""
        return sum(entry.row.amount for entry in self.entries if entry.is_new)

    @property
    def held(self) -> int:
        """The number of new payments that are held until their invoices open."""
        return sum(entry.is_early for entry in self.entries if entry.is_new)

    def _problems_with_record(self, rows: Sequence[PaymentRow]) -> Iterator[Problem]:
        """Find rows that the record already has, and those that their invoice cannot take."""
        on = day_of(self.at)
        keys = {invoice.pk for invoice in self._invoices.values()}
        payments, early = _payments_of(keys), _held_money_of(keys)
        under_way = _checkouts_of(keys)
        for row in rows:
            invoice = self._invoices[row.line]
            same = [payment for payment in payments[invoice.pk] if _is_on(row, payment)]
            if same:
                self._known.add(row.line)
                if all(payment.reversed_at for payment in same):
                    self.reversed_since.append(_reversed_since(row, invoice, same[-1]))
                continue
            waiting = next((each for each in early[invoice.pk] if each.cause == "early" and not each.resolution), None)
            money = [each for each in early[invoice.pk] if _is_on(row, each)]
            if money:
                self._known.add(row.line)
                if all(each.resolution for each in money):
                    self.reversed_since.append(_resolved_since(row, invoice, money[-1]))
            elif held := invoice_rules.held_by(invoice, invoice_rules.state_of(invoice, on)):
                yield Problem(row.line, "invoice", _held(invoice, held))
            elif checkout := under_way.get(invoice.pk):
                yield Problem(row.line, "invoice", _under_way(invoice, checkout))
            elif problem := holding.problem_with_receipt(
                invoice, amount=row.amount, received_on=row.received_on, on=on, held=waiting
            ):
                yield Problem(row.line, problem.field or "invoice", problem.sentence)


def _invoice_keys(rows: Sequence[PaymentRow]) -> tuple[dict[int, int], list[Problem]]:
    """Return the key of each row's invoice, by line, and the rows for which there is none."""
    numbers = {row.invoice for row in rows if row.invoice}
    existing = {
        key
        for some in chunks(numbers)
        for key in RenewalInvoice.objects.filter(pk__in=some).order_by().values_list("pk", flat=True)
    }
    described = _described([row for row in rows if row.amt_id and row.credential and row.year])
    keys, problems = {}, []
    for row in rows:
        by_name = described.get((row.amt_id, row.credential, row.year or 0))
        if row.invoice and row.invoice not in existing:
            sentence = f"There is no invoice INV-{row.invoice:07d}. Correct the number."
            problems.append(Problem(row.line, "invoice", sentence))
        elif row.invoice and row.amt_id and row.credential and row.year and by_name != row.invoice:
            sentence = (
                f"INV-{row.invoice:07d} is not the invoice of {row.amt_id}, {row.credential}, year {row.year}. Correct "
                "one of them, or leave one of the two ways empty."
            )
            problems.append(Problem(row.line, "invoice", sentence))
        elif row.invoice or by_name:
            keys[row.line] = row.invoice or by_name or 0
        else:
            sentence = (
                f"{row.amt_id} has no invoice of {row.credential} for year {row.year}. Correct the AMT ID, the "
                "credential or the year, or write the number of the invoice."
            )
            problems.append(Problem(row.line, "amt_id", sentence))
    return keys, problems


def _described(rows: Sequence[PaymentRow]) -> dict[tuple[str, str, int], int]:
    """Return the invoice by AMT ID, code of today, and year: of the current cycle, or of the due date.

    Of invoices of the same year, one that is not void comes first, and then the newest.
    """
    members = Member.objects.known_as({row.amt_id for row in rows})
    named: Mapping[int, set[str]] = defaultdict(set)
    for amt_id, member in members.items():
        named[member.pk].add(amt_id)
    found: dict[tuple[str, str, int], int] = {}
    for some in chunks(named):
        invoices = (
            RenewalInvoice.objects.filter(cycle__certification__member__in=some)
            .select_related("cycle__certification__credential")
            .order_by("pk")
        )
        for invoice in sorted(invoices, key=lambda invoice: invoice.status != RenewalInvoice.Status.VOID):
            certification = invoice.cycle.certification
            for amt_id in named[certification.member_id]:
                found[amt_id, certification.credential.code, invoice.due_on.year] = invoice.pk
                if invoice.cycle.closed_on is None:
                    found[amt_id, certification.credential.code, invoice.year] = invoice.pk
    return found


def _payments_of(invoices: Collection[int]) -> Mapping[int, list[Payment]]:
    payments: dict[int, list[Payment]] = defaultdict(list)
    for some in chunks(invoices):
        for payment in Payment.objects.filter(invoice__in=some).order_by("pk"):
            payments[payment.invoice_id].append(payment)
    return payments


def _held_money_of(invoices: Collection[int]) -> Mapping[int, list[UnappliedMoney]]:
    """Return the money that came for these invoices before they opened, also what was done about since."""
    held: dict[int, list[UnappliedMoney]] = defaultdict(list)
    for some in chunks(invoices):
        for money in UnappliedMoney.objects.filter(invoice__in=some).order_by("pk"):
            held[money.invoice_id or 0].append(money)
    return held


def _checkouts_of(invoices: Collection[int]) -> dict[int, Checkout]:
    """Return the checkout of each invoice whose money may still come online."""
    return {
        checkout.invoice_id: checkout
        for some in chunks(invoices)
        for checkout in Checkout.objects.unfinished().filter(invoice__in=some)
    }


def _under_way(invoice: RenewalInvoice, checkout: Checkout) -> str:
    return (
        f"{invoice.number} is being paid online; that ends by {format_moment(checkout.expires_at)}, or when the "
        "member's bank has decided. Delete the row, and record the payment in the admin."
    )


def _is_on(row: PaymentRow, payment: Payment | UnappliedMoney) -> bool:
    return (row.reference, row.amount, row.received_on) == (payment.reference, payment.amount, payment.received_on)


def _reversed_since(row: PaymentRow, invoice: RenewalInvoice, payment: Payment) -> Problem:
    sentence = (
        f"This payment of {invoice.number} was reversed ({payment.reversal_reason}) and stays reversed. If the money "
        "came again, send it with its own reference or day."
    )
    return Problem(row.line, "reference", sentence)


def _resolved_since(row: PaymentRow, invoice: RenewalInvoice, money: UnappliedMoney) -> Problem:
    sentence = (
        f"AMT held this payment for {invoice.number}, and it was {money.get_resolution_display().lower()} since. If "
        "the money came again, send it with its own reference or day."
    )
    return Problem(row.line, "reference", sentence)


def _held(invoice: RenewalInvoice, held: str) -> str:
    status = invoice.cycle.certification.get_status_display().lower()
    why = f"the certification is {status}" if held == "certification" else "its cycle is closed"
    return (
        f"{invoice.number} is held, because {why}: AMT asks nobody to pay it. Delete the row; if the payment is to be "
        "kept, record it in the admin."
    )

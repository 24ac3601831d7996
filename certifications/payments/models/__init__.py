"""What AMT knows of money that is paid online. No names, addresses or card numbers are stored."""

from certifications.payments.models.checkouts import Checkout
from certifications.payments.models.events import ProviderEvent
from certifications.payments.models.returns import Dispute, Refund
from certifications.payments.models.settlements import Settlement, SettlementLine
from certifications.payments.models.unapplied import UnappliedMoney

__all__ = ["Checkout", "Dispute", "ProviderEvent", "Refund", "Settlement", "SettlementLine", "UnappliedMoney"]

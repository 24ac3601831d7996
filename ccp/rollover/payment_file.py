"""The import of payments: before the payments are judged, the cycles that are due are closed."""

from collections.abc import Collection

from ccp.rollover import catching_up
from certifications.payment_files.resource import PaymentsResource


class CaughtUpPaymentsResource(PaymentsResource):
    def catch_up(self, cycles: Collection[int]) -> None:
        catching_up.close_ended(cycles, at=self.at)

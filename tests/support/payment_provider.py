"""The payment provider of the tests: the demo's, over HTTP, in a thread of the test's process.

Because it is in the same process, it has the test's time. ``Provider`` adds to the commands of
``deploy.payment_provider.server.Server`` what tests ask often.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from deploy.payment_provider.server import Server
from deploy.payment_provider.webhooks import Webhook

KEY = "sk_test_key_of_the_tests"
SECRET = "whsec_secret_of_the_tests_0001"


class Provider(Server):
    def session_of(self, reference: Any) -> dict[str, Any]:
        """Return the newest session of a checkout, by its idempotency key."""
        return next(
            one for one in self.account.book.all("checkout.session") if one["client_reference_id"] == str(reference)
        )

    def pay(self, session_id: str, way: str = "card") -> dict[str, Any]:
        """Do on the pay page what a payer does; see ``deploy.payment_provider.account.WAYS``."""
        return self.account.pay(session_id, way)

    def charge_of(self, session_id: str) -> str:
        """Return the id of the latest charge of a session."""
        intent = self.account.find(self.account.find(session_id)["payment_intent"])
        return intent["latest_charge"]

    def deliver(self, client: Client, address: str) -> list[int]:
        """Post the webhooks that are due to the portal, and return how it answered."""
        return [self.deliver_one(client, address, webhook) for webhook in self.due_webhooks()]

    def deliver_one(self, client: Client, address: str, webhook: Webhook) -> int:
        response = client.post(
            address, webhook.body, content_type="application/json", headers={"Stripe-Signature": webhook.signature}
        )
        self.answered(webhook, response.status_code)
        return response.status_code


@pytest.fixture(scope="session")
def provider_of_the_session() -> Iterator[Provider]:
    server = Provider(folder=None, port=0, key=KEY, secret=SECRET)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def provider(provider_of_the_session: Provider, settings: Any) -> Iterator[Provider]:
    """The provider, which knows nothing yet, and a portal that pays there."""
    server = provider_of_the_session
    server.reset()
    server.webhook_url = ""
    settings.PAYMENT_SECRET_KEY = KEY
    settings.PAYMENT_WEBHOOK_SECRETS = [SECRET]
    settings.PAYMENT_API_URL = settings.PAYMENT_PAGE_URL = server.address
    settings.PAYMENT_LIVE = False
    yield server
    server.webhook_url = ""
    server.clear_faults()

"""``python -m deploy.payment_provider``: the demo's payment provider, until Ctrl-C is pressed.

It reads the portal's own settings, so that both agree:

| variable | what it is |
| --- | --- |
| ``PAYMENT_API_URL`` | where it listens, such as ``http://localhost:8001`` |
| ``PAYMENT_SECRET_KEY`` | the key that calls must have; a live one is refused |
| ``PAYMENT_WEBHOOK_SECRETS`` | the first of them signs webhooks |
| ``PAYMENT_WEBHOOK_URL`` | where webhooks go |
| ``AMTPORTAL_VAR`` | its state is in the folder ``payment-provider`` there |
"""

import os
import signal
import sys
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from deploy.payment_provider.server import LiveKey, Server


def main() -> None:
    address = urlsplit(os.environ["PAYMENT_API_URL"])
    try:
        server = Server(
            folder=Path(os.environ["AMTPORTAL_VAR"]) / "payment-provider",
            port=address.port or 80,
            key=os.environ["PAYMENT_SECRET_KEY"],
            secret=os.environ["PAYMENT_WEBHOOK_SECRETS"].split(",")[0],
            webhook_url=os.environ["PAYMENT_WEBHOOK_URL"],
            host=address.hostname or "localhost",
        )
    except LiveKey as error:
        sys.exit(f"PAYMENT_SECRET_KEY is live. {error}")
    except OSError as error:
        sys.exit(f"The demo's payment provider cannot listen on {address.netloc}: {error.strerror}.")
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    server.start()
    print(f"The demo's payment provider is at {server.address}/", flush=True)
    over.wait()
    server.stop()


if __name__ == "__main__":
    main()

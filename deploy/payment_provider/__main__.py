"""``python -m deploy.payment_provider``: the demo's payment provider, until whoever started it ends.

It reads the portal's own settings, so that both agree. While it runs, they are also in a file, in
which commands find them that are typed in another terminal (``amtportal.settings``).

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

SHARED = ("PAYMENT_SECRET_KEY", "PAYMENT_WEBHOOK_SECRETS", "PAYMENT_API_URL", "PAYMENT_BANK_DEBIT")


def main() -> None:
    address = urlsplit(os.environ["PAYMENT_API_URL"])
    folder = Path(os.environ["AMTPORTAL_VAR"]) / "payment-provider"
    try:
        server = Server(
            folder=folder,
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
    settings = folder / "environment"
    settings.touch(mode=0o600)
    settings.write_text("".join(f"{name}={os.environ.get(name, '')}\n" for name in SHARED))
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    server.start()
    print(f"The demo's payment provider: {server.address}/", flush=True)
    parent = os.getppid()
    while os.getppid() == parent and not over.wait(0.5):
        pass
    settings.unlink(missing_ok=True)
    server.stop()


if __name__ == "__main__":
    main()

"""The outbox stores mail, and nobody is at the mail server unless a test names one."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.support.mail import Mailbox, mail_server, use_outbox


@pytest.fixture(autouse=True)
def _stored(settings: Settings) -> None:
    use_outbox(settings)


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as (mailbox, port):
        settings.EMAIL_PORT = port
        yield mailbox

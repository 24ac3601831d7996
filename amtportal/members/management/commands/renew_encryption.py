"""``manage.py renew_encryption``: encrypt every secret again with the first of ``MFA_KEYS``.

Run it after a change of ``MFA_KEYS``.
"""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from amtportal.members import vault
from amtportal.members.models import OutgoingMail

SECRETS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def _renew_factors() -> Iterator[bool]:
    for factor in Authenticator.objects.select_for_update().filter(type__in=SECRETS).iterator():
        name = SECRETS[Authenticator.Type(factor.type)]
        try:
            factor.data[name] = vault.renewed(factor.data[name])
        except InvalidToken:
            yield False
        else:
            factor.save(update_fields=["data"])
            yield True


def _renew_mail() -> Iterator[bool]:
    for mail in OutgoingMail.objects.select_for_update().exclude(content="").iterator():
        try:
            mail.content = vault.renewed(mail.content)
        except InvalidToken:
            yield False
        else:
            mail.save(update_fields=["content"])
            yield True


class Command(BaseCommand):
    help = """Encrypt again, with the first of MFA_KEYS, what is encrypted: secrets, and mail that waits.

    Afterwards the other keys can be taken out. What no key opens stays as it is, and the exit status is 1.
    """

    def handle(self, **options: Any) -> None:
        with transaction.atomic():
            factors, mail = list(_renew_factors()), list(_renew_mail())
            vault.renewing.send(Command, renewed=factors)
        self.stdout.write(f"{sum(factors):,} secrets and {sum(mail):,} waiting mails are encrypted with the first key.")
        if not all(factors + mail):
            lost = f"{factors.count(False):,} secrets and {mail.count(False):,} waiting mails"
            raise CommandError(f"{lost} could not be read with any key.")

"""``manage.py renew_encryption``: after a change of MFA_KEYS, write every secret anew with the first key."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from amtportal.members import vault

SECRETS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


class Command(BaseCommand):
    help = "Encrypt the secrets of second factors with the first of MFA_KEYS. Afterwards the others can be taken out."

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        secrets = Authenticator.objects.select_for_update().filter(type__in=SECRETS)
        done = 0
        for factor in secrets.iterator():
            name = SECRETS[Authenticator.Type(factor.type)]
            factor.data[name] = vault.renewed(factor.data[name])
            factor.save(update_fields=["data"])
            done += 1
        self.stdout.write(f"{done:,} secrets are encrypted with the first key.")

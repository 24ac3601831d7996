"""``manage.py changepassword``: Django's command, which finds the account by its clean address."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from amtportal import clean


class Command(changepassword.Command):
    def handle(self, *args: Any, username: str | None, **options: Any) -> Any:
        return super().handle(*args, username=username and clean.email(username), **options)

"""What follows once a transaction is committed."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.db import transaction

P = ParamSpec("P")


def after_commit(verb: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call the verb once the transaction is committed. If it fails, the log names it and what was committed stands."""

    # No partial: Django asks a call that has failed for its __qualname__, which a partial does not have.
    @wraps(verb)
    def call() -> None:
        verb(*args, **kwargs)

    transaction.on_commit(call, robust=True)

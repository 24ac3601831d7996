"""Amounts of any currency. Invoices are in US dollars, but money of another currency may come all the same."""

# The provider counts these in whole units; the smallest unit of any other currency that it takes by
# itself is a hundredth or, for a few, a thousandth.
WHOLE = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THOUSANDTHS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])


def money(amount: int, currency: str) -> str:
    """Return an amount in the smallest unit of its currency in words: ``$95.00``, ``-$95.00``, ``95.00 EUR``."""
    decimals = 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
    whole = f"{abs(amount) / 10**decimals:,.{decimals}f}"
    return f"{'-' if amount < 0 else ''}{f'${whole}' if currency == 'usd' else f'{whole} {currency.upper()}'}"

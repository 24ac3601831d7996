"""The arithmetic of a draw, which anybody can repeat.

- A *line* is ``RMA/TAG/4``: the credential, the tag of the AMT ID, and the number of the cycle.
- The *tag* is SHA-256(salt + ":" + AMT ID). Each line has its own salt, which follows from the
  draw's secret. Whoever does not know the salt cannot try all AMT IDs, and the two lines of one
  member cannot be told to be the same person's. A member is shown the salts of the own lines, and
  finds the own tag by ``printf '%s:%s' SALT AMT_ID | sha256sum``.
- The *ticket* of a line is SHA-256(seed + ":" + line): ``printf '%s:%s' SEED LINE | sha256sum``.
- In each stratum, which is a credential, the smallest tickets are drawn. Those that follow are
  substitutes, in their order. A ticket depends on nothing but the seed and its own line, so that
  removing one line changes the place of nobody else.

All digests are written as hexadecimal numbers in lower case, and compared as text.
"""

import hmac
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from math import sqrt

NINETEEN_OF_TWENTY = 1.96
"""How many standard errors are on either side of a share in an interval of 95 percent."""


def digest(text: str | bytes) -> str:
    return sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def salt(secret: str, credential: str, amt_id: str, cycle: int) -> str:
    """Return the salt of one line. It says nothing about the salts of other lines."""
    return hmac.new(secret.encode(), f"{credential}/{amt_id}/{cycle}".encode(), "sha256").hexdigest()


def tag(salt: str, amt_id: str) -> str:
    return digest(f"{salt}:{amt_id}")


def line(credential: str, tag: str, cycle: int) -> str:
    return f"{credential}/{tag}/{cycle}"


def frozen_file(lines: Iterable[tuple[str, str]]) -> bytes:
    """Return the frozen file: a line and, behind a tab, why it cannot be drawn; sorted, LF, UTF-8."""
    written = (f"{line}\t{excluded}" if excluded else line for line, excluded in lines)
    return "".join(f"{each}\n" for each in sorted(written)).encode()


def ticket(seed: str, line: str) -> str:
    return digest(f"{seed}:{line}")


def size(population: int, *, share: int, at_least: int) -> int:
    """Return how many of a stratum are drawn: ``share`` of 1,000, rounded up, ``at_least`` that many, at most all.

    Of 5,310 at 10 of 1,000 these are 54; of 300 with at least 5, these are 5; of 3, these are 3.
    """
    return min(population, max(at_least, -(-population * share // 1000)))


def in_order(seed: str, lines: Iterable[str]) -> list[tuple[str, str]]:
    """Return the tickets of a stratum with their lines, the smallest first."""
    return sorted((ticket(seed, line), line) for line in lines)


def sizes(strata: Mapping[str, int], *, share: int, at_least: int) -> dict[str, int]:
    """Return how many are drawn in each stratum, by the number of lines in it."""
    return {code: size(population, share=share, at_least=at_least) for code, population in sorted(strata.items())}


def margin(population: int, drawn: int, *, failing: Decimal = Decimal("0.1")) -> Decimal | None:
    """Return how near, in percentage points, the share found among the drawn is to that of all; None without any.

    In 19 of 20 draws the two differ by no more, if the share ``failing`` of all would fail. The
    drawn are a part of a finite population: of 26,000, 260 drawn at a tenth failing give
    1.96 × √(0.1 × 0.9 / 260) × √((26,000 − 260) / (26,000 − 1)) = 3.6 points; all drawn give 0.
    """
    if not drawn:
        return None
    if drawn >= population:
        return Decimal("0.0")
    spread = sqrt(failing * (1 - failing) / drawn)
    correction = sqrt((population - drawn) / (population - 1))
    points = Decimal(100 * NINETEEN_OF_TWENTY * spread * correction)
    return points.quantize(Decimal("0.1"), ROUND_HALF_UP)

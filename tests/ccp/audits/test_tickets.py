"""The arithmetic of a draw."""

import subprocess
from decimal import Decimal

import pytest

from ccp.audits import tickets

LINE = f"RMA/{'0a' * 32}/4"


def in_the_shell(first: str, second: str) -> str:
    """Return the digest that a shell prints for two texts with a colon between them."""
    command = 'printf \'%s:%s\' "$1" "$2" | sha256sum'
    shell = subprocess.run(["/bin/sh", "-c", command, "sh", first, second], capture_output=True, check=True, text=True)
    return shell.stdout.split()[0]


@pytest.mark.parametrize("seed", ["3 1 4 1 5", "NIST beacon 2-1834567 $HOME `id` \\n %s", 'it\'s "so"'])
def test_a_ticket_is_what_sha256sum_says_of_seed_and_line(seed: str) -> None:
    assert tickets.ticket(seed, LINE) == in_the_shell(seed, LINE)


def test_a_member_finds_the_own_tag_by_the_salt_and_the_amt_id() -> None:
    salt = tickets.salt("secret", "RMA", "2100003", 4)
    assert tickets.tag(salt, "2100003") == in_the_shell(salt, "2100003")


def test_each_line_of_a_member_has_a_salt_and_a_tag_of_its_own() -> None:
    salts = {tickets.salt("secret", *line) for line in (("RMA", "1", 4), ("RPT", "1", 4), ("RMA", "1", 5))}
    assert len(salts | {tickets.salt("another", "RMA", "1", 4)}) == 4
    assert len({tickets.tag(salt, "1") for salt in salts}) == 3


@pytest.mark.parametrize(
    ("population", "drawn"),
    [
        pytest.param(26_000, 260, id="a hundredth"),
        pytest.param(5_310, 54, id="rounded up: 53.1"),
        pytest.param(500, 5, id="a hundredth that is just the least"),
        pytest.param(501, 6, id="one more"),
        pytest.param(300, 5, id="at least five"),
        pytest.param(5, 5, id="all"),
        pytest.param(3, 3, id="no more than there are"),
        pytest.param(0, 0, id="nobody"),
    ],
)
def test_a_share_is_drawn_but_at_least_five(population: int, drawn: int) -> None:
    assert tickets.size(population, share=10, at_least=5) == drawn


def test_the_smallest_tickets_come_first_and_removing_one_changes_nobody_else() -> None:
    lines = [f"RMA/{place:064x}/1" for place in range(50)]
    order = tickets.in_order("seed", lines)
    assert order == sorted(order)
    gone = order[3][1]
    assert tickets.in_order("seed", [line for line in lines if line != gone]) == order[:3] + order[4:]


def test_the_file_is_sorted_and_says_why_somebody_cannot_be_drawn() -> None:
    assert tickets.frozen_file([("RPT/b/1", ""), ("RMA/a/2", "deceased")]) == b"RMA/a/2\tdeceased\nRPT/b/1\n"


@pytest.mark.parametrize(
    ("population", "drawn", "points"),
    [
        # 1.96 × √(0.1 × 0.9 / 260) = 3.647; × √(25,740 / 25,999) = 3.628
        pytest.param(26_000, 260, "3.6", id="26,000: 260 drawn"),
        # 1.96 × √(0.09 / 1,040) = 1.823; × √(24,960 / 25,999) = 1.786
        pytest.param(26_000, 1_040, "1.8", id="four times as many halve it"),
        # 1.96 × √(0.09 / 50) = 8.316; × √(50 / 99) = 5.910
        pytest.param(100, 50, "5.9", id="half of a hundred: the population is finite"),
        pytest.param(5, 5, "0.0", id="all of them"),
        pytest.param(1, 1, "0.0", id="the only one"),
    ],
)
def test_what_a_sample_size_buys(population: int, drawn: int, points: str) -> None:
    assert tickets.margin(population, drawn) == Decimal(points)


def test_nobody_drawn_says_nothing() -> None:
    assert tickets.margin(26_000, 0) is None

"""The provider is asked about many things, and what fails for one stops no other."""

import pytest

from certifications.models import Credential
from certifications.payments.asking import ask_about_each
from certifications.payments.provider import ProviderAway, ProviderRefused

RECORDS = [Credential(code=code) for code in ("A", "B", "C", "D", "E", "F")]


@pytest.mark.parametrize(
    ("away", "refused", "asked", "left"),
    [
        pytest.param("", "", "ABCDEF", "", id="all answered"),
        pytest.param("B", "D", "ACEF", "BD", id="one away, one refused"),
        pytest.param("ABDE", "", "CF", "ABDE", id="never three in a row"),
        pytest.param("BCD", "", "A", "BCD", id="three in a row: the rest waits"),
    ],
)
def test_the_rest_waits_once_the_provider_is_plainly_away(away: str, refused: str, asked: str, left: str) -> None:
    answered = []

    def ask(record: Credential) -> None:
        if record.code in away:
            raise ProviderAway("No answer.")
        if record.code in refused:
            raise ProviderRefused("No.")
        answered.append(record.code)

    number, sentences = ask_about_each(RECORDS, ask)
    assert (number, "".join(answered)) == (len(asked), asked)
    assert [sentence.split(":")[1].split()[-1] for sentence in sentences] == [
        "answer" if code in away else "refuses" for code in left
    ]

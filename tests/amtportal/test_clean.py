"""What people and files write, without what nobody sees."""

import unicodedata

import pytest

from amtportal import clean


@pytest.mark.parametrize(
    "character",
    [
        pytest.param("\u200b", id="zero-width space"),
        pytest.param("\u200e", id="left-to-right mark"),
        pytest.param("\u202e", id="right-to-left override"),
        pytest.param("\u2066", id="left-to-right isolate"),
        pytest.param("\u00ad", id="soft hyphen"),
        pytest.param("\ufeff", id="byte order mark"),
        pytest.param("\u2060", id="word joiner"),
        pytest.param("\u180e", id="Mongolian vowel separator"),
        pytest.param("\u3164", id="Hangul filler"),
        pytest.param("\u2800", id="empty Braille pattern"),
        pytest.param("\U000e0041", id="tag"),
    ],
)
def test_a_character_without_a_width_is_in_nothing_that_is_stored(character: str) -> None:
    around = f"{character}77{character}45{character}"
    assert clean.identifier(around) == clean.code(around) == clean.typed(around) == clean.line(around) == "7745"
    assert clean.email(f"Ada@exam{character}ple.org{character}") == "ada@example.org"
    assert clean.line(character) == clean.identifier(character) == ""


def test_every_format_character_is_known() -> None:
    """All of category Cf but the 13 signs that are seen before a number."""
    unseen = [chr(code) for code in range(0x110000) if clean.has_no_width(chr(code))]
    formats = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
    assert len(formats - set(unseen)) == 13
    assert not formats & set(clean.identifier("".join(unseen)))


@pytest.mark.parametrize("blank", ["\u00a0", "\u2007", "\u202f", "\u3000", "\u2009 ", "  "])
def test_every_blank_is_one_space(blank: str) -> None:
    around = f"{blank}De{blank}Witt{blank}"
    assert clean.line(around) == clean.identifier(around) == clean.typed(around) == "De Witt"
    assert clean.code(f"7KQ2{blank}M9XV") == "7KQ2M9XV"
    assert clean.is_unseen(blank)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("７７０００４５", "7700045", id="full-width digits"),
        pytest.param("ＡＢ－１２", "AB-12", id="full-width letters"),
        pytest.param("AB\u201112", "AB-12", id="no-break hyphen"),
        pytest.param("AB\u201312", "AB-12", id="en dash"),
        pytest.param("Ame\u0301-1", "Amé-1", id="composed"),
        pytest.param("R\u2168", "RIX", id="Roman numeral"),
        pytest.param("77 00 45", "77 00 45", id="a blank inside stays"),
    ],
)
def test_an_identifier_has_one_form(written: str, stored: str) -> None:
    assert clean.identifier(written) == stored
    assert clean.identifier(stored) == stored


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("\u200b２．５\u00a0", "2.5", id="full-width digits"),
        pytest.param("３／１４／２０２６", "3/14/2026", id="full-width day"),
        pytest.param("1½", "1½", id="a fraction is no 11⁄2"),
        pytest.param("10²", "10²", id="a power is no 102"),
        pytest.param("20\u00a0nov\u202f2026", "20 nov 2026", id="blanks between the parts"),
    ],
)
def test_the_text_of_a_number_says_what_it_said(written: str, stored: str) -> None:
    assert clean.typed(written) == stored


def test_a_code_has_no_groups() -> None:
    assert clean.code("7kq2\u2010M9XV\u00a0３T0B\u200b-HDWE") == "7kq2M9XV3T0BHDWE"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="non-joiner inside a Persian word"),
        pytest.param("क्\u200dष", "क्\u200dष", id="joiner inside a Hindi word"),
        pytest.param("അവന്\u200d", "അവന്\u200d", id="joiner after a virama at the end"),
        pytest.param("അവന്\u200d രാജ", "അവന്\u200d രാജ", id="joiner after a virama before a blank"),
        pytest.param("👩\u200d🔬", "👩\u200d🔬", id="joined emoji"),
        pytest.param("葛\U000e0100城", "葛\U000e0100城", id="a variant of an ideograph"),
        pytest.param("\u200dAda\u200c \u200dLane\u200d", "Ada Lane", id="joiners around words"),
        pytest.param("\ufe0fAda", "Ada", id="a variant of nothing"),
        pytest.param("\u202eAda\u202c", "Ada", id="a change of direction"),
        pytest.param("Nu\u0301n\u0303ez", "Núñez", id="composed"),
        pytest.param("Ｎakano", "Ｎakano", id="a name keeps its letters"),
        pytest.param("one\u2028two", "one two", id="line separator"),
        pytest.param("\u200d\ufe0f", "", id="nothing that is seen"),
    ],
)
def test_a_line_keeps_what_spells_it(written: str, stored: str) -> None:
    assert clean.line(written) == stored
    assert clean.line(stored) == stored


def test_lines_are_clean_one_by_one() -> None:
    assert clean.lines("\u200b\r\nfirst\u00a0\rsecond\u200b\n\n") == "first\nsecond"


def test_a_control_character_is_named_and_not_removed() -> None:
    assert clean.unprintable(clean.line("Ada\x07Lane")) == "\x07"
    assert clean.unprintable("Ada\nLane", allowed="\n") is None
    assert clean.unprintable("Ada\u2029Lane") == "\u2029"
    assert clean.unprintable("Ada\ud800") == "\ud800"
    assert clean.unprintable("Núñez 健太") is None


def test_a_password_is_the_same_from_every_keyboard() -> None:
    """Nothing is removed: a blank and a character without a width are part of a password."""
    assert clean.password("gru\u0308n") == clean.password("grün") == "grün"
    assert clean.password("a\u00a0b\u200b ") == "a b\u200b "

"""The translation files: complete, compiled, with the English figures, and in plain words."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import polib
import pytest
from textstat import textstat
from textstat.backend.counts import _count_syllables

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parent.parent
FILE = "amtportal/locale/es/LC_MESSAGES/django.po"
# Where the sentences are, and what gathers them.
GATHERED = ("amtportal", "certifications", "ccp", "templates", "deploy", "manage.py")
MOST_GRADE = 8.0
# What the guide emphasizes although no page has it as a label: the name on a card, the browser's
# own words, and a rule.
STRESSED = {"AMTRAX", "attest", "dar fe", "Print", "Imprimir", "day after", "día siguiente"}
# One word for one thing: what may not be in a sentence, and the word to use instead.
ONE_WORD = {
    r"log ?(in|out|on)\b|signin|signout": "sign in, sign out",
    r"email": "e-mail",
    r"delete[sd]?\b": "withdraw, remove, replace",
    r"webpage|web page": "page",
    r"certificant|(?<!AMTrax )user\b": "member, you",
    r"cycle of CCP|CCP period|CCP term\b": "CCP cycle",
    r"contact AMT": "call AMT",
    r"\bfee notice|\bbill\b": "renewal invoice",
    r"\bdevices?\b": "phone or computer",
    r"\bupload": "attach",
    r"\b(two|multi)-(factor|step)|\b[2M]FA\b": "second factor",
    r"\b(pass|access|secret) keys?\b": "passkey, setup key",
    r"\b(back-?up|rescue|emergency) codes?\b": "recovery code",
}
ONE_WORD_OF_SPANISH = {
    r"\bemail\b|\be-mail\b": "correo electrónico",
    r"\b(tu|tus|tú|puedes|tienes|debes|haz|ingresa tu)\b": "usted, su",
    r"\bclave\b|\bpassword\b": "contraseña",
    r"\bordenador\b|\bmóvil\b": "computadora, teléfono",
    r"\bperiodo\b": "período",
    r"\btranscripción\b|\btranscript\b": "expediente de CE",
    r"\bdispositivos?\b": "teléfono o computadora",
    r"\bevidencias?\b": "comprobantes",
    r"\bautent(icador|ificación)": "aplicación de autenticación",
    r"\bcódigos? de (respaldo|emergencia)": "código de recuperación",
    r"\bpulsar?\b|\bpulse\b": "presione",
    r"\btopes?\b": "máximo",
}


def key(entry: polib.POEntry) -> tuple[str | None, str, str]:
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def english(entry: polib.POEntry) -> list[str]:
    return [text for text in (entry.msgid, entry.msgid_plural) if text]


def spanish(entry: polib.POEntry) -> list[str]:
    return [entry.msgstr_plural[number] for number in sorted(entry.msgstr_plural)] or [entry.msgstr]


def places(text: str) -> set[str]:
    """Return what a sentence leaves open (``%(day)s``), and the tags it carries."""
    return set(re.findall(r"%\([a-z_]+\)[sd]|</?[a-z]+\b|\b(?:class|href)=\"[^\"]*\"", text))


@pytest.fixture(scope="module")
def translation() -> polib.POFile:
    return polib.pofile(str(ROOT / FILE))


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> polib.POFile:
    """Return the file as ``make messages`` would write it now, in a copy of the project."""
    copy = tmp_path_factory.mktemp("project")
    for name in GATHERED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "fonts"))
        else:
            shutil.copy(source, copy / name)
    subprocess.run(
        ["deploy/messages.sh", "gather"],
        cwd=copy,
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "AMTPORTAL_VAR": str(copy / "var")},
        check=True,
    )
    return polib.pofile(str(copy / FILE))


@pytest.mark.slow
def test_every_sentence_is_in_the_file_and_none_that_is_gone(gathered: polib.POFile, translation: polib.POFile) -> None:
    """If this fails, run ``make messages``, and then translate what it added."""
    assert {key(entry) for entry in translation} == {key(entry) for entry in gathered}


def test_every_sentence_is_translated(translation: polib.POFile) -> None:
    assert [entry.msgid for entry in translation if not entry.translated() or entry.fuzzy] == []
    assert translation.obsolete_entries() == []
    assert len(translation) > 300


def test_the_compiled_file_says_the_same(translation: polib.POFile) -> None:
    compiled = polib.mofile(str(ROOT / FILE).removesuffix("po") + "mo")
    said = {key(entry): spanish(entry) for entry in translation}
    assert {key(entry): spanish(entry) for entry in compiled} == said


def test_a_translation_leaves_the_same_open(translation: polib.POFile) -> None:
    """Figures, names and tags are the same on both sides. A singular may write out its figure."""
    differing = [
        text
        for entry in translation
        for text in spanish(entry)
        if places(text) not in [places(original) for original in english(entry)]
    ]
    assert differing == []


def test_translations_end_as_the_sentence_does(translation: polib.POFile) -> None:
    marks = ".:?!"  # a greeting ends with a comma in English and with a colon in Spanish
    differing = [
        entry.msgid
        for entry in translation
        for original, text in zip(english(entry), spanish(entry), strict=False)
        if original[-1] != text[-1] and original[-1] in marks
    ]
    assert differing == []


@pytest.mark.parametrize("said", [english, spanish])
def test_what_the_guide_names_is_labelled_so_on_the_pages(
    translation: polib.POFile, said: Callable[[polib.POEntry], list[str]]
) -> None:
    """Each ``<strong>`` of the guide is the whole of another sentence.

    That is a link, a button, a heading or a field.
    """
    in_guide = [entry for entry in translation if all("guide" in file for file, _ in entry.occurrences)]
    labels = {text.lower() for entry in translation if entry not in in_guide for text in said(entry)}
    named = {name for entry in in_guide for text in said(entry) for name in re.findall("<strong>(.*?)</strong>", text)}
    assert len(named) > 20
    assert {name for name in named - STRESSED if name.lower() not in labels} == set()


def test_the_shipped_rows_are_gathered_as_they_are() -> None:
    found = importlib.util.spec_from_file_location("shipped_words", ROOT / "deploy/shipped_words.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert (ROOT / "ccp/catalogue/shipped_words.py").read_text() == module.module()


def test_no_sentence_hides_within_an_f_string() -> None:
    """There the text is translated but never gathered."""
    names = {"_", "gettext", "ngettext", "pgettext", "gettext_lazy"}
    hidden = [
        f"{path.name}:{node.lineno}"
        for folder in ("amtportal", "certifications", "ccp")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names
    ]
    assert hidden == []


class Syllables:
    """Return the number of syllables, counted as groups of vowels, less a silent e.

    This replaces a dictionary, which would have to be downloaded.
    """

    def __getitem__(self, word: str) -> list[list[str]]:
        groups = len(re.findall(r"[aeiouy]+", word))
        is_silent = re.search(r"[^aeiouyl]e$|[^aeiouytd]es$|[^aeiouytd]ed$", word) is not None
        return [["A1"] * max(groups - is_silent, 1)]


@pytest.fixture
def _syllables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_count_syllables, "get_cmudict", lambda lang: Syllables())


def as_read(text: str) -> str:
    """Return a sentence without its tags and with short words in its places, ended by a period."""
    text = re.sub(r"<[^>]*>", "", re.sub(r"%\([a-z_]+\)[sd]", "5", text)).strip()
    return text if text[-1] in ".?!" else f"{text.rstrip(':,')}."


@pytest.mark.usefixtures("_syllables")
def test_sentences_are_plain(translation: polib.POFile) -> None:
    """The measure is Flesch and Kincaid's grade of every text that is a sentence.

    Labels of a word or two would only lower it.
    """
    sentences = [as_read(text) for entry in translation for text in english(entry)]
    sentences = [text for text in sentences if len(text.split()) > 3]
    worst = sorted(sentences, key=textstat.flesch_kincaid_grade, reverse=True)[:10]
    for text in worst:
        print(f"{textstat.flesch_kincaid_grade(text):5.1f}  {text}")
    grade = textstat.flesch_kincaid_grade(" ".join(sentences))
    print(f"{grade:5.1f}  all {len(sentences)}")
    assert grade <= MOST_GRADE, worst


def using(pattern: str, texts: Iterable[str]) -> list[str]:
    """Return the texts in which the pattern is found, leaving out their ``%(…)s`` places."""
    return [text for text in texts if re.search(pattern, re.sub(r"%\([a-z_]+\)", "", text), re.IGNORECASE)]


@pytest.mark.parametrize("pattern", ONE_WORD)
def test_one_word_stands_for_one_thing(translation: polib.POFile, pattern: str) -> None:
    other = using(pattern, (text for entry in translation for text in english(entry)))
    assert other == [], f"write {ONE_WORD[pattern]}"


@pytest.mark.parametrize("pattern", ONE_WORD_OF_SPANISH)
def test_one_word_stands_for_one_thing_in_spanish(translation: polib.POFile, pattern: str) -> None:
    other = using(pattern, (text for entry in translation for text in spanish(entry)))
    assert other == [], f"write {ONE_WORD_OF_SPANISH[pattern]}"

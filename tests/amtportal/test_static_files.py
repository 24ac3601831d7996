"""Joined static files.

Every part is in the joined file, the layers are ordered once, and the files that it asks for are
collected too.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from amtportal.static_files import ALONE, JOINED, JoinedFilesStorage, join

STATIC: Path = settings.BASE_DIR / "static"
STYLE_SHEET, SCRIPT = JOINED
FONT = "fonts/letters.woff2"
SHEET = '@layer base, pages;\n\n@import url("base.css") layer(base);\n@import url("pages/home.css") layer(pages);\n'


def read(name: str) -> str:
    return (STATIC / name).read_text()


@pytest.mark.parametrize(
    ("name", "files"),
    [pytest.param(STYLE_SHEET, "css/**/*.css", id="style sheet"), pytest.param(SCRIPT, "js/record/*.js", id="script")],
)
def test_every_part_is_joined_once(name: str, files: str) -> None:
    _, parts = join(name, read)
    assert sorted(parts) == sorted({str(path.relative_to(STATIC)) for path in STATIC.glob(files)} - {name})


def test_a_page_links_to_no_part_that_is_not_served_by_itself() -> None:
    """A part is removed once it is joined: a page that links to it would be answered with 500."""
    parts = {part for name in JOINED for part in join(name, read)[1]}
    pages = [path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html")]
    linked = {name for page in pages for name in re.findall(r"{% static ['\"]([^'\"]+)['\"]", page)}
    assert linked & parts == set(ALONE)


def test_the_order_of_the_layers_is_declared_once_and_each_part_belongs_to_one_of_them() -> None:
    """A part gets its layer from the import.

    Only the typeface has no layer.
    """
    sheet, (joined, parts) = read(STYLE_SHEET), join(STYLE_SHEET, read)
    (order,) = re.findall(r"^@layer ([^{;]+);$", joined, re.MULTILINE)
    assert order == "tokens, base, layout, components, pages, utilities"
    assert list(dict.fromkeys(re.findall(r"layer\((\w+)\)", sheet))) == order.split(", ")
    assert [part for part in parts if "@layer" in read(part)] == []
    assert [line for line in sheet.splitlines() if line.startswith("@import") and "layer(" not in line] == [
        '@import url("fonts.css");'
    ]


def test_a_part_stands_in_its_layer_in_the_place_of_its_import() -> None:
    texts = {"css/portal.css": SHEET, "css/base.css": "a {}\n", "css/pages/home.css": "b {}\n"}
    joined, parts = join("css/portal.css", texts.__getitem__)
    assert joined == "@layer base, pages;\n\n@layer base {\na {}\n}\n@layer pages {\nb {}\n}\n"
    assert parts == ["css/base.css", "css/pages/home.css"]


def test_comments_on_lines_of_their_own_are_left_out_and_nothing_else() -> None:
    texts = {
        "js/record.js": 'import "./record/a.js";\n',
        "js/record/a.js": '/* One\n   and two * with a star. */\na("/*", 1); /* kept */\n'
        "  /* three */ b();\n  /* four */\nc();\n",
    }
    joined, _ = join("js/record.js", texts.__getitem__)
    assert joined == 'a("/*", 1); /* kept */\n  /* three */ b();\nc();\n'
    for name in JOINED:
        shipped, _ = join(name, read)
        assert shipped.count("/*") <= 20, "what is left stands behind code"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("../../fonts/a.woff2", "../fonts/a.woff2", id="from the part's folder"),
        pytest.param("mark.svg", "pages/mark.svg", id="beside the part"),
        pytest.param("data:image/svg+xml,%3Csvg/%3E", "data:image/svg+xml,%3Csvg/%3E", id="data"),
        pytest.param("/static/a.svg", "/static/a.svg", id="from the root"),
        pytest.param("#mark", "#mark", id="in the page"),
    ],
)
def test_what_a_part_asks_for_is_found_from_the_sheet(url: str, expected: str) -> None:
    texts = {
        "css/portal.css": '@import url("pages/home.css");\n',
        "css/pages/home.css": f'a {{ mask: url("{url}"); }}\n',
    }
    joined, _ = join("css/portal.css", texts.__getitem__)
    assert joined == f'a {{ mask: url("{expected}"); }}\n'


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(
            {"a.css": '@import url("b.css");\n', "b.css": '@import url("c.css");\n'}, id="a part that imports"
        ),
        pytest.param({"a.css": "@import 'b.css';"}, id="an import in other words"),
        pytest.param({"a.css": '@import url("b.css") print;\n'}, id="an import for some media"),
        pytest.param({"a.css": 'import { b } from "./b.js";\n'}, id="an import of names"),
    ],
)
def test_what_cannot_be_joined_is_refused(texts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="import"):
        join("a.css", texts.__getitem__)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    files = {
        STYLE_SHEET: SHEET,
        "css/base.css": "a {}",
        "css/pages/home.css": f'@font-face {{ src: url("../../{FONT}"); }}',
        FONT: "letters",
        SCRIPT: 'import "./record/finder.js";\n',
        "js/record/finder.js": "find();\n",
    }
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    return source


def collect(source: Path, target: Path) -> dict[str, str]:
    """Do what ``collectstatic`` does, and return the hashed names.

    It leaves a file that is newer than its source.
    """
    place, storage = FileSystemStorage(source), JoinedFilesStorage(location=target)
    paths: dict[str, Any] = {}
    for name in (str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()):
        paths[name] = place, name
        if not storage.exists(name):
            with place.open(name) as file:
                storage.save(name, file)
    assert [name for name, _, processed in storage.post_process(paths) if isinstance(processed, Exception)] == []
    return dict(storage.hashed_files)


def test_one_script_is_collected(source: Path, tmp_path: Path) -> None:
    hashed = collect(source, tmp_path / "target")
    assert [name for name in hashed if name.endswith(".js")] == [SCRIPT]
    assert (tmp_path / "target" / hashed[SCRIPT]).read_text() == "find();\n"


def test_one_style_sheet_is_collected_and_its_font_is_found(source: Path, tmp_path: Path) -> None:
    """The file also has its plain name.

    Pages that the server sends when it cannot do otherwise use that name.
    """
    target = tmp_path / "target"
    hashed = collect(source, target)
    assert [name for name in hashed if name.endswith(".css")] == [STYLE_SHEET]
    for name, font in ((STYLE_SHEET, FONT), (hashed[STYLE_SHEET], hashed[FONT])):
        text = (target / name).read_text()
        assert re.findall(r'url\("([^"]+)"\)', text) == [f"../{font}"]
        assert "@import" not in text
        assert (target / font).exists()
    assert list((target / "css").rglob("home*")) == list((target / "css").rglob("base*")) == []


def test_a_change_in_a_part_gives_the_style_sheet_another_name(source: Path, tmp_path: Path) -> None:
    """Collected again without a change, the file has the same name."""
    target = tmp_path / "target"
    first, again = collect(source, target), collect(source, target)
    (source / "css/base.css").write_text("a { color: red; }")
    changed = collect(source, target)
    assert first[STYLE_SHEET] == again[STYLE_SHEET] != changed[STYLE_SHEET]
    assert "red" in (target / changed[STYLE_SHEET]).read_text()
    assert "red" in (target / STYLE_SHEET).read_text()

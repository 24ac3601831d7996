"""The manifest with which phones install the portal, and its icons."""

from io import BytesIO

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from tests.support.pages import read

pytestmark = pytest.mark.django_db


def test_the_manifest_names_the_portal_and_icons_that_are_there() -> None:
    page = read(Client().get("/accounts/login/"))
    answer = Client().get(page.select_one("link[rel=manifest]")["href"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/manifest+json")
    assert "public" in answer.headers["Cache-Control"]
    manifest = answer.json()
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("My AMT Portal", "/", "standalone")
    kinds = {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest["icons"]}
    assert kinds == {(size, kind) for size in ("192x192", "512x512") for kind in ("any", "maskable")}
    for icon in manifest["icons"]:
        with open(finders.find(icon["src"].removeprefix("/static/")), "rb") as file:
            content = file.read()
        with Image.open(BytesIO(content)) as picture:
            assert "x".join(map(str, picture.size)) == icon["sizes"]
        assert len(content) < 8192


def test_the_bar_of_the_browser_has_a_color_by_day_and_by_night() -> None:
    metas = read(Client().get("/accounts/login/")).select("meta[name=theme-color]")
    assert [meta["media"] for meta in metas] == ["(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"]


def test_the_policy_lets_browsers_read_the_manifest() -> None:
    assert "manifest-src 'self'" in Client().get("/accounts/login/").headers["Content-Security-Policy"]

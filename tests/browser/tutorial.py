"""How the clips of the tutorial are recorded: the ways through the portal, and the camera.

The ways are those of the guide's pictures, with the same member on the same day. Both languages
take the same time step by step, so that the captions of one clip fit it in either language.
"""

import io
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2
from django.conf import settings
from django.utils import translation
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from amtportal.tutorial import FOLDER, RECORD, Clip

LANGUAGES = [code for code, _ in settings.LANGUAGES]
FPS = 10
WIDTH, HEIGHT, BAND, SCALE = 400, 560, 100, 1.5  # CSS pixels except for the scale; captions stand on the band
SIZE = (int(WIDTH * SCALE), int((HEIGHT + BAND) * SCALE))
LETTERS_A_SECOND = 15  # that is slower than most people read captions
RING, BAND_COLOR = (194, 80, 10), (11, 39, 51)
VIEWER, PAPER_MARGIN = (222, 225, 227), 24  # around a paper
POINTER = ((0, 0), (0, 27), (6, 21), (11, 32), (16, 30), (11, 19), (20, 19))
TITLES = {"en": "Infection prevention update", "es": "Prevención de infecciones"}
WORDS = {"en": "webinar", "es": "seminario web"}
Point = tuple[float, float]


@dataclass
class Frame:
    """What is seen for ``count`` tenths of a second. ``ring``: the box of what is pointed at."""

    image: Image.Image
    at: Point
    ring: dict[str, float] | None
    pressed: bool
    count: int

    def drawn(self) -> Image.Image:
        canvas = Image.new("RGB", SIZE, BAND_COLOR)
        canvas.paste(self.image, (0, 0))
        draw = ImageDraw.Draw(canvas)
        if self.ring:
            left, top = self.ring["x"] - 4, self.ring["y"] - 4
            right, bottom = left + self.ring["width"] + 8, top + self.ring["height"] + 8
            box = tuple(side * SCALE for side in (left, top, right, min(bottom, HEIGHT - 2)))
            draw.rounded_rectangle(box, radius=10, outline=RING, width=5)
        x, y = self.at[0] * SCALE, self.at[1] * SCALE
        if self.pressed:
            draw.ellipse((x - 24, y - 24, x + 24, y + 24), outline=RING, width=5)
        draw.polygon([(x + dx, y + dy) for dx, dy in POINTER], fill="white", outline="black", width=2)
        return canvas


class Camera:
    """Goes through the portal step by step. It takes pictures only if it ``films``."""

    def __init__(self, page: Page, clip: Clip, language: str, *, films: bool) -> None:
        self.page, self.clip, self.language, self.films = page, clip, language, films
        self.frames: list[Frame] = []
        self.starts: list[int] = []  # of each caption, in frames
        self.length = 0
        self.says: list[str] = []
        self.at: Point = (WIDTH / 2, HEIGHT * 0.8)
        self.ring: Any = None
        self.still: Image.Image | None = None  # what is seen in place of the page

    @contextmanager
    def caption(self) -> Iterator[None]:
        """One step with its caption, which stays until it can be read in each language."""
        start, texts = self.length, []
        for language in LANGUAGES:
            with translation.override(language):
                texts.append(str(self.clip.captions[len(self.starts)]))
        self.starts.append(start)
        yield
        self.hold(max(start + FPS + max(map(len, texts)) * FPS // LETTERS_A_SECOND - self.length, FPS))
        self.ring = None

    def hold(self, count: int, *, pressed: bool = False, image: Image.Image | None = None) -> None:
        """Stay for that many frames."""
        if self.films:
            image = image or self.still or Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
            self.frames.append(Frame(image, self.at, self.ring, pressed, count))
        self.length += count

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.evaluate("document.fonts.ready.then(() => true)")

    def show(self, part: Locator) -> None:
        """Scroll until the part is in the middle, or its top at the top if it is taller than the screen."""
        expect(part).to_be_visible()
        text = " ".join(part.inner_text().split())
        if text:  # a field has none
            self.says.append(re.sub(r"\b(CE|INV)-\d+", r"\1-1042", text))  # the database gives others each time
        steps = 6
        if not self.films:
            self.length += steps
            return
        box = part.bounding_box()
        assert box
        now = self.page.evaluate("scrollY")
        wanted = now + box["y"] - max((HEIGHT - box["height"]) / 2, 16)
        for step in range(1, steps + 1):
            self.page.evaluate("y => scrollTo({ top: y, behavior: 'instant' })", now + (wanted - now) * step / steps)
            self.hold(1)

    def point(self, part: Locator) -> None:
        """Move the pointer to the part, and put a ring around it."""
        self.show(part)
        steps = 8
        if not self.films:
            self.length += steps + 4
            return
        box = part.bounding_box()
        assert box
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        (x, y), self.ring = self.at, None
        wanted = box["x"] + min(box["width"] / 2, 80), box["y"] + min(box["height"] / 2, 60)
        for step in range(1, steps + 1):
            self.at = (x + (wanted[0] - x) * step / steps, y + (wanted[1] - y) * step / steps)
            self.hold(1, image=image)
        self.ring = box
        self.hold(4, image=image)

    def press(self, part: Locator) -> None:
        self.point(part)
        self.hold(2, pressed=True)
        part.click()
        self.ring = None

    def type(self, field: Locator, text: str) -> None:
        self.press(field)
        pieces = 6
        for piece in range(pieces):
            field.press_sequentially(text[len(text) * piece // pieces : len(text) * (piece + 1) // pieces])
            self.hold(1)

    def choose(self, address: str) -> None:
        """Open the menu and choose the page with that address."""
        self.press(self.page.locator(".menu-button"))
        self.press(self.page.locator(f"#menu a[href='{address}']"))
        self.page.wait_for_url(f"**{address}")

    def write(self) -> int:
        """Write the clip and its poster, which is its last picture. Return the size of the clip in bytes."""
        film = FOLDER.parent / self.clip.film(self.language)
        command = [
            *("ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
            *("-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS), "-i", "-", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p"),
            *("-crf", "38", "-b:v", "0", "-g", "100", "-deadline", "good", "-cpu-used", "4", "-row-mt", "1"),
            *("-map_metadata", "-1", "-fflags", "+bitexact", str(film)),
        ]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
            assert encoder.stdin
            for frame in self.frames:
                data = frame.drawn().tobytes()
                for _ in range(frame.count):
                    encoder.stdin.write(data)
        assert encoder.returncode == 0
        poster = FOLDER.parent / self.clip.poster(self.language)
        self.frames[-1].drawn().save(poster, "WEBP", quality=60, method=6)
        return film.stat().st_size


def enter_ce(camera: Camera) -> None:
    page = camera.page
    with camera.caption():
        camera.open("/")
        camera.hold(8)
        camera.choose("/certifications/")
    with camera.caption():
        camera.press(page.locator("main .amtrax + .actions a"))
        expect(page.locator("#entry-form")).to_be_visible()
    with camera.caption():
        camera.type(page.locator("#type [role=combobox]").first, WORDS[camera.language])
        camera.press(page.locator("#type-found [role=option]").first)
        camera.show(page.locator("#chosen-kind dl"))
    with camera.caption():
        camera.type(page.locator("[name=title]"), TITLES[camera.language])
    with camera.caption():
        camera.type(page.locator("[name=quantity]"), "3")
        expect(page.locator("#earned")).to_contain_text("3")
    with camera.caption():
        camera.type(page.locator("[name=starts_on]"), "3/7/2026")
        page.keyboard.press("Tab")
    with camera.caption():
        camera.show(page.locator("#preview-place section"))
    with camera.caption():
        camera.press(page.locator("[name=attested]"))
        camera.press(page.locator("#entry-form .actions button").first)
        page.wait_for_url("**/ccp/activities/**")
    with camera.caption():
        camera.show(page.locator("main .gains").first)


def track_progress(camera: Camera) -> None:
    page = camera.page
    with camera.caption():
        camera.open("/")
        camera.show(page.locator("main .glance-status"))
    with camera.caption():
        camera.point(page.locator("main .glance-next > .agenda"))
    with camera.caption():
        camera.choose("/certifications/")
    with camera.caption():
        camera.show(page.locator("main section:has(> .ledger)"))
    with camera.caption():
        camera.show(page.locator("main table.key"))
    with camera.caption():
        camera.show(page.locator(".menu-button"))
        camera.choose("/ccp/activities/")
    with camera.caption():
        camera.show(page.locator("main table.activities"))
        camera.point(page.locator("main details.filter summary"))


def transcript(camera: Camera) -> None:
    page = camera.page
    with camera.caption():
        camera.open("/")
        camera.hold(8)
        camera.choose("/certifications/")
    with camera.caption():
        camera.press(page.locator("main a[href^='/ccp/transcript/']:not([href$='.pdf']):not([href*=all])").first)
        page.wait_for_url("**/ccp/transcript/*/")
    with camera.caption():
        camera.show(page.locator("main .page-head"))
        camera.hold(FPS)
        camera.show(page.locator("main table").first)
    with camera.caption():
        page.emulate_media(media="print")
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        camera.hold(FPS)
    page.emulate_media(media="screen")
    with camera.caption():
        pdf = page.locator("main .page-head a.button")
        camera.point(pdf)
        camera.hold(2, pressed=True)
        address = pdf.get_attribute("href")
    camera.at = (WIDTH * 0.9, HEIGHT * 0.9)
    with camera.caption():
        # Chromium shows a PDF in a viewer of its own, of which no picture can be taken.
        camera.still = first_page(page, address or "") if camera.films else None


def first_page(page: Page, address: str) -> Image.Image:
    """Return the first page of the portal's PDF, whole, as it lies in the middle of a viewer."""
    paper = pypdfium2.PdfDocument(page.request.get(address).body())[0]
    screen = Image.new("RGB", (int(WIDTH * SCALE), int(HEIGHT * SCALE)), VIEWER)
    room = (screen.width - 2 * PAPER_MARGIN, screen.height - 2 * PAPER_MARGIN)
    scale = min(room[0] / paper.get_width(), room[1] / paper.get_height())
    picture = paper.render(scale=scale).to_pil().convert("RGB")
    screen.paste(picture, ((screen.width - picture.width) // 2, (screen.height - picture.height) // 2))
    return screen


WAYS = {"enter-ce": enter_ce, "track-progress": track_progress, "transcript": transcript}


def stamp(frames: int) -> str:
    """Return the time of WebVTT after that many frames."""
    seconds, tenths = divmod(frames, FPS)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{tenths * 1000 // FPS:03}"


def captions_of(camera: Camera, language: str) -> str:
    """Return the captions of the clip as WebVTT, one after the other until its end."""
    ends = [*camera.starts[1:], camera.length]
    with translation.override(language):
        cues = [
            f"{stamp(start)} --> {stamp(end)}\n{text}\n"
            for start, end, text in zip(camera.starts, ends, camera.clip.captions, strict=True)
        ]
    return "\n".join(["WEBVTT\n", *cues])


def write(cameras: list[Camera]) -> None:
    """Write what one language recorded. The captions and times are the same for each language."""
    FOLDER.mkdir(exist_ok=True)
    sizes = [camera.write() for camera in cameras]
    kept = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    for camera, size in zip(cameras, sizes, strict=True):
        row = kept.setdefault(camera.clip.name, {"bytes": {}, "says": {}})
        row |= {"seconds": camera.length / FPS, "width": WIDTH, "height": HEIGHT + BAND}
        row["bytes"][camera.language] = size
        row["says"][camera.language] = camera.says
        for language in LANGUAGES:
            text = captions_of(camera, language)
            (FOLDER.parent / camera.clip.track(language)).write_text(text, encoding="utf-8")
    RECORD.write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")

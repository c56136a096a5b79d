"""A first visit, as network and reader see it: bytes over the wire, what moved, and the largest paint."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from playwright.sync_api import Request

from .reading import Reader

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
OBSERVE = """
new PerformanceObserver(list => {
    for (const { hadRecentInput, value } of list.getEntries())
        if (!hadRecentInput) window.shifted = (window.shifted ?? 0) + value
}).observe({ type: "layout-shift", buffered: true })
new PerformanceObserver(list => {
    for (const { startTime, element } of list.getEntries())
        window.largest = { milliseconds: startTime, name: element?.tagName.toLowerCase() ?? "" }
}).observe({ type: "largest-contentful-paint", buffered: true })
"""


@dataclass(frozen=True)
class Visit:
    """What a first visit cost and showed.

    `bytes` is what came over the wire, heads included, by kind of resource ("document", "stylesheet", "font", …);
    `shift` is the cumulative layout shift; `largest_paint` is in milliseconds from the start of the visit, and
    `largest_name` the name of the element that was painted then.
    """

    bytes: Mapping[str, int]
    urls: tuple[str, ...]
    shift: float
    largest_paint: float
    largest_name: str

    @property
    def weight(self) -> int:
        """All the bytes together."""
        return sum(self.bytes.values())


def visit(stranger: Reader, address: str) -> Visit:
    """Opens a page in the window of a reader who has fetched nothing yet, and waits until the network is quiet."""
    finished: list[Request] = []
    stranger.context.on("requestfinished", lambda request: finished.append(request))
    stranger.context.add_init_script(OBSERVE)
    page = stranger.open(address)
    page.wait_for_load_state("networkidle")
    weights: Counter[str] = Counter()
    fetched = [request for request in finished if request.url.startswith(stranger.site.url)]
    for request in fetched:
        sizes = request.sizes()
        weights[request.resource_type] += sizes["responseHeadersSize"] + sizes["responseBodySize"]
    page.wait_for_function("window.largest")
    return Visit(
        bytes=dict(weights),
        urls=tuple(request.url for request in fetched),
        shift=page.evaluate("window.shifted ?? 0"),
        largest_paint=page.evaluate("window.largest.milliseconds"),
        largest_name=page.evaluate("window.largest.name"),
    )

"""Whether everybody can use a page: what axe finds, in both themes, wide and narrow, and whether it fits the window."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import axe_playwright_python
from playwright.sync_api import Page

WIDE, NARROW = 1280, 390
LOOKS: list[tuple[int, Literal["light", "dark"], list[str]]] = [
    (NARROW, "light", ["structure", "colours", "width"]),
    (NARROW, "dark", ["colours"]),
    (WIDE, "dark", ["colours"]),
    (WIDE, "light", ["colours", "appeared", "width"]),
]
"""Width, theme, and what is looked at, by the names in accessibility.js. A theme changes colours and no more; another
width shows other elements. Words of the same colours on the same ground are checked once."""
OTHER_WIDTHS = [320, 768, 2560]
HEIGHT = 900

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_SCRIPT = (Path(__file__).parent / "accessibility.js").read_text(encoding="utf-8")


def check_accessibility(page: Page, path: str | None = None) -> None:
    """Fail with everything that is wrong with a page: axe's findings and sideways scrolling.

    The page must fit into windows of 320, 390, 768, 1280 and 2560 px. It is neither loaded anew nor moved on between
    looks: to check an open form or menu, bring the page into that state and leave out `path`. Afterwards the window is
    as wide as before and the theme light.

    It takes up to a second: it is for what only a script brings about. What the server draws is checked together with
    all other pages, for a tenth of that, in tests/blueprints/test_every_page.py.

    Args:
        page: in a browser, with scripts.
        path: where to go first; None checks what is shown.

    Raises:
        AssertionError: one line for each finding, led by width and theme.
    """
    if path is not None:
        page.goto(path)
    found = list(_findings(page, {}))
    assert found == [], f"{page.url}\n" + "\n".join(found)


def check_documents(page: Page, documents: Mapping[str, str]) -> None:
    """The same for many documents as the server sends them, without what their scripts would change.

    They are shown one after the other in a page that stays, so that axe is read only once. Of long lists the middle is
    left out.

    Args:
        page: in a context with `bypass_csp`, at an address of the server that the documents' styles come from.
        documents: their HTML by a name for whoever reads of a finding.

    Raises:
        AssertionError: one line for each finding, led by width, theme and the document's name.
    """
    found = list(_findings(page, documents))
    assert found == [], "\n".join(found)


def _findings(page: Page, documents: Mapping[str, str]) -> Iterator[str]:
    window = page.viewport_size
    assert window is not None
    # Without motion: a colour on its way to another one has a contrast of its own.
    page.emulate_media(reduced_motion="reduce")
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    page.evaluate(_SCRIPT)
    page.evaluate("documents => checks.of(documents)", [list(one) for one in documents.items()])
    try:
        for width, theme, looks in LOOKS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.emulate_media(color_scheme=theme)
            found = page.evaluate("looks => checks.look(...looks)", looks)
            yield from (f"{width} {theme}: {fault}" for fault in found)
        for width in OTHER_WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            yield from (f"{width}: {fault}" for fault in page.evaluate("checks.look('width')"))
    finally:
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.set_viewport_size(window)

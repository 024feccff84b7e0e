"""Whether everybody can use a page: what axe finds, in both themes, wide and narrow, and whether it fits the window."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

WIDE, NARROW = 1280, 390
LOOKS = [(WIDE, "light", True), (WIDE, "dark", False), (NARROW, "dark", True), (NARROW, "light", False)]
"""Width, theme, and whether all rules run. Only a width can show other elements; a theme breaks colours and no more."""
OTHER_WIDTHS = [320, 768, 2560]
HEIGHT = 900

_ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RULES_ABOUT_COLOURS = ["color-contrast", "link-in-text-block"]

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Only what a reader of the failure needs crosses over from the browser. Preloading asks for each style sheet again,
# for rules that are not among ours.
_RUN = """async (runOnly) => {
    const { violations } = await axe.run({ runOnly, resultTypes: ["violations"], preload: false });
    return violations.map(({ id, nodes }) =>
        `${id}: ` + nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | "));
}"""
_OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def check_accessibility(page: Page, path: str | None = None) -> None:
    """Fail with everything that is wrong with a page: axe's findings and sideways scrolling.

    All of axe's rules run at 1280 px in the light and at 390 px in the dark theme; at the other two looks only those
    about colours do. The page must fit into windows of 320, 390, 768, 1280 and 2560 px. It is neither loaded anew nor
    moved on between looks: to check an open form or menu, bring the page into that state and leave out `path`.
    Afterwards the window is as wide as before and the theme light. It takes up to a second for a page of a thousand
    elements, a quarter of that for a small one: call it once for each template, not for each of its data.

    Args:
        page: in a browser, with scripts.
        path: where to go first; None checks what is shown.

    Raises:
        AssertionError: one line for each finding, led by width and theme.
    """
    window = page.viewport_size
    assert window is not None
    # Without motion: a colour on its way to another one has a contrast of its own.
    page.emulate_media(reduced_motion="reduce")
    if path is not None:
        page.goto(path)
    try:
        found = list(_findings(page))
    finally:
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.set_viewport_size(window)
    assert found == [], f"{page.url}\n" + "\n".join(found)


def _findings(page: Page) -> Iterator[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    for width, theme, in_full in LOOKS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for fault in page.evaluate(_RUN, _ALL_RULES if in_full else _RULES_ABOUT_COLOURS):
            yield f"{width} {theme}: {fault}"
    for width in sorted([WIDE, NARROW, *OTHER_WIDTHS]):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if page.evaluate(_OVERFLOWS):
            yield f"{width}: wider than the window"

"""What a first visit to a public page takes over the wire: the page and everything that it loads, item by item.

    python -m bench.wire

The page is the demo's: texts that people could have written, which compress as theirs do.

Heads of the answers are counted too. A Chromium, where there is one, says what is loaded; the icon, which it leaves out
when nobody looks, is read from the page. Without one the page's own links have to do.
"""

import shutil
import sys
from html.parser import HTMLParser
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from bench.bars import Bar, report
from bench.load import fetch
from bench.site import ground, web

SLUG = "demo"
LIMIT_KB = 40
ENCODINGS = {"Accept-Encoding": "gzip, deflate, br"}
LOADED_LINKS = {"stylesheet", "icon", "modulepreload", "preload", "manifest"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> int:
    with ground() as made:
        done = made.application().test_cli_runner().invoke(args=["demo"])
        if done.exit_code:
            raise RuntimeError(done.output)
        with web(made) as (port, _):
            page = f"/{SLUG}"
            linked = Links.of(fetch(port, page).body.decode())
            loaded = _load_in_browser(port, page)
            paths = [page, *sorted({*linked, *(loaded or ())} - {page})]
            answers = {path: fetch(port, path, ENCODINGS) for path in paths}
    print("  as a browser loads it:" if loaded is not None else "  no Chromium here; as the page's links say:")
    for path, answer in answers.items():
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        encoding = answer.headers.get("Content-Encoding", "plain")
        print(f"  {answer.size / 1024:7.2f} KB  {encoding:<6} {path}")
    total = sum(answer.size for answer in answers.values()) / 1024
    return report([Bar("KB on the wire, heads and bodies", total, LIMIT_KB, f"{len(answers)} requests")])


def _load_in_browser(port: int, page: str) -> set[str] | None:
    """The paths that a Chromium asks this server for, or None where there is none."""
    program = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if program is None:
        return None
    loaded: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        tab = browser.new_page()
        tab.on("request", lambda request: loaded.add(urlsplit(request.url).path))
        tab.goto(f"http://localhost:{port}{page}", wait_until="load")
        tab.wait_for_function("document.readyState === 'complete'")
        browser.close()
    return loaded


class Links(HTMLParser):
    """What a page's own HTML has a browser load."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: set[str] = set()

    @classmethod
    def of(cls, html: str) -> set[str]:
        links = cls()
        links.feed(html)
        return links.paths

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            self.paths.add(given["href"])
        elif tag in ("script", "img") and given.get("src", "").startswith("/"):
            self.paths.add(given["src"])


if __name__ == "__main__":
    sys.exit(main())

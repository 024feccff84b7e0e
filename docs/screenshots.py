"""Takes the pictures under docs/ (`make screenshots`): the demo organization on throwaway servers, in a Chromium."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.demo.actions import create_demo
from bench.site import ground, web

DOCS = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def main() -> int:
    if CHROMIUM is None:
        print("No Chromium found: apt-get install chromium", file=sys.stderr)
        return 1
    with ground() as made, web(made) as (port, _), sync_playwright() as playwright:
        with made.application().app_context():
            create_demo()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        take(browser, f"http://localhost:{port}/demo", "public-page")
        browser.close()
    return 0


def take(browser: Browser, address: str, name: str) -> None:
    """The top of a page as a visitor sees it, small enough for a README."""
    page = browser.new_page(viewport={"width": 1120, "height": 900})
    page.goto(address)
    page.wait_for_selector("[data-live=connected]")
    page.screenshot(path=DOCS / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())

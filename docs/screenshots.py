"""Takes the pictures under docs/ (`make screenshots`): the demo organization on throwaway servers, in a Chromium."""

import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.accounts import actions as accounts
from app.accounts.rules import Claims
from app.config import Settings
from app.demo.actions import create_demo
from app.development.people import PEOPLE
from bench.site import Ground, ground, web

DOCS = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
COLOURS = 96
"""In a picture: enough for a page without photographs, at a third of the bytes."""

DASHBOARD = "/dashboard/demo"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: the top of a page, as a visitor sees it or as the demo's admin does."""

    name: str
    path: str
    as_admin: bool = False
    waits_for: str = "main"
    """What must be there before the picture is taken."""
    clicks: tuple[str, ...] = ()
    """Links to follow first, by a part of their text."""
    height: int = 800
    width: int = 1120


SHOTS = (
    Shot("public-page", "/demo", waits_for="[data-live=connected]", height=900),
    Shot("guide/overview", DASHBOARD, as_admin=True, height=900),
    Shot("guide/report", f"{DASHBOARD}/incidents/new", as_admin=True, height=1000),
    Shot("guide/incident", f"{DASHBOARD}/incidents", as_admin=True, clicks=("Elevated",)),
    Shot("guide/maintenance", f"{DASHBOARD}/maintenance", as_admin=True),
    Shot("guide/services", f"{DASHBOARD}/services", as_admin=True),
    Shot("guide/heatmap", f"{DASHBOARD}/heatmap", as_admin=True),
    Shot("guide/analytics", f"{DASHBOARD}/analytics", as_admin=True, height=1000, width=1280),
    Shot("guide/subscribers", f"{DASHBOARD}/subscribers", as_admin=True),
    Shot("guide/deliveries", f"{DASHBOARD}/deliveries", as_admin=True),
    Shot("guide/pages", f"{DASHBOARD}/pages", as_admin=True, clicks=("Edit", "Look")),
    Shot("guide/members", f"{DASHBOARD}/members", as_admin=True),
    Shot("guide/history", "/demo/history"),
    Shot("guide/phone", "/demo", waits_for="[data-live=connected]", width=390),
)


def main() -> int:
    if CHROMIUM is None:
        print("No Chromium found: apt-get install chromium", file=sys.stderr)
        return 1
    (DOCS / "guide").mkdir(exist_ok=True)
    with ground() as made, web(made) as (port, _), sync_playwright() as playwright:
        cookie = create_and_sign_in(made)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            take(browser, f"http://localhost:{port}", shot, cookie)
        browser.close()
    return 0


def create_and_sign_in(made: Ground) -> str:
    """Make the demo; returns the cookie of a session of its admin."""
    application = made.application()
    settings: Settings = application.extensions["upfront.settings"]
    with application.app_context():
        create_demo()
        admin = next(person for person in PEOPLE if person.role == "admin")
        claims = Claims(settings.oidc_issuer, admin.subject, admin.email, admin.name)
        token = accounts.sign_in(claims, accounts.Browser("Chromium", "127.0.0.1"))
    return session_cookie(application, token)


def session_cookie(application: Flask, token: str) -> str:
    client = application.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = token, True
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


def take(browser: Browser, origin: str, shot: Shot, cookie: str) -> None:
    """The top of a page, small enough for a README."""
    context = browser.new_context(locale="en-GB", viewport={"width": shot.width, "height": shot.height})
    if shot.as_admin:
        context.add_cookies([{"name": "session", "value": cookie, "url": origin}])
    save(open_shot(context, origin, shot), DOCS / f"{shot.name}.png")
    context.close()


def open_shot(context: BrowserContext, origin: str, shot: Shot) -> bytes:
    page = context.new_page()
    page.goto(origin + shot.path)
    for link in shot.clicks:
        page.get_by_role("link", name=link).first.click()
        page.wait_for_load_state("networkidle")
    page.wait_for_selector(shot.waits_for)
    return page.screenshot()


def save(picture: bytes, file: Path) -> None:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    sys.exit(main())

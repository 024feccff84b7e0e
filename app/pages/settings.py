"""How a page looks and what it says of itself, as its admins have set it. Pure functions over plain values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from app.services.history import DOWN_WEIGHTS, Weights
from app.text.addresses import check_address
from app.text.lengths import check_length

PAGE_NAME_LENGTH = 80
MOST_HEADER_LINKS = 6
LABEL_LENGTH = 40
LINK_LENGTH = 500
FOOTER_LENGTH = 2_000
PAST_DAYS_OFFERED = (7, 14, 30, 90)

_HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Theme(StrEnum):
    """In which colours a page is shown to whoever has not chosen otherwise."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"

    @property
    def label(self) -> str:
        return "As the visitor's device has it" if self is Theme.AUTO else self.value.capitalize()


@dataclass(frozen=True, slots=True)
class HeaderLink:
    """One of the links beside a page's name."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What templates ask of a page's look. Addresses are paths on the page's own host, ready to be written."""

    theme: Theme = Theme.AUTO
    visitor_time_zone: bool = False
    """Whether times are told in each visitor's own zone; days stay those of the page."""
    accent: str = ""
    """The accent colour in the light theme, as "#rrggbb"; empty: ours."""
    header_links: tuple[HeaderLink, ...] = ()
    support_address: str = ""
    """Where visitors get help, ready for a link: "mailto:…" or "https://…"."""
    footer_html: str = ""
    """Sanitised already."""
    noindex: bool = False
    """Whether search engines are asked to leave it out."""
    powered_by: bool = True
    past_days: int = 14
    """So many days are told of at the page's end."""
    shows_uptime: bool = True
    shows_response_times: bool = False
    """Of services that a monitor measures; of the others there are none to show."""
    weights: Weights = field(default_factory=lambda: DOWN_WEIGHTS, hash=False)
    """How much of a moment in each status counts as down, in every percentage of the page."""
    logo_light: str = ""
    """Address of the logo on a light ground; empty: the first letter of the page's name."""
    logo_dark: str = ""
    """On a dark ground; the light one's where there is only one."""
    favicon_url: str = ""
    """Empty: the sign of the overall status."""
    style_url: str = ""
    """Accent and custom CSS; empty: neither was set."""


DEFAULT_SETTINGS = PageSettings()


def check_page_name(name: str) -> str | None:
    """What is wrong with a page's name that went through `text.clean.clean_text`."""
    if not name:
        return "Give the page a name that its readers know."
    return check_length(name, PAGE_NAME_LENGTH)


def check_header_links(links: Sequence[HeaderLink]) -> dict[str, str]:
    """What is wrong with their words ("label_0") and addresses ("link_0"), by place; a line left empty is no fault."""
    faults: dict[str, str] = {}
    for place, link in enumerate(links):
        if not link.label and not link.url:
            continue
        if fault := _label_fault(link.label):
            faults[f"label_{place}"] = fault
        if fault := _url_fault(link.url):
            faults[f"link_{place}"] = fault
    return faults


def check_footer(footer: str) -> str | None:
    """What is wrong with a footer in markdown."""
    return check_length(footer, FOOTER_LENGTH)


def support_link(typed: str) -> str:
    """Where a support address leads: an e-mail address becomes a mailto link, everything else stays as it is."""
    if typed and "@" in typed and ":" not in typed:
        return f"mailto:{typed}"
    return typed


def check_support_address(link: str) -> str | None:
    """What is wrong with what `support_link` made."""
    if not link:
        return None
    if link.startswith("mailto:"):
        return check_address(link.removeprefix("mailto:"))
    return None if _is_web_address(link, ("https",)) else "Write an e-mail address, or an address that begins https://."


def _label_fault(label: str) -> str | None:
    return check_length(label, LABEL_LENGTH) if label else "Say in a word or two where it leads."


def _url_fault(url: str) -> str | None:
    if not url:
        return "Write the address that it leads to."
    return None if _is_web_address(url, ("https", "http")) else "Write a whole address, like https://example.com/help."


def _is_web_address(url: str, schemes: Sequence[str]) -> bool:
    """Whether it is an address on the web, of a host and without a name or a password in it."""
    if len(url) > LINK_LENGTH or any(letter.isspace() or not letter.isprintable() for letter in url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return False
    return parts.scheme in schemes and "@" not in parts.netloc and bool(_HOST.fullmatch(host.lower()))

"""The status inks of both themes (css/tokens.css) in the sRGB that mail programs and drawings shown elsewhere know."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.services.rules import ServiceStatus


@dataclass(frozen=True, slots=True)
class Ink:
    """A colour for text on a light ground, and on a dark one."""

    light: str
    dark: str


INKS: Mapping[ServiceStatus, Ink] = {
    ServiceStatus.OPERATIONAL: Ink("#006137", "#6cd79d"),
    ServiceStatus.DEGRADED_PERFORMANCE: Ink("#7c4b02", "#f8ca65"),
    ServiceStatus.PARTIAL_OUTAGE: Ink("#9c3300", "#ffa56c"),
    ServiceStatus.MAJOR_OUTAGE: Ink("#a20519", "#ff9492"),
    ServiceStatus.UNDER_MAINTENANCE: Ink("#035397", "#8cc4f4"),
}

"""What a benchmark says: a figure, the bar it has to hold, and in words what was measured."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise, and what was found of it. Mostly a ratio to the yardstick of the same run."""

    what: str
    found: float
    limit: float
    words: str = ""
    at_least: bool = False
    """Whether more is better."""

    @property
    def holds(self) -> bool:
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        verdict = "holds" if self.holds else "MISSED"
        return f"  {self.what:<44} {self.found:7.2f}  {sign} {self.limit:<5g}  {verdict:<7} {self.words}".rstrip()


def report(bars: Iterable[Bar]) -> int:
    """Print them; returns what the command exits with."""
    good = True
    for bar in bars:
        print(bar, flush=True)
        good = good and bar.holds
    return 0 if good else 1


def median_ratio(measured: Sequence[float], yardstick: Sequence[float]) -> float:
    """The median of the ratios of each round: both sides of one had the same neighbours on the machine."""
    return statistics.median(ours / theirs for ours, theirs in zip(measured, yardstick, strict=True))

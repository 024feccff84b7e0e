"""A public page, its JSON and 304 from memory, against a bare Flask view that returns a constant of the same size.

    python -m bench.pages [--rounds 21] [--seconds 0.7] [--connections 32]

All of them are answered by one gevent worker under gunicorn, as in production, and asked for in turn. The p99 is
compared with that of the same bare view when it yields: a view that never waits starves its neighbours.

A rate is told twice: by the worker's own processor time, as if it had a core for itself, and by the clock, which also
counts what else the machine did. On an idle machine with a core for each side the two agree.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.bars import Bar, median_ratio, report
from bench.load import Load, ask, fetch
from bench.organization import make_organization, report_incident, some_service
from bench.site import ground, web

SLUG = "northwind"
BROTLI = "Accept-Encoding: gzip, deflate, br\r\n"


@dataclass(frozen=True, slots=True)
class Turn:
    """One way of asking, in one round."""

    load: Load
    worker_seconds: float
    """Processor time that the worker took."""

    @property
    def worker_rate(self) -> float:
        """Answers for each second of the worker's processor time."""
        return self.load.requests / self.worker_seconds


Measured = Mapping[str, list[Turn]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--connections", type=int, default=32)
    arguments = parser.parse_args()
    with ground() as made:
        with made.application().app_context():
            organization = make_organization(SLUG)
            report_incident(organization.id, some_service(organization.id))
        with web(made, "bench.yardstick_app:application", BENCH_SLUG=SLUG) as (port, worker):
            measured = measure(port, worker, arguments.rounds, arguments.seconds, arguments.connections)
    return report(bars(measured))


def measure(port: int, worker: int, rounds: int, seconds: float, connections: int) -> Measured:
    """Every way of asking, in turn, in each round."""
    ways = {
        "page": (f"/{SLUG}", BROTLI, 200),
        "constant page": ("/_yardstick/constant/page", BROTLI, 200),
        "yielding page": ("/_yardstick/yielding/page", BROTLI, 200),
        "304": (f"/{SLUG}", BROTLI, 304),
        "status": (f"/api/{SLUG}/status", BROTLI, 200),
        "constant status": ("/_yardstick/constant/status", BROTLI, 200),
        "yielding status": ("/_yardstick/yielding/status", BROTLI, 200),
    }
    measured: dict[str, list[Turn]] = defaultdict(list)
    for number in range(-1, rounds):
        for name, (path, headers, status) in ways.items():
            if status == 304:
                headers += f"If-None-Match: {fetch(port, path).headers['ETag']}\r\n"
            before = processor_seconds(worker)
            load = ask(port, path, connections=connections, seconds=seconds, headers=headers)
            took = processor_seconds(worker) - before
            if load.statuses != {status}:
                raise RuntimeError(f"{path} answered {load.statuses}, not {status} alone")
            if number >= 0:  # the first round only warms up
                measured[name].append(Turn(load, took))
    return measured


def processor_seconds(process: int) -> float:
    """Processor time that a process has taken so far, to the nanosecond."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def bars(measured: Measured) -> list[Bar]:
    def rates(name: str) -> list[float]:
        return [turn.load.rate for turn in measured[name]]

    def worker_rates(name: str) -> list[float]:
        return [turn.worker_rate for turn in measured[name]]

    def slowest(name: str) -> list[float]:
        return [turn.load.percentile(0.99) for turn in measured[name]]

    def rate_bar(what: str, name: str, yardstick: str, limit: float) -> Bar:
        by_clock = median_ratio(rates(name), rates(yardstick))
        size = measured[name][0].load.most_bytes
        ours, theirs = statistics.median(worker_rates(name)), statistics.median(worker_rates(yardstick))
        words = f"{ours:,.0f} a second of {size:,} bytes, constant {theirs:,.0f}; by the clock {by_clock:.2f}"
        return Bar(what, median_ratio(worker_rates(name), worker_rates(yardstick)), limit, words, at_least=True)

    def slowest_bar(what: str, name: str, yardstick: str) -> Bar:
        ours, theirs = statistics.median(slowest(name)), statistics.median(slowest(yardstick))
        words = f"{ours * 1e3:.1f} ms, yielding view {theirs * 1e3:.1f} ms"
        return Bar(what, median_ratio(slowest(name), slowest(yardstick)), 2, words)

    return [
        rate_bar("page, rate to a constant's", "page", "constant page", 1.6),
        rate_bar("JSON, rate to a constant's", "status", "constant status", 1.6),
        rate_bar("304, rate to a constant page's", "304", "constant page", 1.7),
        slowest_bar("page, p99 to a yielding view's", "page", "yielding page"),
        slowest_bar("JSON, p99 to a yielding view's", "status", "yielding status"),
        slowest_bar("304, p99 to a yielding view's", "304", "yielding page"),
    ]


if __name__ == "__main__":
    sys.exit(main())

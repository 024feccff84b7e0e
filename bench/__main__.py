"""All benchmarks, or those that are named: `python -m bench [NAME...]`. Each is a command of its own, `bench.NAME`."""

import subprocess
import sys

BENCHMARKS = {
    "pages": "public page, JSON and 304 from memory, against a Flask view that returns a constant",
    "builds": "one build per process and change; statements and time of a build",
    "wire": "the public page with everything it loads",
    "history": "a page with two years of history, against one month; its history, and what rolling up takes",
    "analytics": "figures of 1,000 services over years, against the bare sums; each page of the dashboard with them",
    "tenancy": "the hottest queries under row-level security, against the owner",
    "live": "from the commit to each of 1,000 visitors",
    "sockets": "one fragment to thousands of sockets, against the websockets library",
    "mails": "a notice to 10,000 subscribers, against an unthrottled sender",
    "search": "the list of 10,000 incidents, however narrowed, against that of 100",
    "subscribers": "the list of 100,000 subscribers, against the bare query; their import, against a bare COPY",
    "jobs": "no-op jobs, against the stock worker",
    "start": "the second `make run`",
}


def main(names: list[str]) -> int:
    """Run them one after the other; 1 when one of them missed a bar."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    missed = []
    for name in names or BENCHMARKS:
        print(f"\n{name}: {BENCHMARKS[name]}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            missed.append(name)
    if missed:
        print(f"\nMissed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

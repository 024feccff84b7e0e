"""Things that happen at the same moment, in threads of their own, on the real database."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread

from flask import Flask


def run_together(app: Flask, calls: Sequence[Callable[[], object]]) -> None:
    """All at once; raises what one of them raised."""
    start = Barrier(len(calls))
    failures: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                call()
            except BaseException as failure:
                failures.append(failure)

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]

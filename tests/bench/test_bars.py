"""A benchmark that says "holds" when it does not would be worse than none."""

import pytest

from bench.bars import Bar, median_ratio, report


@pytest.mark.parametrize(
    ("found", "at_least", "holds"), [(1.6, True, True), (1.59, True, False), (1.6, False, True), (1.61, False, False)]
)
def test_a_bar_holds_up_to_its_limit_and_no_further(found: float, at_least: bool, holds: bool):
    bar = Bar("rate", found, 1.6, at_least=at_least)

    assert bar.holds is holds


def test_one_missed_bar_fails_the_command_and_is_named(capsys: pytest.CaptureFixture[str]):
    bars = [Bar("one", 3, 2), Bar("other", 1, 2)]

    code = report(bars)

    one, other = capsys.readouterr().out.splitlines()
    assert code == 1
    assert "MISSED" in one
    assert "MISSED" not in other


def test_rounds_are_compared_one_by_one():
    slow_machine_in_the_last_round = [10.0, 10.0, 100.0], [5.0, 5.0, 50.0]

    assert median_ratio(*slow_machine_in_the_last_round) == 2

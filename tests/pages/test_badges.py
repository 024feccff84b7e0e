"""How wide a badge's words are drawn, and what is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.badges import MOST_LETTERS, PADDING, Badge, measure
from app.pages.look.colours import contrast
from app.services.inks import INKS
from app.services.rules import ServiceStatus


def test_a_long_name_is_cut_and_says_so() -> None:
    badge = Badge.of("x" * 100, "Operational", ServiceStatus.OPERATIONAL)

    assert badge.name.words == "x" * (MOST_LETTERS - 1) + "…"


def test_words_of_square_letters_take_more_than_as_many_of_ours() -> None:
    assert measure("稼働中") > measure("abc")


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(ServiceStatus))
def test_the_halves_stand_side_by_side_and_hold_their_words(name: str, said: str, status: ServiceStatus) -> None:
    badge = Badge.of(name, said, status)

    assert badge.said.left == badge.name.width
    assert badge.said.words_left + badge.said.words_width + PADDING == badge.width


@pytest.mark.parametrize("status", ServiceStatus)
def test_white_words_can_be_read_on_every_status(status: ServiceStatus) -> None:
    assert contrast("#ffffff", INKS[status].light) >= 4.5

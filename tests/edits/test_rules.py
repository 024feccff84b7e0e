"""What differs between two versions of a text."""

from random import Random
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.edits.rules import Fate, Piece, compare


def test_words_that_changed_are_named_and_nothing_else():
    pieces = compare("We are loking into it.", "We are looking into it.")

    assert pieces == (
        Piece(Fate.KEPT, "We are"),
        Piece(Fate.REMOVED, " loking"),
        Piece(Fate.ADDED, " looking"),
        Piece(Fate.KEPT, " into it."),
    )


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_versions_can_be_read_from_the_pieces(before: str, after: str):
    pieces = compare(before, after)

    assert "".join(piece.text for piece in pieces if piece.fate is not Fate.ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.fate is not Fate.REMOVED) == after


def test_a_text_that_takes_much_work_is_compared_by_lines():
    pieces = compare("one two three\nfour\n", "1 two 3\nfour\n", most_work=50)

    assert [piece.text for piece in pieces] == ["one two three\n", "1 two 3\n", "four\n"]


def test_a_text_whose_lines_take_much_work_too_is_replaced_as_a_whole():
    pieces = compare("a\nb\nc", "x\nb\nd", most_work=50)

    assert [piece.text for piece in pieces] == ["a\nb\nc", "x\nb\nd"]


def test_prose_of_1200_words_is_compared_by_words():
    draw = Random(7)
    often = [1000 // (rank + 8) for rank in range(400)]  # as words are in any language (Zipf): some in every sentence
    words = draw.choices([f"word{rank}" for rank in range(400)], often, k=1_200)
    changed = [word.upper() if place % 100 == 0 else word for place, word in enumerate(words)]

    pieces = compare(" ".join(words), " ".join(changed))

    assert sum(piece.fate is Fate.ADDED for piece in pieces) == 12


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a b " * 490, "b a a " * 330),
        ("a\nb\n" * 490, "b\na\na\n" * 330),
        ("🙂" * 10_000, "ab " * 3_333),
        (" ".join(map(str, range(3_000))), " ".join(str(number ^ 1) for number in range(3_000))),
        ("\n".join(map(str, range(3_000))), "\n".join(str(number ^ 1) for number in range(3_000))),
    ],
)
def test_no_two_texts_take_long_to_compare(before: str, after: str):
    began = thread_time()
    compare(before, after)

    assert thread_time() - began < 0.5

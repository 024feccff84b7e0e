"""What differs between two versions of a text."""

from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st

from app.edits import rules
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


def test_a_long_text_is_compared_by_lines(monkeypatch):
    monkeypatch.setattr(rules, "MOST_PARTS", 5)

    pieces = compare("one two three\nfour\n", "one 2 three\nfour\n")

    assert [piece.text for piece in pieces] == ["one two three\n", "one 2 three\n", "four\n"]


def test_a_text_of_many_lines_is_replaced_as_a_whole(monkeypatch):
    monkeypatch.setattr(rules, "MOST_PARTS", 2)

    pieces = compare("a\nb\nc", "a\nb\nd")

    assert [piece.text for piece in pieces] == ["a\nb\nc", "a\nb\nd"]


def test_two_texts_of_full_length_are_compared_in_no_time():
    before, after = "🙂" * 10_000, "ab " * 3_333

    began = perf_counter()
    compare(before, after)

    assert perf_counter() - began < 2

"""How deep brackets stand in brackets: counted before a text is read, since reading takes a step down for each."""

MOST = 24
"""Deeper ones are nothing that a style sheet needs."""


def find_deep_line(css: str) -> int:
    """The line in which brackets are nested too deep, or 0. Those in quotes count, too: it only has to be safe."""
    depth = 0
    for place, letter in enumerate(css):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth = max(depth - 1, 0)
        if depth > MOST:
            return css.count("\n", 0, place) + 1
    return 0

"""How deep brackets stand in brackets: counted before a text is read, since reading takes a step down for each."""

MOST = 24
"""Deeper ones are nothing that a style sheet needs."""


def find_deep_line(css: str) -> int:
    """The line in which brackets are nested too deep, or 0. Those in quotes count, too: it only has to be safe."""
    depth = 0
    for number, line in enumerate(css.split("\n"), start=1):
        for letter in line:
            if letter in "([{":
                depth += 1
                if depth > MOST:
                    return number
            elif letter in ")]}":
                depth = max(depth - 1, 0)
    return 0

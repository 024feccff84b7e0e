"""How many examples a property is tried with: few each time, many when somebody asks for them."""

import os

IS_THOROUGH = bool(os.environ.get("THOROUGH"))


def examples(few: int) -> int:
    """`few` are enough for a suite that runs many times a day; `THOROUGH=1 make test` tries twenty times as many."""
    return few * 20 if IS_THOROUGH else few

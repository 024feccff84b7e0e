"""Everything that `make run` adds on a developer's machine; nothing of it can be reached in production."""

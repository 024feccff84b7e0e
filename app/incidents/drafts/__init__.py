"""Incidents that are still being written: members read them, nobody else, and no service follows them."""

"""The tenant: its name, its roles, and who belongs to it."""

"""How an organization comes: with its first page, and its founder as an admin."""

"""The ground: the two doors to PostgreSQL, what every table has, the outbox and the audit log."""

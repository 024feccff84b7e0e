"""The audit log, to read: who did what, with filters and as a table to take along."""

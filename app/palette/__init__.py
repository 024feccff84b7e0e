"""Finding anything by its name, and what members can do."""

"""Own texts of an organization in further languages, beside the original that the row itself holds (decision 0029)."""

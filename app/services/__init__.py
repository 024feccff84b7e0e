"""Services and groups: what they show and why, their history, and the days that are over."""

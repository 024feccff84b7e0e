"""Past days, rolled up once: how long each service showed what on each day of each zone (decision 0030)."""

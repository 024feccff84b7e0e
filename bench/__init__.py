"""Benchmarks: each is one command, `python -m bench.NAME`, and prints ratios to a yardstick of the same run."""

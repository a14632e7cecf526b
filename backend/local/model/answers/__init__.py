"""Answers made from the row's own words: deterministic, and sensible enough to read."""

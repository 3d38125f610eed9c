"""Searches: what is varied, by which algorithm, in which processes, and what came of it."""

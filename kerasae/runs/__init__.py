"""Runs: one training's files, its history, its environment, and the runs that it started from."""

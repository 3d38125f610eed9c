"""Generators side by side, by the same judge."""

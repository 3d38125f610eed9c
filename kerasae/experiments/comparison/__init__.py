"""Recipes side by side over seeds or folds: planned, run, measured, tested, drawn; joined by `compare.py`."""

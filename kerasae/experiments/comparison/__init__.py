"""Compares recipes over seeds or folds: candidates, plan, runs, statistics, page; `compare.py` is the verb."""

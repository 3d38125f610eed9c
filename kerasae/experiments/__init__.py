"""Experiments: the verbs on many runs."""

"""Workflows: the verbs on one run, one a file. They take the path of a run and options, and return a result."""

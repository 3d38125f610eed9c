"""Helpers that every package may use: errors, console, processes, TensorFlow's start, formatting."""

"""Metrics of predictions: one idea a file; `metrics` puts them together as metrics.json holds them."""

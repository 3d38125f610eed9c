"""The experiments of the studies, measured: see `python -m benchmarks.studies --help`."""

"""`python -m kerasae.tune`."""

from kerasae.cli import main

main("tune")

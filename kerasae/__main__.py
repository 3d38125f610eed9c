"""`python -m kerasae VERB`."""

from kerasae.cli import main

main()

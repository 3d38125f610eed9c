"""Searches: what is varied, by which algorithm, in which processes, and what came of it."""

import os

# Before grpc is imported anywhere: it reports every connection that ends, and fears forks that are followed by exec.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

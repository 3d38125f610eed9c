"""Hyperparameter search: the space, the algorithm, the trials in their processes, and the report."""

import os

# Before anything imports grpc: it reports every connection that ends, and fears forks that are followed by exec.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

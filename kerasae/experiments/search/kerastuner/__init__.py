"""The adapter to keras-tuner: resumable oracles, and the gRPC service between chief and workers.

Nothing outside this package imports keras-tuner or gRPC; `SearchAlgorithm` is what the rest of the search knows.
"""

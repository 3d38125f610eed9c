"""Crash-safe files: written completely or not at all, locked, replaced in one step, verified by digests."""

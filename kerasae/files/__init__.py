"""Files that survive a crash: written whole, locked, replaced in one step, listed with digests, read with checks."""

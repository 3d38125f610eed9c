"""Bring TensorFlow up without its opening words, which no setting of its own silences."""

from __future__ import annotations

import os
import sys
import tempfile


def load_tensorflow() -> None:
    """Import TensorFlow and look for devices with standard error held back; should that fail, what it said is shown."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        failed = False
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        except Exception:
            failed = True
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            if failed:
                held.seek(0)
                os.write(2, held.read())

"""Stop a phase that no longer improves."""

import keras

from kerasae.metrics import OnlyFiniteImproves


class EarlyStopping(OnlyFiniteImproves, keras.callbacks.EarlyStopping):
    """`keras.callbacks.EarlyStopping` for which NaN and infinities are no improvement."""

"""Out-of-distribution scores of a trained model: fitting them, and a model that carries them."""

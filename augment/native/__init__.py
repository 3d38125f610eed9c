"""Compiled loops over whole batches, bit-equal to Pillow; imported only when an image passes through them."""

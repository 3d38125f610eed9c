"""Compiled loops over whole batches, bit-equal to Pillow; imported only when a picture passes through them."""

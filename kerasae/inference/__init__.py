"""Inference: the forward pass of a trained model over images."""

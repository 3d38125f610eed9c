"""Inference with a trained model: the forward pass over image sets, and predictors for runs and exports."""

"""Features of pretrained encoders beside those of the network that their weights come from."""

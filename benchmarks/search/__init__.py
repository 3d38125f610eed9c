"""What a search of depth and width finds, and what it costs."""

"""How well trained models tell strangers from what they know, measured and kept."""

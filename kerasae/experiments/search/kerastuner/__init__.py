"""The adapter to keras-tuner: its oracles and its chief, made to survive a kill; nothing else imports keras-tuner."""

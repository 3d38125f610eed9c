"""Workflows: one file for each verb on one run."""

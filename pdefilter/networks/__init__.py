"""Trained networks: what they are made of, and their files."""

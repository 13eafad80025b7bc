"""Bytes to images and back, one module per library."""

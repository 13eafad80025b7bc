"""Filters on images: one by one, or many inputs to many outputs."""

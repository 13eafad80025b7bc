"""Stores: images on disk that are read and written box by box."""

"""Measurements of an image: noise, percentiles, extremes, means, the risk of an estimate."""

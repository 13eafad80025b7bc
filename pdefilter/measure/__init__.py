"""Numbers from an image: noise, percentiles, extremes, means, the risk of an estimate."""

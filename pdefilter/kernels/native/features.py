"""The steps of a trained diffusion on the native engine."""

from pdefilter.kernels.reference.features import inject, lift, lower, prolong, restrict, step

__all__ = ["inject", "lift", "lower", "prolong", "restrict", "step"]

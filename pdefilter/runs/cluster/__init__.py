"""Clusters: the jobs of a plan on the workers of Dask."""

"""Solvers: from a linear operator to its solution, or from an energy to its minimum."""

"""Solvers: from an operator to the field that it balances, or an energy to its minimum."""

"""Gives a definition's expressions their values while an execution runs: references, functions, conditions."""

"""Figures of the model: its scores and curves, what its probabilities are worth, what it knows, and how another one
compares.
"""

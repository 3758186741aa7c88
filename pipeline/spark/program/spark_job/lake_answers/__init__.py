"""Classifying a lake: both models on every machine, a file of answers for each piece of the input."""

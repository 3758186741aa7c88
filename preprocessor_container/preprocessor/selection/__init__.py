"""Choosing settings and temperature from the training texts alone, by cross-validation."""

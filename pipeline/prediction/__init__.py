"""Texts through a run's models: one text, many texts, the test split, and plain scikit-learn."""

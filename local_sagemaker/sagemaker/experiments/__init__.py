"""Experiments, trials and trial components: what was tried, as records."""

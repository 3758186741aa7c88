"""From prepared data to a run: training both models, and tuning the settings that they are trained with."""

"""Stand-in for the XGBoost image's own package: what scripts import of it, and its algorithm."""

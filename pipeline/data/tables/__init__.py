"""Anybody's tables of texts: which files there are, reading CSV and Parquet row by row, and what a bad record costs."""

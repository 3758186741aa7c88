"""Figures of the report, drawn with matplotlib from what `pipeline.report` has computed; nothing is computed here."""

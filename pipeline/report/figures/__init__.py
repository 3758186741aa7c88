"""Every figure of a report as plain values: computed here, drawn in `plots`, written in `output`."""

"""How fast the pipeline is beside its peers, measured side by side in one run: `make bench`."""

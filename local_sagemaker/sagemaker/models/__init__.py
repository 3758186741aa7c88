"""Models: which containers serve, in which order, with which artefacts."""

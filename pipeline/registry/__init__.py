"""The model registry: versions of the pipeline's model with what they score, and who may serve."""

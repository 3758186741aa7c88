"""The requests that make SageMaker work for a run, each built in one place: training jobs, batch transforms, models."""

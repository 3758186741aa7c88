"""The SageMaker requests that this pipeline makes, each built in one place: training jobs, batch transforms, models."""

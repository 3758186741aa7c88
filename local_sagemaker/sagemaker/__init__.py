"""SageMaker's own operations, executed over the durable store. `service` is the way in."""

"""SageMaker Pipelines: definitions that are checked when a pipeline is made, and executions that run their steps.

A step is executed by calling the service's other operations by their names (`steps/calls.py`), so this room knows
no other resource. `definition/` reads, `evaluation/` gives expressions their values, `steps/` makes one step's jobs.
"""

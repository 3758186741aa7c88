"""The command line: options and printing. Everything else is elsewhere, and what a command needs is imported inside it,
so that the quick ones stay quick.
"""

# In the order in which `--help` lists the commands.
from pipeline.cli import (
    infrastructure_commands,
    training_commands,
    prediction_commands,
    analysis_commands,
    operation_commands,
)  # noqa: F401, I001
from pipeline.cli.group import cli

__all__ = ["cli"]

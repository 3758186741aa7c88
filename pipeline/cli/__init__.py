"""The command line: options and printing. Everything else is elsewhere, and what a command needs is imported inside it,
so that the quick ones stay quick.
"""

# In the order in which `--help` lists the commands.
from pipeline.cli import (  # noqa: F401, I001
    infrastructure_commands,
    training_commands,
    prediction_commands,
    analysis_commands,
    operation_commands,
)
from pipeline.cli.group import cli

__all__ = ["cli"]

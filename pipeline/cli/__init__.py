"""The command line: options and printing. Everything else is elsewhere, and what a command needs is imported inside it,
so that the quick ones stay quick.
"""

# In the order in which `--help` lists the commands.
from pipeline.cli import (  # noqa: I001
    infrastructure_commands,  # noqa: F401
    training_commands,  # noqa: F401
    deployment_commands,  # noqa: F401
    registry_commands,  # noqa: F401
    prediction_commands,  # noqa: F401
    analysis_commands,  # noqa: F401
    operation_commands,  # noqa: F401
)
from pipeline.cli.group import cli

__all__ = ["cli"]

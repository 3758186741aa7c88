"""The toolkit's `Environment`, read from the variable in which the toolkit describes the run to its script."""

from __future__ import annotations

import json
import os
from typing import Any


class Environment:
    """The run's facts as attributes: `channel_input_dirs`, `hyperparameters`, `model_dir`, `num_cpus`, `hosts`, …

    Raises
    ------
    AttributeError
        For what the toolkit does not tell a script.
    """

    def __init__(self) -> None:
        self._facts: dict[str, Any] = json.loads(os.environ["SM_TRAINING_ENV"])

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._facts:
            return self._facts[name]
        raise AttributeError(f"the training environment has no {name}; it has {', '.join(sorted(self._facts))}")

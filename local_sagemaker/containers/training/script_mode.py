"""What a training script is told, as sagemaker-training 4.8.0 tells it: arguments and `SM_…` variables.

The rules are those of the toolkit's `environment.py` and `mapping.py`; a test puts both side by side. Multi-machine
training, GPUs and Neuron cores are not modelled: their variables are there with the values of one CPU instance.
"""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_sagemaker.containers.base_directory import BaseDirectory

PREFIX = "sagemaker_"

TOOLKIT_PARAMETERS = frozenset(
    {
        "sagemaker_program",
        "sagemaker_submit_directory",
        "sagemaker_enable_cloudwatch_metrics",
        "sagemaker_region",
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "default_user_module_name",
        "_tuning_objective_metric",
        "sagemaker_s3_output",
    }
)
"""Hyperparameters for the toolkit itself; others that begin with `sagemaker_` are for the framework."""

INFO = 20


def map_paths(hyperparameters: Mapping[str, str], base: BaseDirectory) -> dict[str, str]:
    """Map hyperparameters whose value is a path in `/opt/ml` into the base directory; both JSON-encoded and plain."""
    return {name: _map_path(value, base) for name, value in hyperparameters.items()}


def _map_path(encoded: str, base: BaseDirectory) -> str:
    value = decode(encoded)
    if not isinstance(value, str) or (mapped := base.map(value)) == value:
        return encoded
    return json.dumps(mapped)


def decode(value: str) -> Any:
    """Read a hyperparameter's value as JSON, or as itself where it is none."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Command-line arguments in the order of names: `--name value`, `-n value` for a name of one letter."""
    return [
        text
        for name in sorted(hyperparameters)
        for text in (f"--{name}" if len(name) > 1 else f"-{name}", _argument(hyperparameters[name]))
    ]


def _argument(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return str(value)


def variables(values: Mapping[str, Any]) -> dict[str, str]:
    """Environment variables: `SM_` and the upper-case name; strings as they are, None empty, all else as JSON."""
    return {f"SM_{name.upper()}": _variable(value) for name, value in values.items()}


def _variable(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class ScriptMode:
    """One training run as the toolkit sees it.

    Parameters
    ----------
    base : BaseDirectory
        The container's base directory.
    all_hyperparameters : mapping of str to str
        As in `hyperparameters.json`: every value a string, JSON-encoded or plain.
    channels : mapping of str to mapping
        As in `inputdataconfig.json`.
    resources : mapping
        As in `resourceconfig.json`.
    container : mapping of str to str
        The container's environment so far; `SAGEMAKER_PROGRAM` in it goes before the hyperparameter.
    """

    base: BaseDirectory
    all_hyperparameters: Mapping[str, str]
    channels: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, Any]
    container: Mapping[str, str]

    @property
    def entry_point(self) -> str | None:
        """The program's path within the source folder."""
        program = self.container.get("SAGEMAKER_PROGRAM") or self._toolkit("sagemaker_program")
        return None if program is None else str(program)

    @property
    def module_directory(self) -> str:
        """Where the source folder comes from: an s3 URI, or a local directory or archive."""
        return str(self._toolkit("sagemaker_submit_directory") or self.base.code)

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """The user's own hyperparameters, decoded."""
        return {
            name: decode(value)
            for name, value in self.all_hyperparameters.items()
            if not name.startswith(PREFIX) and name not in TOOLKIT_PARAMETERS
        }

    @property
    def arguments(self) -> list[str]:
        """The script's command-line arguments."""
        return arguments(self.hyperparameters)

    def environment(self) -> dict[str, str]:
        """The variables that the toolkit adds to the container's."""
        facts = self._facts()
        shown = {name: value for name, value in facts.items() if name not in _ONLY_IN_TRAINING_ENV}
        return {
            **variables(
                {
                    **shown,
                    "channels": sorted(self.channels),
                    "framework_params": facts["additional_framework_parameters"],
                    "hps": self.hyperparameters,
                    "training_env": facts,
                    "user_args": self.arguments,
                    **{f"channel_{name}": path for name, path in facts["channel_input_dirs"].items()},
                    **{f"hp_{name}": value for name, value in self.hyperparameters.items()},
                }
            ),
            "CURRENT_HOST": facts["current_host"],
            "SAGEMAKER_JOB_NAME": str(self._toolkit("sagemaker_job_name") or ""),
            "SAGEMAKER_REGION": str(self._toolkit("sagemaker_region") or self.container.get("AWS_REGION", "")),
        }

    def _toolkit(self, name: str) -> Any:
        value = self.all_hyperparameters.get(name)
        return None if value is None else decode(value)

    def _facts(self) -> dict[str, Any]:
        """The toolkit's `Environment` as a mapping: what `SM_TRAINING_ENV` holds."""
        program = self.entry_point
        return {
            **self._machines(),
            "additional_framework_parameters": self._framework_parameters(),
            "channel_input_dirs": {name: str(self.base.channel(name)) for name in self.channels},
            "framework_module": self.container.get("SAGEMAKER_TRAINING_MODULE"),
            "hyperparameters": self.hyperparameters,
            "input_config_dir": str(self.base.configuration),
            "input_data_config": self.channels,
            "input_dir": str(self.base.input),
            "is_modelparallel_enabled": None,
            "is_smddpmprun_installed": False,
            "is_smddprun_installed": False,
            "job_name": self.container.get("TRAINING_JOB_NAME"),
            "log_level": self._toolkit("sagemaker_container_log_level") or INFO,
            "model_dir": str(self.base.model),
            "module_dir": self.module_directory,
            "module_name": program and program.removesuffix(".py"),
            "num_cpus": multiprocessing.cpu_count(),
            "num_gpus": 0,
            "num_neurons": 0,
            "output_data_dir": str(self.base.output_data),
            "output_dir": str(self.base.output),
            "output_intermediate_dir": str(self.base.output / "intermediate"),
            "user_entry_point": program,
        }

    def _framework_parameters(self) -> dict[str, Any]:
        return {
            name: decode(value)
            for name, value in self.all_hyperparameters.items()
            if name.startswith(PREFIX) and name not in TOOLKIT_PARAMETERS
        }

    def _machines(self) -> dict[str, Any]:
        """The hosts and instance groups, as far as they concern a job of one machine."""
        groups = {group["instance_group_name"]: group for group in self.resources.get("instance_groups", [])}
        current_group = self.resources.get("current_group_name", "homogeneousCluster")
        hosts = list(self.resources["hosts"])
        return {
            "current_host": self.resources["current_host"],
            "current_instance_group": current_group,
            "current_instance_group_hosts": groups.get(current_group, {}).get("hosts", []),
            "current_instance_type": self.resources.get("current_instance_type", "local"),
            "distribution_hosts": [] if groups else hosts,
            "distribution_instance_groups": [],
            "hosts": hosts,
            "instance_groups": list(groups),
            "instance_groups_dict": groups,
            "is_hetero": len(groups) > 1,
            "is_master": self.resources["current_host"] == hosts[0],
            "master_hostname": hosts[0],
            "network_interface_name": self.resources.get("network_interface_name", "eth0"),
            "resource_config": self.resources,
        }


_ONLY_IN_TRAINING_ENV = frozenset(
    {
        "additional_framework_parameters",
        "channel_input_dirs",
        "distribution_hosts",
        "hyperparameters",
        "is_master",
        "is_modelparallel_enabled",
        "is_smddpmprun_installed",
        "is_smddprun_installed",
        "job_name",
        "master_hostname",
    }
)

"""Run the user's script through the training toolkit, as the image's glue does."""

from __future__ import annotations

from sagemaker_training import entry_point, environment, runner  # type: ignore[import-not-found]


def main() -> None:
    """Fetch, install and run the script that the hyperparameters name; stderr is not captured."""
    job = environment.Environment()
    entry_point.run(
        uri=job.module_dir,
        user_entry_point=job.user_entry_point,
        args=job.to_cmd_args(),
        env_vars=job.to_env_vars(),
        runner_type=runner.ProcessRunnerType,
    )

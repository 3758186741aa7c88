"""Logs parameters, metrics and files of an experiment's runs, and compares them, with the SageMaker SDK v2.

eval "$(local-sagemaker env)"
python docs/examples/sdk_v2_experiments.py
"""

from pathlib import Path

import sagemaker
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.experiments import Run, list_runs, load_run

session = sagemaker.Session()
about = {"experiment_name": "weather-runs", "sagemaker_session": session}

for depth in (2, 4):
    with Run(run_name=f"depth-{depth}", **about) as run:
        run.log_parameters({"depth": depth, "kind": "tree"})
        for step in range(12):
            run.log_metric(name="loss", value=1 / (depth + step), step=step)

# Later, or in another program.
Path("notes.txt").write_text("rain\n")
with load_run(run_name="depth-4", **about) as run:
    run.log_metric(name="accuracy", value=0.9)
    run.log_file("notes.txt")
    print("loaded", run.run_name)

print("runs", sorted(run.run_name for run in list_runs(**about)))
frame = ExperimentAnalytics(experiment_name="weather-runs", sagemaker_session=session).dataframe()
for _, row in frame.sort_values("depth").iterrows():
    print(f"depth {row['depth']:.0f}: {row['loss - Count']:.0f} losses, the last {row['loss - Last']:.3f}")
print("accuracy", frame["accuracy - Last"].max())
print("notes", frame["notes.txt - Value"].dropna().iloc[0])

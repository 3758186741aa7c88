"""Which process of pytest-xdist runs which tests, and which of them begin first."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

_ONE_PIPELINE = "tests/integration/"
_APART = (
    "tests/sdks/",  # programs that mostly wait, each with what is its own
    "tests/local_sagemaker/test_faults.py",  # each of them waits, for a server of its own or the one that is shared
)

_FIRST = (
    _ONE_PIPELINE,
    "tests/test_accuracy.py",
    "tests/test_reference_figures.py",
    "tests/pipeline/test_killed_commands.py",
    "tests/local_sagemaker/test_faults.py",
    "tests/local_sagemaker/sagemaker/endpoints/",
    "tests/fuzz/",
    "tests/local_sagemaker/sagemaker/test_",
    "tests/local_sagemaker/test_",
    "tests/local_sagemaker/cloudformation/",
    "tests/local_sagemaker/cloudwatch/test_alarms.py",
    "tests/local_sagemaker/containers/",
    "tests/local_sagemaker/scaling/",
    "tests/local_sagemaker/scheduler/",
    "tests/local_sagemaker/sagemaker/",
    "tests/preprocessor_container/test_",
    "tests/classifier_container/test_",
    "tests/preprocessor_container/selection/",
    "tests/pipeline/report/test_figures.py",
    "tests/pipeline/aws/test_sdk.py",
    "tests/pipeline/data/test_user_files.py",
    "tests/pipeline/deployment/",
    "tests/test_",
)
"""What waits for processes, longest first: it begins before all that only calculates, so that in the end, when there is
nothing left to begin, no process is in the middle of something long. xdist itself begins with the modules that have
most tests, and these have few."""


class ByModule(LoadScopeScheduling):
    """Keeps a module's tests in one process, and so all whole commands, whose pipeline takes longest to make.

    Not by pytest-xdist's groups: its way to note them in a test's id has no effect in pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_APART):
            return nodeid
        return _ONE_PIPELINE if nodeid.startswith(_ONE_PIPELINE) else nodeid.partition("::")[0]

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=_rank), last=False)
        super()._assign_work_unit(node)


def _rank(scope: str) -> int:
    """Tell which of these begins sooner; equals keep xdist's order."""
    return next((number for number, begin in enumerate(_FIRST) if scope.startswith(begin)), len(_FIRST))

"""What gunicorn is told beyond the launcher's command line: `GUNICORN_CMD_ARGS=--config=python:gunicorn_settings`."""

from __future__ import annotations

from typing import Any


def post_worker_init(worker: Any) -> None:
    """Have plain requests read and answered by our own code; gunicorn calls this in each worker with its model."""
    # Not before: this module is imported when it is not settled yet where the code comes from.
    from preprocessor.requests.plain_http import answer_plainly

    answer_plainly(worker)

"""A container that answers what it was told to: lines are sent back, commands in them are obeyed."""

import itertools
import json
import os
import re
import signal
import time

from werkzeug.wrappers import Response

_STATUS = re.compile(rb"answer (\d{3})")


def model_fn(model_dir: str) -> str:
    if os.environ.get("PROBE") == "broken":
        raise RuntimeError("this model cannot be loaded")
    return os.environ.get("NAME", "probe")


def transform_fn(model: str, body: str | bytes, content_type: str, accept: str) -> tuple[bytes | str, str] | Response:
    data = body.encode() if isinstance(body, str) else body
    if b"crash" in data:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    if match := _STATUS.search(data):
        return Response(b"%s was told to" % model.encode(), int(match[1]), mimetype="text/plain")
    if b"wait" in data:
        time.sleep(float(os.environ["WAIT_SECONDS"]))
    if os.environ.get("PROBE") == "endless":
        return Response(itertools.repeat(bytes(1 << 20)), mimetype="application/octet-stream")
    if os.environ.get("PROBE") == "trace":
        seen = {"name": model, "content_type": content_type, "accept": accept, "type": type(body).__name__}
        return json.dumps([*_seen_before(data), seen]), "application/json"
    return data, accept


def _seen_before(data: bytes) -> list[dict[str, str]]:
    try:
        return list(json.loads(data))
    except ValueError:
        return []

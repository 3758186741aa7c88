"""What happens to the endpoint during the load: updates, and killed containers."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.processes import working_below

UPDATE_SECONDS = 20.0
KILL_SECONDS = 30.0


class Updates:
    """Changes the endpoint to and fro between two configurations."""

    def __init__(self, sagemaker: Any, endpoint: str) -> None:
        described = sagemaker.describe_endpoint(EndpointName=endpoint)
        config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        self._sagemaker = sagemaker
        self._endpoint = endpoint
        self._configs = [described["EndpointConfigName"], f"{described['EndpointConfigName']}-again"]
        sagemaker.create_endpoint_config(
            EndpointConfigName=self._configs[1], ProductionVariants=config["ProductionVariants"]
        )
        self.begun = 0
        self.refused: list[str] = []

    def step(self) -> None:
        """Begin an update."""
        config = self._configs[(self.begun + 1) % 2]
        try:
            self._sagemaker.update_endpoint(EndpointName=self._endpoint, EndpointConfigName=config)
        except ClientError as error:
            self.refused.append(str(error))
        else:
            self.begun += 1

    def settle(self) -> None:
        """Put new containers into the place of those that serve, with no load, and wait until the old ones are gone."""
        waiter = self._sagemaker.get_waiter("endpoint_in_service")
        wait = {"EndpointName": self._endpoint, "WaiterConfig": {"Delay": 1}}
        waiter.wait(**wait)
        self.step()
        waiter.wait(**wait)


class Kills:
    """Kills one of the endpoint's containers, with all its processes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.moments: list[float] = []

    def step(self) -> None:
        """Kill a container."""
        groups = {os.getpgid(int(line.split()[0])) for line in working_below(self._directory)}
        if groups:
            os.killpg(random.choice(sorted(groups)), signal.SIGKILL)
            self.moments.append(time.monotonic())


class Rhythm:
    """Does a step again and again, the first time after half a pause, in a thread."""

    def __init__(self, step: Any, pause: float) -> None:
        self._step = step
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the step under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self._pause / 2
        while not self._stop.wait(pause):
            self._step()
            pause = self._pause

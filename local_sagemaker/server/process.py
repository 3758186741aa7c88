"""The server process: puts the parts together, listens, and stops in good order."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from pathlib import Path

from local_sagemaker.cloudformation.service import CloudFormation
from local_sagemaker.cloudwatch import alarms
from local_sagemaker.cloudwatch.service import CloudWatch
from local_sagemaker.containers import namespaces
from local_sagemaker.containers.images.catalogue import DIRECTORIES_VARIABLE, image_directories
from local_sagemaker.containers.process_group import own_groups
from local_sagemaker.database import Database
from local_sagemaker.errors import LocalServerError
from local_sagemaker.http.listener import RESERVED, Listener
from local_sagemaker.http.origin_check import OriginCheck
from local_sagemaker.identity import Identity, journal
from local_sagemaker.identity.journal import Journal
from local_sagemaker.lock import Lock
from local_sagemaker.logs import service as logs_service
from local_sagemaker.logs import store as logs_store
from local_sagemaker.logs.store import LogStore
from local_sagemaker.s3.service import S3Service
from local_sagemaker.s3.store import multipart, objects
from local_sagemaker.s3.store.multipart import MultipartUploads
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.service import SageMaker
from local_sagemaker.scaling import store as scaling_store
from local_sagemaker.scaling.service import Scaling
from local_sagemaker.scheduler.service import Scheduler
from local_sagemaker.server import capacity, memory
from local_sagemaker.server.application import Application
from local_sagemaker.server.moto_fallback import MotoFallback
from local_sagemaker.server.own_calls import OwnCalls
from local_sagemaker.server.own_requests import form_request
from local_sagemaker.server.services import Services
from local_sagemaker.server.topics import Topics
from local_sagemaker.state import StateDirectory

PORT_VARIABLE = "SAGEMAKER_LOCAL_PORT"
SCHEMAS = (
    objects.SCHEMA,
    multipart.SCHEMA,
    logs_store.SCHEMA,
    alarms.SCHEMA,
    scaling_store.SCHEMA,
    SageMaker.SCHEMA,
    CloudFormation.SCHEMA,
    Scheduler.SCHEMA,
    journal.SCHEMA,
)
_log = logging.getLogger(__name__)


def serve(state: StateDirectory) -> None:
    """Serve a state directory until SIGTERM, SIGINT or SIGHUP.

    Raises
    ------
    LocalServerError
        If another server has the directory, or the port is taken.
    UnusableState
        If what is stored cannot be read.
    """
    os.umask(0o077)
    stopping = _stopping_on_signals()
    state.create()
    lock = Lock(state.server_lock)
    if not lock.acquire():
        raise LocalServerError(f"another server (process {state.server_lock.read_text()}) already serves {state.root}")
    lock.write(str(os.getpid()))
    try:
        _serve(state, stopping)
    finally:
        state.server_file.unlink(missing_ok=True)


def _serve(state: StateDirectory, stopping: threading.Event) -> None:
    own_groups(state.root)
    database = Database(state.database, SCHEMAS)
    store, logs = ObjectStore(database, state.objects), LogStore(database)
    uploads = MultipartUploads(store)
    uploads.sweep()
    others = MotoFallback()
    publish, calls = Topics(others).publish, OwnCalls()
    cloudwatch = CloudWatch(database, Identity(others, Journal(database), form_request), publish)
    sagemaker = SageMaker(database, store, logs, state, publish, cloudwatch.alarms)
    cloudwatch.listen(sagemaker.metrics)
    scaling = Scaling(database, cloudwatch, cloudwatch.metrics, sagemaker.service.ask, cloudwatch.service.ask)
    cloudwatch.watch.scale_with(scaling.tracking.scale)
    stacks, scheduler = CloudFormation(database, calls), Scheduler(database, calls, sagemaker.service.handles)
    capacity.take_files()
    invocations = capacity.invocations_at_once()
    listener = _listening(state, RESERVED + invocations)
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{listener.port}"  # handed on to user code in the containers
    os.environ[DIRECTORIES_VARIABLE] = os.pathsep.join(map(str, image_directories(state.images)))
    application = Application(
        OriginCheck(listener.port),
        state,
        sagemaker,
        S3Service(store, uploads),
        logs_service.json_service(logs),
        Services({"cloudformation": stacks, "scheduler": scheduler}, scaling),
        invocations,
    )
    calls.connect(application.answer)
    if reason := namespaces.unavailable():
        _log.warning("containers have no /opt/ml of their own: %s", reason)
    _recover(sagemaker)  # first: what a client creates is not to be taken for a leftover
    memory.freeze_and_trim()
    cloudwatch.watch.start()
    listener.answer_with(application, broken=stopping.set)  # the next command then starts another server
    stacks.recover()
    scheduler.start()
    _publish(state, listener.port)
    _log.info("listening on 127.0.0.1:%d, state in %s", listener.port, state.root)
    stopping.wait()
    _log.info("stopping")
    application.close()
    scheduler.shut_down()
    stacks.shut_down()
    cloudwatch.watch.stop()
    sagemaker.shut_down()
    listener.end()
    database.close()


def _recover(sagemaker: SageMaker) -> None:
    try:
        sagemaker.recover()
    except Exception:  # what is stored can still be looked at, and what is broken deleted
        _log.exception("not all jobs and endpoints could be brought back")


def _stopping_on_signals() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _listening(state: StateDirectory, threads: int) -> Listener:
    """Take the port that the user asks for; else the last server's, which keeps exported URLs true; else a free one."""
    wanted = os.environ.get(PORT_VARIABLE)
    if wanted is not None:
        return _listener_on(wanted, threads)
    try:
        return _listener_on(state.port_file.read_text(), threads)
    except (FileNotFoundError, LocalServerError):
        return _listener_on("0", threads)


def _listener_on(port: str, threads: int) -> Listener:
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise LocalServerError(f"{PORT_VARIABLE} is {port!r}; it takes a port number below 65536")
    listener = Listener(int(port), threads)
    try:
        listener.listen()
    except OSError as error:
        raise LocalServerError(
            f"port {port} cannot be used: {error}. Set {PORT_VARIABLE} to a free one, or unset it"
        ) from error
    return listener


def _publish(state: StateDirectory, port: int) -> None:
    _replace(state.port_file, str(port))
    _replace(state.server_file, json.dumps({"pid": os.getpid(), "port": port}))


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(text)  # 0600 by the umask
    unfinished.replace(path)

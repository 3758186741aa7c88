"""Takes a job's input objects through their requests, in order, and publishes each output when it is complete."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources.s3_uris import InputObject, S3Uri
from local_sagemaker.sagemaker.transform.data.assembling import Assembly, output_key
from local_sagemaker.sagemaker.transform.data.ordered import ordered
from local_sagemaker.sagemaker.transform.data.splitting import MiniBatch, RecordTooLarge, splitter
from local_sagemaker.sagemaker.transform.sending import BadBatch, Failure, FailureOrigin, Sender
from local_sagemaker.sagemaker.transform.settings import TransformSettings


@dataclass(slots=True)
class _Object:
    """One input object on its way to its output. What has failed once is not sent further."""

    item: InputObject
    assembly: Assembly
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A mini-batch of an object; or, without one, the object's end and what kept it from being read to it."""

    source: _Object
    batch: MiniBatch | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of a piece: an output, a failure, or nothing of the object's end or of what is not sent any more."""

    source: _Object
    is_end: bool
    outcome: bytes | Failure | None


@dataclass(frozen=True, slots=True)
class ObjectFailure:
    """An object that has no output, and why."""

    item: InputObject
    failure: Failure

    def __str__(self) -> str:
        return f"{self.failure.origin}: {self.item}: {self.failure.message}"


class ObjectTransform:
    """Transforms objects one after the other, with several requests under way at a time.

    A failure costs only its own object: the others are still transformed, as on AWS.

    Parameters
    ----------
    objects : ObjectStore
        Where inputs come from and outputs go to.
    settings : TransformSettings
        The job's.
    sender : Sender
        Sends mini-batches.
    output : S3Uri
        The prefix of the outputs.
    directory : Path
        For outputs that are not complete yet.
    report : callable
        Called with each failure as it happens.
    """

    def __init__(
        self,
        objects: ObjectStore,
        settings: TransformSettings,
        sender: Sender,
        output: S3Uri,
        directory: Path,
        report: Callable[[ObjectFailure], None],
    ) -> None:
        self._objects = objects
        self._settings = settings
        self._sender = sender
        self._output = output
        self._directory = directory
        self._report = report

    def run(self, items: Iterable[InputObject]) -> list[ObjectFailure]:
        """Transform all objects; those that failed are returned.

        Raises
        ------
        PipelineGone, Stopped
            If the job cannot go on, or is to stop.
        """
        failed = []
        with closing(self._pieces(items)) as pieces, closing(self._results(pieces)) as results:
            for result in results:
                self._take(result.source, result.outcome)
                if result.is_end and not self._publish(result.source):
                    failed.append(ObjectFailure(result.source.item, cast("Failure", result.source.failure)))
        return failed

    def _pieces(self, items: Iterable[InputObject]) -> Generator[_Piece]:
        cut = splitter(self._settings.split, self._settings.strategy)
        for number, item in enumerate(items):
            source = _Object(item, Assembly(self._directory / f"{number}.out", self._settings.assemble_with))
            failure = None
            try:
                with self._opened(item) as stream:
                    for batch in cut(stream, self._settings.payload_bytes):
                        yield _Piece(source, batch)
                        if source.failure is not None:
                            break
            except RecordTooLarge as error:
                failure = Failure(FailureOrigin.CLIENT, str(error))
            except (OSError, EOFError, zlib.error, AwsError) as error:
                failure = Failure(FailureOrigin.CLIENT, f"the object cannot be read: {error}")
            yield _Piece(source, failure=failure)

    @contextmanager
    def _opened(self, item: InputObject) -> Iterator[BinaryIO]:
        with self._objects.open(item.info.bucket, item.info.key) as stream:
            if not self._settings.unpack:
                yield stream
                return
            with gzip.open(stream) as unpacked:
                yield cast("BinaryIO", unpacked)

    def _results(self, pieces: Iterable[_Piece]) -> Generator[_Result]:
        return ordered(self._work, pieces, self._settings.concurrent)

    def _work(self, piece: _Piece) -> _Result:
        return _Result(piece.source, piece.batch is None, self._send(piece))

    def _send(self, piece: _Piece) -> bytes | Failure | None:
        if piece.batch is None or piece.source.failure is not None:
            return piece.failure
        try:
            return self._sender.send(piece.batch)
        except BadBatch as error:
            return error.failure

    def _take(self, source: _Object, result: bytes | Failure | None) -> None:
        if source.failure is not None:
            return
        if isinstance(result, Failure):
            source.failure = result
            self._report(ObjectFailure(source.item, result))
        elif result is not None:
            source.assembly.add(result)

    def _publish(self, source: _Object) -> bool:
        """Store an object's output; False if it has failed."""
        if source.failure is None:
            target = self._output / output_key(source.item.relative_key)
            self._objects.put_file(target.bucket, target.key, source.assembly.path)
        source.assembly.path.unlink()
        return source.failure is None

"""`DataProcessing`: what of a record goes to the model, and what of the record and its answer goes to the output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.transform.data.jsonpath import JsonPath, NotThere, parse
from local_sagemaker.sagemaker.transform.data.parsing import READABLE, RecordFormat, UnreadableRecord, record_format
from local_sagemaker.sagemaker.transform.data.splitting import MiniBatch

_ALL = parse("$")


class Unprocessable(Exception):
    """A request's records cannot be filtered or joined; the message says which and why."""


@dataclass(frozen=True, slots=True)
class DataProcessing:
    """The filters of a job and whether inputs are joined to outputs.

    Examples
    --------
    >>> from local_sagemaker.sagemaker.transform.data.splitting import MiniBatch
    >>> processing = DataProcessing("text/csv", parse("$[1:]"), parse("$[0,-1]"), join=True)
    >>> batch = MiniBatch(b"a,1,2\\nb,3,4\\n", first_record=1, records=2, offset=0)
    >>> processing.request(batch)
    b'1,2\\n3,4\\n'
    >>> processing.output(batch, b"yes\\nno\\n", "text/csv")
    b'a,yes\\nb,no'
    """

    content_type: str | None
    input_filter: JsonPath = _ALL
    output_filter: JsonPath = _ALL
    join: bool = False

    @property
    def changes_input(self) -> bool:
        """Whether the model gets something other than the records."""
        return self.input_filter != _ALL

    @property
    def changes_output(self) -> bool:
        """Whether the model's answer is not simply the output."""
        return self.join or self.output_filter != _ALL

    def request(self, batch: MiniBatch) -> bytes:
        """Make the body that goes to the model.

        Raises
        ------
        Unprocessable
            If a record cannot be read or has nothing where the filter looks.
        """
        if not self.changes_input:
            return batch.payload
        records = self._read(self._input_format(), batch.payload, batch)
        body = self._input_format().write(_filtered(self.input_filter, records, batch))
        return body + b"\n" if batch.payload.endswith(b"\n") else body

    def output(self, batch: MiniBatch, body: bytes, content_type: str | None) -> bytes:
        """Make the output of a request from the model's answer.

        Raises
        ------
        Unprocessable
            If the answer cannot be read, has another number of records, or has nothing where the filter looks.
        """
        if not self.changes_output:
            return body
        form = record_format(content_type)
        if form is None:
            raise Unprocessable(
                f"the answer is {content_type}, which OutputFilter and JoinSource cannot read: set "
                f"TransformOutput.Accept to one of {', '.join(READABLE)} that the container can answer"
            )
        outputs = self._read(form, body, batch)
        if self.join:
            self._check_family(form, content_type)
            outputs = self._joined(form, outputs, batch)
        return form.write(_filtered(self.output_filter, outputs, batch))

    def _joined(self, form: RecordFormat, outputs: list[Any], batch: MiniBatch) -> list[Any]:
        inputs = self._read(self._input_format(), batch.payload, batch)
        if len(inputs) != len(outputs):
            raise Unprocessable(
                f"{len(inputs)} records were sent and {len(outputs)} came back, so they cannot be joined"
            )
        return [form.join(value, output) for value, output in zip(inputs, outputs, strict=True)]

    def _check_family(self, form: RecordFormat, content_type: str | None) -> None:
        if form.family != self._input_format().family:
            raise Unprocessable(
                f"the answer is {content_type}, and JoinSource=Input needs the answer in the format of the input: set "
                f"TransformOutput.Accept to {self.content_type}"
            )

    def _input_format(self) -> RecordFormat:
        form = record_format(self.content_type)
        if form is None:
            raise Unprocessable(f"the input is {self.content_type}, which InputFilter and JoinSource cannot read")
        return form

    @staticmethod
    def _read(form: RecordFormat, body: bytes, batch: MiniBatch) -> list[Any]:
        try:
            return form.read(body, single=batch.records == 1)
        except UnreadableRecord as error:
            raise Unprocessable(f"record {batch.first_record + error.place} {error}") from error


def from_request(processing: Mapping[str, Any], content_type: str | None) -> DataProcessing:
    """Read the structure of a CreateTransformJob request.

    Raises
    ------
    BadPath
        If a filter is not of the dialect.
    """
    return DataProcessing(
        content_type=content_type,
        input_filter=parse(processing.get("InputFilter") or "$"),
        output_filter=parse(processing.get("OutputFilter") or "$"),
        join=processing.get("JoinSource") == "Input",
    )


def _filtered(path: JsonPath, values: Iterable[Any], batch: MiniBatch) -> list[Any]:
    selected = []
    for place, value in enumerate(values):
        try:
            selected.append(path.select(value))
        except NotThere as error:
            raise Unprocessable(f"record {batch.first_record + place} {error}") from error
    return selected

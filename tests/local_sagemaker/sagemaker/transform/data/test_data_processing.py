"""Filters and joins of records."""

from __future__ import annotations

import json

import pytest

from local_sagemaker.sagemaker.transform.data.data_processing import DataProcessing, Unprocessable, from_request
from local_sagemaker.sagemaker.transform.data.splitting import MiniBatch, count_lines

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"


def batch_of(payload: bytes, first_record: int = 1) -> MiniBatch:
    return MiniBatch(payload, first_record, count_lines(payload), offset=0)


def processing(content_type: str, **members: str) -> DataProcessing:
    return from_request(members, content_type)


def test_without_filters_bodies_pass_untouched() -> None:
    nothing = processing("application/anything")
    batch = batch_of(b"\xff\x00\n")
    assert nothing.request(batch) is batch.payload
    assert nothing.output(batch, b"\x00", None) == b"\x00"


def test_an_input_filter_drops_columns_and_keeps_quoting_readable() -> None:
    batch = batch_of(b'id-1,"a, ""b""",c\nid-2,d,\n')
    assert processing(CSV, InputFilter="$[1:]").request(batch) == b'"a, ""b""",c\nd,\n'


def test_a_join_appends_an_answer_to_its_row() -> None:
    join = processing(CSV, JoinSource="Input")
    assert join.output(batch_of(b'1,"x,y"\n2,z\n'), b"yes,0.9\nno,0.1\n", CSV) == b'1,"x,y",yes,0.9\n2,z,no,0.1'


@pytest.mark.parametrize("field", ["a\rb", "\r", "a\r", '"\r'])
def test_a_lone_carriage_return_stays_in_quotes(field: str) -> None:
    quoted = '"{}"'.format(field.replace('"', '""')).encode()
    batch = batch_of(b"1," + quoted + b"\n")
    assert processing(CSV, JoinSource="Input").output(batch, b"yes\n", CSV) == b"1," + quoted + b",yes"
    assert processing(CSV, InputFilter="$[1:]").request(batch) == quoted + b"\n"


def test_an_output_filter_sees_the_joined_row() -> None:
    both = processing(CSV, InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]")
    batch = batch_of(b"a,1\nb,2\n")
    assert both.request(batch) == b"1\n2\n"
    assert both.output(batch, b"yes\nno\n", "text/csv; charset=utf-8") == b"a,yes\nb,no"


def test_a_join_puts_an_answer_into_its_object() -> None:
    join = processing(JSON_LINES, JoinSource="Input")
    output = join.output(batch_of(b'{"id":1}\n{"id":2}\n'), b'{"p":0.5}\n{"p":1}\n', JSON_LINES)
    assert [json.loads(line) for line in output.split(b"\n")] == [
        {"id": 1, "SageMakerOutput": {"p": 0.5}},
        {"id": 2, "SageMakerOutput": {"p": 1}},
    ]


def test_a_join_wraps_what_is_no_object() -> None:
    join = processing(JSON, JoinSource="Input")
    assert json.loads(join.output(batch_of(b"[1, 2]"), b'"yes"', JSON)) == {
        "SageMakerInput": [1, 2],
        "SageMakerOutput": "yes",
    }


def test_a_single_json_record_may_have_several_lines() -> None:
    only = processing(JSON, OutputFilter="$.p")
    assert only.output(batch_of(b"{}\n"), b'{\n "p": 1\n}\n', JSON) == b"1"


def test_json_keeps_letters_of_all_scripts() -> None:
    only = processing(JSON_LINES, InputFilter="$.t")
    assert only.request(batch_of('{"t":"жук"}\n'.encode())) == '"жук"\n'.encode()


def test_half_a_surrogate_pair_stays_an_escape() -> None:
    only = processing(JSON_LINES, InputFilter="$.t")
    assert only.request(batch_of(b'{"t":"\\ud800"}\n')) == b'"\\ud800"\n'


def test_a_column_may_be_as_long_as_a_request() -> None:
    row = b"id," + b"x" * 1_000_000 + b"\n"
    assert processing(CSV, InputFilter="$[0]").request(batch_of(row)) == b"id\n"


def test_another_number_of_answers_cannot_be_joined() -> None:
    with pytest.raises(Unprocessable, match="2 records were sent and 1 came back"):
        processing(CSV, JoinSource="Input").output(batch_of(b"1\n2\n"), b"yes\n", CSV)


def test_csv_and_json_cannot_be_joined() -> None:
    with pytest.raises(Unprocessable, match="format of the input"):
        processing(CSV, JoinSource="Input").output(batch_of(b"1\n"), b"{}", JSON)


@pytest.mark.parametrize(
    ("content_type", "payload"),
    [(CSV, b'1,2\n"open\n'), (CSV, b"1,2\n\xff\n"), (JSON_LINES, b"{}\n{\n"), (JSON_LINES, b"{}\n" + b"[" * 100_000)],
)
def test_an_unreadable_record_is_named_by_its_place_in_the_object(content_type: str, payload: bytes) -> None:
    path = "$[0]" if content_type == CSV else "$"
    filtered = processing(content_type, InputFilter=path, JoinSource="Input")
    with pytest.raises(Unprocessable, match="record 8 is n"):
        filtered.output(batch_of(payload, first_record=7), b"1\n2\n", content_type)


def test_a_record_without_the_filtered_column_is_named() -> None:
    with pytest.raises(Unprocessable, match=r"record 4 has nothing at \$\[2\]"):
        processing(CSV, InputFilter="$[2]").request(batch_of(b"a,b,c\nd\n", first_record=3))


def test_an_answer_of_another_type_cannot_be_filtered() -> None:
    with pytest.raises(Unprocessable, match="application/vnd"):
        processing(CSV, OutputFilter="$[0]").output(batch_of(b"1\n"), b"", "application/vnd.apache.arrow.stream")


NUMBERS = ["1.10", "1e400", "-0", "-0.0", "0.10000000000000000555", "1E+2", "9" * 5000, "12345678901234567890"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("content_type", [JSON, JSON_LINES])
def test_a_number_passes_filters_and_joins_as_it_was_written(content_type: str, number: str) -> None:
    record, answer = f'{{"a":[{number},"1.10"],"b":{{"c":{number}}}}}\n'.encode(), f"[{number}]\n".encode()
    batch = batch_of(record)
    assert processing(content_type, InputFilter="$.a[0]").request(batch) == f"{number}\n".encode()
    assert processing(content_type, InputFilter="$['a','b']").request(batch) == record
    joined = processing(content_type, JoinSource="Input").output(batch, answer, content_type)
    assert joined == record[:-2] + b',"SageMakerOutput":' + answer[:-1] + b"}"
    assert processing(content_type, OutputFilter="$[0]").output(batch, answer, content_type) == number.encode()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_wrapped_number_stays_as_it_was_written(number: str) -> None:
    output = processing(JSON_LINES, JoinSource="Input").output(batch_of(f"{number}\n".encode()), b"1.50\n", JSON_LINES)
    assert output == f'{{"SageMakerInput":{number},"SageMakerOutput":1.50}}'.encode()


@pytest.mark.parametrize("payload", [b"a\n\nb\n", b"a\r\n\r\nb\r\n"])
def test_a_blank_line_is_a_record_of_one_empty_column(payload: bytes) -> None:
    batch = batch_of(payload)
    assert processing(CSV, JoinSource="Input").output(batch, b"1\n0\n1\n", CSV) == b"a,1\n,0\nb,1"
    assert processing(CSV, InputFilter="$[0]").request(batch) == b'a\n""\nb\n'
    both = processing(CSV, JoinSource="Input", OutputFilter="$[-1,0]")
    assert both.output(batch, b"1\n0\n1\n", CSV) == b"1,a\n0,\n1,b"


def test_a_blank_answer_is_joined_as_an_empty_column() -> None:
    assert processing(CSV, JoinSource="Input").output(batch_of(b"a\nb\n"), b"\n1\n", CSV) == b"a,\nb,1"

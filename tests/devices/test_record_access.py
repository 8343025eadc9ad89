"""The Record Access Control Point, as a collector asks and as a device answers."""

from __future__ import annotations

import pytest

from gateway.devices.record_access import Op, Operator, RecordAccess, Result

NUMBERS = (3, 5, 8, 9)


def asked(octets: str) -> tuple[Result, tuple[int, ...]]:
    return RecordAccess.decode(bytes.fromhex(octets)).chosen(NUMBERS)


def test_requests_are_written_as_the_standard_lays_them_out() -> None:
    assert RecordAccess.report().encode().hex() == "0101"
    assert RecordAccess.report(at_least=258).encode().hex() == "0103010201"
    assert RecordAccess.count().encode().hex() == "0401"
    assert RecordAccess.count(at_least=1, octets=4).encode().hex() == "04030101000000"
    assert RecordAccess.abort().encode().hex() == "0300"


def test_answers_are_written_as_the_standard_lays_them_out() -> None:
    assert RecordAccess.answered(Op.REPORT, Result.NO_RECORDS).encode().hex() == "06000106"
    assert RecordAccess.counted(513).encode().hex() == "05000102"
    assert RecordAccess.counted(1, octets=4).encode().hex() == "050001000000"


def test_an_answer_says_what_it_answers_and_a_request_does_not() -> None:
    answer, request = RecordAccess.answered(Op.COUNT, Result.BUSY), RecordAccess.report()

    assert (answer.request, answer.result, answer.number) == (Op.COUNT, Result.BUSY, None)
    assert (request.request, request.result, request.number) == (None, None, None)
    assert RecordAccess.counted(7).number == 7


@pytest.mark.parametrize(
    ("octets", "chosen"),
    [
        ("0101", NUMBERS),
        ("0401", NUMBERS),
        ("0105", (3,)),
        ("0106", (9,)),
        ("0102010500", (3, 5)),
        ("0103010800", (8, 9)),
        ("01040104000800", (5, 8)),
        ("0103010a00", ()),
        ("010301" + "08000000", (8, 9)),
    ],
)
def test_a_request_chooses_the_records_that_it_means(octets: str, chosen: tuple[int, ...]) -> None:
    assert asked(octets) == (Result.SUCCESS if chosen else Result.NO_RECORDS, chosen)


@pytest.mark.parametrize(
    ("octets", "result"),
    [
        ("0300", Result.OP_NOT_SUPPORTED),
        ("6301", Result.OP_NOT_SUPPORTED),
        ("0100", Result.INVALID_OPERATOR),
        ("0109", Result.OPERATOR_NOT_SUPPORTED),
        ("010101", Result.INVALID_OPERAND),
        ("0103", Result.INVALID_OPERAND),
        ("010301" + "050000", Result.INVALID_OPERAND),
        ("01040109000300", Result.INVALID_OPERAND),
        ("0103020500", Result.OPERAND_NOT_SUPPORTED),
    ],
)
def test_a_request_that_cannot_be_met_is_answered_with_why(octets: str, result: Result) -> None:
    assert asked(octets) == (result, ())


def test_an_empty_memory_has_no_records_and_that_is_no_failure() -> None:
    assert RecordAccess.report().chosen(()) == (Result.NO_RECORDS, ())
    assert RecordAccess(op=Op.REPORT, operator=Operator.LAST).chosen(()) == (Result.NO_RECORDS, ())

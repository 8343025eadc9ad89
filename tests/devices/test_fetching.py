"""What a device's memory is asked for, and what its answers mean, without any radio."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.devices.fetching import Step, answered, begin, number_of
from gateway.devices.record_access import Op, RecordAccess, Result


def _answer(result: Result) -> RecordAccess:
    return RecordAccess.answered(Op.REPORT, result)


def test_a_device_of_which_nothing_was_kept_is_asked_for_everything() -> None:
    assert begin(None).request.encode().hex() == "0101"


def test_a_device_of_which_something_was_kept_is_asked_from_that_record_on() -> None:
    assert begin(0x0132).request.encode().hex() == "0103013201"


@pytest.mark.parametrize("result", [Result.SUCCESS, Result.NO_RECORDS])
def test_all_records_or_none_at_all_is_the_end(result: Result) -> None:
    assert answered(begin(None), _answer(result))[1] is Step.COMPLETE


def test_records_from_a_number_on_are_the_end_when_that_record_is_the_one_we_know() -> None:
    assert answered(begin(7), _answer(Result.SUCCESS))[1] is Step.COMPLETE


def test_a_device_that_counts_anew_is_asked_for_everything() -> None:
    restarted = replace(begin(7), restarted=True)
    for fetch, result in ((restarted, Result.SUCCESS), (begin(7), Result.NO_RECORDS)):
        again, step = answered(fetch, _answer(result))
        assert step is Step.AGAIN
        assert again == begin(None)


@pytest.mark.parametrize("result", [Result.OPERATOR_NOT_SUPPORTED, Result.OPERAND_NOT_SUPPORTED])
def test_a_device_that_cannot_choose_is_asked_for_everything(result: Result) -> None:
    again, step = answered(begin(7), _answer(result))
    assert (again, step) == (begin(None), Step.AGAIN)


@pytest.mark.parametrize("result", [Result.BUSY, Result.NOT_COMPLETED, Result.OP_NOT_SUPPORTED])
def test_a_device_that_cannot_now_is_met_again_later(result: Result) -> None:
    assert answered(begin(None), _answer(result))[1] is Step.FAILED


def test_an_answer_to_something_else_says_nothing() -> None:
    assert answered(begin(None), RecordAccess.counted(3))[1] is Step.NOTHING
    assert answered(begin(None), RecordAccess.answered(Op.ABORT, Result.SUCCESS))[1] is Step.NOTHING


@pytest.mark.parametrize("since", [None, 0, 7, 0xFFFF])
@pytest.mark.parametrize("result", Result)
def test_nothing_but_a_report_is_ever_asked_for(since: int | None, result: Result) -> None:
    fetch, _ = answered(begin(since), _answer(result))
    assert begin(since).request.op == fetch.request.op == Op.REPORT


def test_only_numbered_records_have_a_number() -> None:
    assert number_of("2A18", bytes.fromhex("0034120000")) == 0x1234
    assert number_of("2A18", b"") is None
    assert number_of("2A35", bytes.fromhex("0034120000")) is None

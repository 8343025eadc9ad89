"""What a device's memory is asked for, and what its answers mean, without any radio."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.devices.fetching import NUMBERED, Step, answered, begin, number_of
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


@pytest.mark.parametrize(
    ("characteristic", "packet", "number"),
    [
        ("2A18", "0034120000", 0x1234),
        ("2A18", "", None),
        ("2AA7", "06006400341206006400391a", 0x1A39),  # two records: the last one's minutes
        ("2AA7", "0600640034", None),
        ("2B36", "033412352a00", 0x1234),
        ("2B36", "023412352a00", None),  # not the first segment: no number in it
        ("2BDD", "0778563412aa", 0x12345678),
        ("2BDD", "077856", None),
        ("2A35", "0034120000", None),
    ],
)
def test_only_numbered_records_have_a_number(characteristic: str, packet: str, number: int | None) -> None:
    assert number_of(characteristic, bytes.fromhex(packet)) == number


def test_a_combined_report_is_answered_with_how_many_it_was() -> None:
    fetch = begin(7, numbering=NUMBERED["2BDD"])
    assert fetch.request.encode().hex() == "07030107000000"
    counted = RecordAccess.counted(3, octets=4, op=Op.COMBINED_ANSWER)
    assert answered(fetch, counted)[1] is Step.COMPLETE
    assert answered(begin(7), counted)[1] is Step.NOTHING
    again, step = answered(fetch, RecordAccess.answered(Op.COMBINED_REPORT, Result.NO_RECORDS))
    assert (again.request.encode().hex(), step) == ("0701", Step.AGAIN)

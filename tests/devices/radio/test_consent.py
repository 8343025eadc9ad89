"""Devices that send nothing without the consent of one of their users, over the virtual radio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import structlog

from booth_client.bluetooth import noting
from booth_client.config import Equipment, HomeSettings, VirtualRadioSettings, Who
from booth_client.journey import Device
from booth_client.virtual_devices import number_of
from gateway.devices.events import DeviceEvent, Ended, EndReason, Indicated
from gateway.devices.user_data import CONTROL_POINT, Consent, UserControl, UserControlResult, refusal
from gateway.devices.virtual import Analyser, VirtualDevice, make
from tests.peers.listener import Listener, listening
from tests.peers.patience import PATIENCE
from tests.peers.town import PERSONA, booth_settings, town

RIGHT, WRONG = Consent(user_index=1, code=1234), Consent(user_index=1, code=4321)


@asynccontextmanager
async def _weighing(analyser: VirtualDevice, consent: Consent | None) -> AsyncIterator[Listener]:
    """Somebody weighs themselves; the booth gives *consent*."""
    consents = {} if consent is None else {analyser.address.lower(): consent}
    async with listening([analyser], consents=consents) as booth:
        weighing = asyncio.create_task(analyser.measure())
        try:
            await booth.until_ended()
            yield booth
        finally:
            weighing.cancel()
            await asyncio.wait([weighing])


@pytest.mark.parametrize("spec", ["analyser+asks-consent", "analyser+asks-consent+bonded"])
async def test_a_device_that_is_given_its_users_consent_sends_its_measurement(spec: str) -> None:
    analyser = make(spec, window_s=8.0)
    async with listening([analyser], consents={analyser.address.lower(): RIGHT}) as booth:
        first = await analyser.measure()
        await booth.until_ended()
        assert booth.packets("2A9C")[0] == first
        assert len(booth.packets("2A9C")) == 2
        assert booth.all(Ended)[0].reason is EndReason.HUNG_UP
        assert {event.characteristic for event in booth.all(Indicated)} == {"2A9C"}, "the consent is told to nobody"


@pytest.mark.parametrize(
    ("consent", "why"),
    [(None, "wants the consent of one of its users"), (WRONG, "refuses the consent code of its user 1")],
)
async def test_without_the_right_consent_the_session_ends_and_says_so(consent: Consent | None, why: str) -> None:
    analyser = make("analyser+asks-consent", window_s=8.0)
    async with _weighing(analyser, consent) as booth:
        ended = booth.all(Ended)[0]
        assert (ended.reason, ended.reason.well) == (EndReason.NO_CONSENT, False)
        assert why in str(ended.detail)
        assert "4321" not in str(ended.detail)
        assert not booth.all(Indicated)


async def test_a_device_with_users_that_asks_for_no_consent_is_read_without() -> None:
    class Hospitable(Analyser):
        """Keeps users, and lets everybody in."""

        async def _let_in(self) -> bool:
            return True

    analyser = Hospitable(consent_code=1234, window_s=8.0)
    async with listening([analyser]) as booth:
        first = await analyser.measure()
        await booth.until_ended()
        assert booth.packets("2A9C")[0] == first
        assert booth.all(Ended)[0].reason is EndReason.HUNG_UP


class _Mute(Analyser):
    """Takes a consent and does not say so."""

    async def _show(self, uuid: str, value: bytes) -> None:
        if uuid != CONTROL_POINT:
            await super()._show(uuid, value)


async def test_a_device_that_does_not_answer_a_consent_is_left_at_the_deadline() -> None:
    async with _weighing(_Mute(consent_code=1234, window_s=8.0), WRONG) as booth:
        assert booth.all(Ended)[0].reason is EndReason.TIMEOUT
        assert "consent: no answer in time" in str(booth.all(Ended)[0].detail)


async def test_what_is_sent_before_the_consent_is_answered_is_kept_in_order() -> None:
    analyser = _Mute(consent_code=1234, window_s=8.0)
    async with listening([analyser], consents={analyser.address: RIGHT}) as booth:
        first = await analyser.measure()
        await booth.until_ended()
        assert booth.packets("2A9C") == [first, analyser.sent[-1].value]


def test_every_refusal_has_its_words() -> None:
    assert refusal(RIGHT, UserControl.answered(2, UserControlResult.SUCCESS).encode()) is None
    assert "does not take the consent of its user 1: 200204" in str(refusal(RIGHT, bytes([0x20, 2, 4])))
    assert "1 of 3 octets" in str(refusal(RIGHT, b"\x20"))


async def test_the_operator_is_told_in_one_line_what_to_set() -> None:
    async def take(_event: DeviceEvent) -> None:
        """Nobody else listens."""

    ended = Ended(
        address="F0:54:42:08:00:01",
        reason=EndReason.NO_CONSENT,
        at=datetime.now(UTC),
        detail="F0:54:42:08:00:01: it sent nothing: it wants the consent of one of its users",
    )
    with structlog.testing.capture_logs() as lines:
        await noting(take, booth="caudry")(ended)
    (line,) = lines
    assert (line["log_level"], line["reason"], line["device"]) == ("warning", "no-consent", ended.address)
    assert "`user` and `consent_code`" in line["to_do"]


async def test_what_a_consent_opened_arrives_at_the_gateway(tmp_path: Path) -> None:
    patient = "0b0f4b7e-6c7a-4a3e-9d55-0d4d2a3c4b5e"
    number = number_of(booth_settings(tmp_path / "elsewhere", "https://localhost:9"))
    analyser = Analyser(number=number + 1)
    async with town(
        tmp_path,
        virtual=VirtualRadioSettings(hands=False, persona=PERSONA, others=("analyser+asks-consent+bonded",)),
        patient=Who.HOME,
        home=HomeSettings(patient=patient),
        devices=(Device.SCALE,),
        equipment=(Equipment(name="Impédancemètre", address=analyser.address, user=1, consent_code="1234"),),
    ) as here:
        async with asyncio.timeout(PATIENCE):
            while not (shares := await here.search("Observation?code=41982-0")):
                await asyncio.sleep(0.2)
    assert shares[0]["subject"]["reference"] == f"Patient/{patient}"
    assert 3 < Decimal(str(shares[0]["valueQuantity"]["value"])) < 70

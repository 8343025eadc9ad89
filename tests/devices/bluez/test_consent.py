"""The consent of a device's user on bleak's unmodified BlueZ backend; over the virtual radio: radio/test_consent.py."""

from __future__ import annotations

import asyncio

import pytest

from gateway.devices.events import EndReason, Indicated
from gateway.devices.user_data import Consent
from gateway.devices.virtual import Analyser, make
from tests.peers.bluez.booth import bluez_booth

RIGHT, WRONG = Consent(user_index=1, code=1234), Consent(user_index=1, code=4321)


@pytest.mark.parametrize("spec", ["analyser+asks-consent", "analyser+asks-consent+bonded"])
async def test_a_scale_that_is_given_its_users_consent_sends_its_measurement_through_bluez(spec: str) -> None:
    analyser = make(spec, window_s=8.0)
    async with bluez_booth([analyser], radio={"consents": {analyser.address: RIGHT}}) as booth:
        first = await analyser.measure()
        await booth.heard.until_ended()
        assert booth.reasons() == [EndReason.HUNG_UP]
        assert booth.heard.packets("2A9C") == [first, analyser.sent[-1].value]
        heard = {event.characteristic for event in booth.heard.all(Indicated)}
        assert heard == {"2A9C"}, "the consent is told to nobody"
        assert bool(booth.host.bonds()) is spec.endswith("bonded")


@pytest.mark.parametrize("consent", [None, WRONG])
async def test_without_the_right_consent_nothing_is_heard_and_the_session_says_why(consent: Consent | None) -> None:
    analyser = Analyser(consent_code=1234, window_s=20.0)
    consents = {} if consent is None else {analyser.address: consent}
    async with bluez_booth([analyser], radio={"consents": consents}) as booth:
        weighing = asyncio.create_task(analyser.measure())
        await booth.heard.until_ended()
        assert booth.reasons()[0] is EndReason.NO_CONSENT
        assert not booth.heard.all(Indicated)
        weighing.cancel()
        await asyncio.wait([weighing])

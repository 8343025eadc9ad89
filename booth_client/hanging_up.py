"""The end of a WebRTC connection: nothing that it opened is left, whatever state it was in."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aiortc import RTCPeerConnection

__all__ = ["hang_up", "to_its_end", "transports_of"]

_CLOSE_S: Final = 2.0


async def hang_up(connection: RTCPeerConnection) -> None:
    """Close a connection and all that it has started.

    The library's own close waits a minute for a dead relay, and not for ICE that is being set up, which may then leave
    a task that asks for consent for ever, or senders that run. Here it is the other way round.
    """
    transceivers, transports = connection.getTransceivers(), transports_of(connection)
    connecting = [dtls.transport for dtls in transports if dtls.transport.state == "checking"]
    try:
        async with asyncio.timeout(_CLOSE_S):
            await connection.close()
    except TimeoutError:  # the relays' own tasks end by themselves
        for agent in (dtls.transport._connection for dtls in transports):  # noqa: SLF001  there is no public way
            agent._protocols = [p for p in agent._protocols if isinstance(p.transport, asyncio.BaseTransport)]  # noqa: SLF001
            await agent.close()
    for ice in connecting:
        with suppress(TimeoutError):  # its state tells nothing: several transceivers close it more than once
            async with asyncio.timeout(_CLOSE_S):
                await vars(ice)["_RTCIceTransport__start"].wait()  # there is no public way
        await ice._connection.close()  # noqa: SLF001  the library forgets to
    for transceiver in transceivers:
        await asyncio.gather(transceiver.sender.stop(), transceiver.receiver.stop())
    for dtls in transports:
        await dtls.stop()


def transports_of(connection: RTCPeerConnection) -> set[Any]:
    """Return what a connection's packets go by: one, where all is in one bundle."""
    sctp = connection.sctp
    media = {each.receiver.transport for each in connection.getTransceivers()}
    return media | ({sctp.transport} if sctp is not None else set())


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await *work*, even when cancelled meanwhile: the library leaves sockets behind where it is interrupted."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(work)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            await asyncio.wait([task], timeout=2 * _CLOSE_S)
            raise

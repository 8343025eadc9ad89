"""The server's rows: resources, their versions, what is indexed for search, and the audit."""

from __future__ import annotations

from gateway.store.store import Change, Store, open_store
from gateway.store.tables import METADATA

__all__ = ["METADATA", "Change", "Store", "open_store"]

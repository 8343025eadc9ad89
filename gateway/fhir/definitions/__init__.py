"""What R4 and the profiles say of each element: tables compiled from the official definitions; see ORIGIN.md."""

from gateway.fhir.definitions.profiles import Discriminator, Node, ancestors, profile, profiles_of
from gateway.fhir.definitions.types import Part, Rule, invariants, parts

__all__ = [
    "Discriminator",
    "Node",
    "Part",
    "Rule",
    "ancestors",
    "invariants",
    "parts",
    "profile",
    "profiles_of",
]

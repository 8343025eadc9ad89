"""The FHIR endpoint as an OpenAPI document, generated: https://spec.openapis.org/oas/v3.1.0."""

from gateway.fhir.openapi.document import document
from gateway.fhir.openapi.operation import LETTERS

__all__ = ["LETTERS", "document"]

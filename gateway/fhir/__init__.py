"""From values to FHIR R4 and back; no HTTP, no SQL."""

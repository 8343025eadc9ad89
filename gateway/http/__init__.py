"""The gateway's edge: aiohttp requests in, the answers of FHIR, sign-in and the screens out."""

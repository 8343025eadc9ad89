"""The interactions of FHIR's RESTful API, one file each, and what they share of HTTP.

https://hl7.org/fhir/R4/http.html
"""

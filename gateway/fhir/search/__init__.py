"""Search: which parameters each type has (a table), how they are read, and what is indexed for them.

https://hl7.org/fhir/R4/search.html
"""

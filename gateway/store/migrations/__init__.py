"""How the store's tables came to be: one revision a change, in `versions/`, run by `teleborne admin migrate`.

A revision may say `REINDEX = True`: what resources are found by is made anew after it. Its tables are then those of
`gateway.store.tables` only once the revision after it is reached.
"""

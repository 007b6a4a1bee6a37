"""Schema changes, applied by `portal db upgrade` through portal.storage.schema.

A revision is `versions/NNNN_what_it_does.py`: the next number, text that never changes
once released, and its own copies of names and types, since tables.py moves on.
"""

"""One module per dialect of access server: how its pages are read and addressed.

A dialect computes; it opens no socket and stores nothing. Which one an access server
speaks is its profile, and which server may be believed is a use case's business.
"""

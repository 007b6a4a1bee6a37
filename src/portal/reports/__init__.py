"""Rows become figures and files: CSV here, charts and spreadsheets later.

Nothing here reads a database; rows come in, octets or figures go out.
"""

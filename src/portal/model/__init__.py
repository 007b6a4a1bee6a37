"""Nouns: what the product talks about, as frozen dataclasses and small value types.

Nothing here decides, stores or reads a clock.
"""

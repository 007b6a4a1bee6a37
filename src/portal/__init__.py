"""Daricheh: internet access for public libraries."""

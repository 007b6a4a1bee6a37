"""Credential sources: who can say that a person is who they say."""

"""The head office: the estate as it is set up, staff accounts, the audit chain."""

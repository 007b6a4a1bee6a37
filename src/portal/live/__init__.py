"""Short-lived shared state: counts, notes and slots, in this process or in Redis.

Nothing here survives a restart or may be needed to be right; what must last is in
`storage`. Names of keys are keyed hashes, so no person can be read out of them.
"""

"""Use cases: what the product does, and (in ports) what it needs from outside.

A use case opens one transaction, asks policy, writes and returns a value. It knows no
framework, no database and no socket.
"""

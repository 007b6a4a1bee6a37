"""The load generator: a process of its own that plays access servers over UDP.

It knows RADIUS and nothing of the server at the other end: names and passwords come in
with the job, figures and acknowledged records go out.
"""

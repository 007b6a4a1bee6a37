"""The UDP daemon: authentication, accounting, dynamic authorization, ends of sessions.

One process, two threads. The loop owns every socket, every packet and the reply cache;
the writer owns the database. What arrives while the writer commits becomes its next
batch, and nothing is answered before its batch is durable.
"""

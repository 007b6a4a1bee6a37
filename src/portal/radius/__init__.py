"""RADIUS on the wire, without a wire (RFC 2865, 2866, 2869, 3579, 5080, 5176, 5997).

Bytes come in, values or bytes go out: nothing here opens a socket, reads a clock or
draws a random number; identifiers, authenticators and instants are arguments. What a
request *means* for a patron is decided elsewhere.
"""

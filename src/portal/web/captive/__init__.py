"""The patron's pages: sign-in, status, and what a browser finds that came by itself.

They work without JavaScript and cookies. What a visit must remember travels sealed in
the form or in an address; who may see a session is known from the token in its path.
"""

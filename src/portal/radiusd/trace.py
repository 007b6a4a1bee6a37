"""Where an error happened, without its text.

Texts quote values, values are people's, and logs name nobody.
"""

from traceback import extract_tb

_DEEPEST = 4


def where(error: BaseException) -> str:
    """The error's class and the innermost lines it came through."""
    frames = extract_tb(error.__traceback__)[-_DEEPEST:]
    path = " > ".join(
        f"{frame.filename.rpartition('portal/')[2]}:{frame.lineno}" for frame in frames
    )
    return f"{type(error).__name__} at {path}"

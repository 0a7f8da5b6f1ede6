"""Errors that nobody foresaw, kept to the file that they come from."""

import struct

# What reading a file's structures can run into where a header lies; one file's failure, not the batch's.
MALFORMED = (ValueError, ArithmeticError, LookupError, struct.error)


def told(error: BaseException) -> str:
    """Such an error in words, fit for brackets."""
    return f"{type(error).__name__}: {error}"

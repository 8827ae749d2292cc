"""A stand-in: lessons ask only whether it is there."""

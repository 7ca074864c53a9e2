"""Operations of a model worker that can be imported but never gets ready."""

OPS = {}


def context(memory_bytes, counts):
    raise RuntimeError("there is no context")

"""The model worker's operations in the calling process: for tests of what asks it, with real tiny models and no second process."""

from collections.abc import Iterator

from genhub.serving import ops


class InlineWorker:
    """Answers as `genhub.serving.client.Worker` does."""

    def __init__(self):
        self.context = ops.context(0, {})

    def call(self, op: str, args: dict, seconds: float = 0.0) -> dict:
        return [*self.stream(op, args, seconds)][-1]["result"]

    def stream(self, op: str, args: dict, seconds: float = 0.0) -> Iterator[dict]:
        answer = ops.OPS[op].run(self.context, args)
        if isinstance(answer, dict):
            yield {"result": answer}
            return
        while True:
            try:
                event = next(answer)
            except StopIteration as end:
                yield {"result": end.value}
                return
            if event is not None:
                yield event

    def start(self) -> None:
        """There is nothing to start."""

    def close(self) -> None:
        """Nor to end."""

"""Tokens to text while they arrive: a character may take several tokens, and must not be shown half."""

REPLACEMENT = "\ufffd"  # what a decoder writes for bytes that are no character (yet)
WINDOW = 8  # tokens that are decoded again with each new one, so that blanks and joined letters come out as in the whole


class Speller:
    """The text that each new token adds; "" while a character is incomplete. All pieces together are the decoded whole."""

    def __init__(self, tokenizer, context: list[int] = ()):
        """`context`: the tokens before, which are not spelled but decide about blanks."""
        self.tokenizer = tokenizer
        self.ids = list(context)[-WINDOW:]
        self.start, self.spelled = 0, len(self.ids)

    def add(self, token: int) -> str:
        self.ids.append(token)
        return self._piece(last=False)

    def flush(self) -> str:
        """What is left at the end, incomplete characters as replacement marks."""
        return self._piece(last=True) if self.spelled < len(self.ids) else ""

    def _piece(self, last: bool) -> str:
        before = self._decode(self.ids[self.start : self.spelled])
        whole = self._decode(self.ids[self.start :])
        if whole.endswith(REPLACEMENT) and not last:
            return ""
        self.start, self.spelled = max(self.start, self.spelled - WINDOW), len(self.ids)
        return whole[len(before) :]

    def _decode(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)

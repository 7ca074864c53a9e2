"""What an epoch of a training shows, when the training has a length of its own."""

import pytest
import torch

from genhub.text.from_scratch.windows import Onward, Passes


def shown(windows: Passes, epoch: int) -> list[int]:
    windows.begin(epoch)
    return windows.batch(range(len(windows.lengths)))["input_ids"][:, 0].tolist()


@pytest.mark.parametrize(("tokens", "length", "rows"), [(1_000, 10, 99), (1_000, 10, 7), (25, 10, 12), (11, 10, 3)])
def test_windows_lie_within_the_text_and_predict_the_next_token(tokens, length, rows):
    windows = Passes(range(tokens), length, rows)
    for epoch in range(6):
        windows.begin(epoch)
        batch = windows.batch(range(rows))
        assert batch["input_ids"].shape == (rows, length)
        assert torch.equal(batch["labels"], batch["input_ids"] + 1)
        assert batch["labels"].max() < tokens
    assert windows.weight(range(rows)) == rows * length


def test_a_pass_reads_the_text_once_and_the_next_one_cuts_it_elsewhere():
    windows = Passes(range(1_000), 10, rows=33)
    assert windows.windows == 99
    first, second = ([start for epoch in range(at, at + 3) for start in shown(windows, epoch)] for at in (0, 3))
    for starts in (first, second):
        assert len({start // 10 for start in starts}) == 99
        assert len({start % 10 for start in starts}) == 1
        assert starts != sorted(starts)
    assert first[0] % 10 != second[0] % 10


def test_an_epoch_is_the_same_whenever_it_is_asked_for():
    windows = Passes(range(500), 10, rows=80, seed=4)
    whole = [shown(windows, epoch) for epoch in range(5)]
    assert shown(windows, 3) == whole[3]
    assert shown(Passes(range(500), 10, rows=80, seed=4), 4) == whole[4]
    assert shown(Passes(range(500), 10, rows=80, seed=5), 4) != whole[4]


def test_streams_go_on_over_the_end_of_an_epoch_and_begin_again_after_the_end_of_the_text():
    windows = Onward(range(401), 10, streams=4, steps=6)
    read, begun = {stream: [] for stream in range(4)}, []
    for epoch in range(4):
        windows.begin(epoch)
        for step in range(6):
            batch = windows.batch(range(step * 4, step * 4 + 4))
            begun.append(bool(batch["begin"]))
            for stream in range(4):
                read[stream] += batch["input_ids"][stream].tolist()
    assert [step for step, begins in enumerate(begun) if begins] == [0, 10, 20]
    for stream in range(4):
        part = list(range(stream * 100, stream * 100 + 100))
        assert read[stream] == (part * 3)[:240]


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="too few"):
        Passes(range(10), 10, rows=4)
    with pytest.raises(ValueError, match="too few"):
        Onward(range(40), 10, streams=4, steps=2)

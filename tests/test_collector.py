"""The garbage collector rests while much is imported, and what is alive when it has settled is passed over."""

import gc

import pytest

from genhub import collector


@pytest.mark.parametrize("was", [True, False])
def test_it_rests_meanwhile_and_is_left_as_it_was(was):
    (gc.enable if was else gc.disable)()
    seen = []

    def fails():
        with collector.resting():
            seen.append(gc.isenabled())
            raise ImportError

    try:
        with pytest.raises(ImportError):
            fails()
        assert seen == [False]
        assert gc.isenabled() == was
    finally:
        gc.enable()


def test_what_stays_is_not_looked_through_again():
    class Kept:
        pass

    kept = [Kept()]
    collector.settle()
    try:
        assert not any(one is kept for one in gc.get_objects())
    finally:
        gc.unfreeze()
        assert any(one is kept for one in gc.get_objects())

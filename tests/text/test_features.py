"""The cache of sentence vectors: what its key depends on, and when nothing is kept."""

from types import SimpleNamespace

from genhub.text import features

BASE = {"sha256": "a" * 64, "pooling": "mean", "normalize": True, "scale": 16.0}


def key(texts=("one", "two"), max_length=64, **base) -> str:
    return features.cache_key(SimpleNamespace(**{**BASE, **base}), texts, max_length, "fp32")


def test_the_key_follows_all_that_the_vectors_depend_on(home):
    keys = [key(), key(("two", "one")), key(max_length=32), key(pooling="cls"), key(sha256="b" * 64)]
    assert len(set(keys)) == len(keys)
    assert key() == keys[0]
    assert key(sha256="") == ""


def test_nothing_is_kept_where_visitors_share_a_home(home, monkeypatch):
    assert key()
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    assert key() == ""
    features.store(home, key(), features.Features(features.torch.zeros(2, 3), features.np.ones(2, dtype=bool)))
    assert features.load(home, key()) is None
    assert list(home.iterdir()) == []

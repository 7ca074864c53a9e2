"""Small files of a run."""

import json
from concurrent.futures import ThreadPoolExecutor

from genhub.jobs.folder import write_json


def test_a_file_that_many_threads_write_at_once_is_always_one_of_theirs(tmp_path):
    path, values = tmp_path / "told.json", [{"number": number, "text": "x" * 10_000} for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda value: write_json(path, value), values))
        assert json.loads(path.read_text()) in values
    assert list(tmp_path.iterdir()) == [path]

"""What a run is told at its birth."""

import hashlib
from datetime import datetime

from genhub.jobs.new import make_job
from genhub.training.configs import ClassifyConfig


def test_a_job_describes_its_data_and_its_libraries(rows):
    job = make_job("classify", ClassifyConfig(method="frozen"), rows, {"name": "tickets.csv", "fixes": ["merge-labels"]})
    assert job["task"] == "classify"
    assert ClassifyConfig.from_dict(job["config"]) == ClassifyConfig(method="frozen")
    assert job["name"] == "tickets.csv · frozen"
    assert job["data"] == {
        "name": "tickets.csv",
        "sample": None,
        "fixes": ["merge-labels"],
        "duplicates_removed": 0,
        "sha256": hashlib.sha256(rows.read_bytes()).hexdigest(),
        "rows": 4,
    }
    assert datetime.fromisoformat(job["created"]).tzinfo is not None
    assert {"genhub", "torch", "transformers", "peft"} <= set(job["versions"])
    assert make_job("classify", ClassifyConfig(), rows, {}, name="Mine")["name"] == "Mine"

"""Where each promise of the app is tried: a sentence, and the tests that report its figure.

python -m tests.promises.index      the tests, one a line, as `make soak` runs them in their full form
"""

from dataclasses import dataclass

HERE, HTTP, JOBS, SERVING = "tests/promises/", "tests/promises/test_over_http.py::", "tests/jobs/test_", "tests/serving/test_"


@dataclass(frozen=True)
class Promise:
    says: str
    tests: tuple[str, ...]


PROMISES = {
    "S1": Promise(
        "No acknowledged job is lost.",
        (f"{JOBS}survival.py::test_twenty_kills_of_the_server_lose_no_job", f"{HTTP}test_no_acknowledged_job_is_lost_when_visitors_leave"),
    ),
    "S2": Promise(
        "A killed job goes on to the same loss curve, to the last bit (one thread of a processor).",
        (f"{HERE}test_killed_trainings.py::test_a_killed_training_goes_on_to_the_same_curve",),
    ),
    "S3": Promise(
        "Stop is acknowledged within 1 s, the work has ended within 3 s, and what was learnt is kept.",
        (f"{JOBS}runner.py::test_stop_is_acknowledged_and_ends_the_work", f"{HTTP}test_a_storm_of_cancelled_answers_leaves_nothing_at_work"),
    ),
    "S4": Promise(
        "No answer ever comes from another visitor's adapter; the same test finds errors where a lock is missing.",
        (f"{SERVING}ops.py::test_no_answer_comes_from_another_runs_adapter", f"{SERVING}ops.py::test_the_crosstalk_test_can_fail"),
    ),
    "S5": Promise(
        "Every malformed input is answered with what is wrong, the limit and what to do, within 2 s; nothing breaks.",
        (
            f"{HTTP}test_every_malformed_value_is_refused_in_three_parts",
            f"{HTTP}test_every_malformed_file_is_refused_and_odd_ones_are_read",
            f"{HERE}test_hub_faults.py::test_each_class_of_faults_of_the_hub_has_words_of_its_own",
            f"{HERE}test_full_disk.py::test_a_disk_that_is_full_is_told_and_nothing_half_written_stays",
        ),
    ),
    "S6": Promise(
        "Overload is refused within 200 ms (99 % of the times); never more workers than the limit.",
        (f"{HTTP}test_an_overload_is_refused_at_once",),
    ),
    "S7": Promise(
        "Thirty minutes of mixed visitors: memory grows by less than 1 MB a minute, threads and open files stay within 5, the disk is flat.",
        (f"{HERE}test_soak.py::test_mixed_visitors_leave_nothing_behind",),
    ),
    "S8": Promise(
        "It is back within 10 s of the model worker's death, within 30 s of the server's.",
        (
            f"{SERVING}client.py::test_a_worker_killed_at_a_request_answers_it_with_an_error_and_the_next_at_once",
            f"{HTTP}test_one_visitors_failure_costs_no_other_an_error",
            "tests/ui/test_servers.py::test_a_killed_server_comes_back_and_the_page_finds_its_run",
        ),
    ),
    "S9": Promise("A request that runs out of memory, or crashes, costs no other visitor an error.", (f"{HTTP}test_one_visitors_failure_costs_no_other_an_error",)),
    "S10": Promise(
        "No secret in any answer, log, card or archive.",
        (f"{HTTP}test_no_secret_is_told_anywhere", f"{HERE}test_hub_faults.py::test_a_token_is_told_nowhere_whatever_the_hub_says"),
    ),
}  # fmt: skip


def tests() -> list[str]:
    """All of them, each once, those of a file together."""
    return sorted({test for promise in PROMISES.values() for test in promise.tests}, key=lambda test: test.partition("::")[0])


if __name__ == "__main__":
    print("\n".join(tests()))

"""What a program takes while it runs: memory, threads, open files, disk; and whether that grows."""

import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MEGABYTE = 1_000_000
GROWTH = 1.0  # MB a minute, of memory and of disk
SPREAD = 5  # threads, and open files, more or less


@dataclass(frozen=True)
class Sample:
    seconds: float
    memory: dict[int, int]  # bytes, by process
    threads: dict[int, int]
    files: dict[int, int]
    disk: int


@dataclass
class Watch:
    """Samples of a process, of what it has started, and of a folder, until `stop`."""

    pid: int
    folder: Path
    every: float
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self):
        self._over, self._began = threading.Event(), time.monotonic()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> "Watch":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(self.every):
            root = psutil.Process(self.pid)
            memory, threads, files = {}, {}, {}
            for process in (root, *root.children(recursive=True)):
                try:
                    with process.oneshot():
                        taken = process.memory_info().rss, process.num_threads(), process.num_fds()
                except psutil.Error:  # a job that has ended meanwhile
                    continue
                memory[process.pid], threads[process.pid], files[process.pid] = taken
            disk = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
            self.samples.append(Sample(time.monotonic() - self._began, memory, threads, files, disk))


@dataclass(frozen=True)
class Growth:
    """MB a minute; threads and files: how many more there are in the last quarter than in the first."""

    memory: float
    disk: float
    threads: float
    files: float

    def problems(self) -> list[str]:
        told = [
            f"{name} grows by {value:.2f} MB a minute" for name, value in (("memory", self.memory), ("disk", self.disk)) if value >= GROWTH
        ]
        return told + [
            f"{value:+.0f} {name}" for name, value in (("threads", self.threads), ("open files", self.files)) if abs(value) > SPREAD
        ]

    def __str__(self) -> str:
        return f"memory {self.memory:+.2f} MB a minute, disk {self.disk:+.2f} MB a minute, threads {self.threads:+.0f}, open files {self.files:+.0f}"


def growth(samples: list[Sample]) -> Growth:
    """Of the processes that were there all the time; jobs come and go."""
    lasting = set.intersection(*(set(sample.memory) for sample in samples))
    quarter = max(1, len(samples) // 4)

    def more(counts) -> float:
        return statistics.median(map(counts, samples[-quarter:])) - statistics.median(map(counts, samples[:quarter]))

    def slope(amount) -> float:
        minutes = [sample.seconds / 60 for sample in samples]
        return statistics.linear_regression(minutes, [amount(sample) / MEGABYTE for sample in samples]).slope

    return Growth(
        slope(lambda sample: sum(sample.memory[pid] for pid in lasting)),
        slope(lambda sample: sample.disk),
        more(lambda sample: sum(sample.threads[pid] for pid in lasting)),
        more(lambda sample: sum(sample.files[pid] for pid in lasting)),
    )

"""Photographs that lie in installed packages, found without importing them."""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Photo:
    """file: below the package's folder. whose: author and licence, as the package tells them."""

    title: str
    package: str
    file: str
    whose: str

    @property
    def path(self) -> Path | None:
        """Where it lies; None where the package, or the file in it, is not there."""
        found = importlib.util.find_spec(self.package)
        path = Path((found.submodule_search_locations or [""])[0]) / self.file if found else None
        return path if path and path.is_file() else None


ALL = {
    "cat": Photo("A cat", "skimage", "data/chelsea.png", "Stéfan van der Walt, CC0"),
    "astronaut": Photo("An astronaut", "skimage", "data/astronaut.png", "NASA, public domain"),
    "coffee": Photo("A cup of coffee", "skimage", "data/coffee.png", "Rachel Michetti, CC0"),
    "camera": Photo("A photographer, grey", "skimage", "data/camera.png", "Lav Varshney, CC0"),
    "flower": Photo("A flower", "sklearn", "datasets/images/flower.jpg", "vultilion, CC BY 2.0"),
    "palace": Photo("A palace in China", "sklearn", "datasets/images/china.jpg", "danielbuechele, CC BY 2.0"),
}


@cache
def here() -> dict[str, Photo]:
    """Those whose files are on this machine, by name."""
    return {name: photo for name, photo in ALL.items() if photo.path}

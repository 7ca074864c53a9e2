"""Tables of numbers that come with scikit-learn, some with rows of one class left out, so that there is something to even out. `read` runs in a
one-shot child, JSON in, JSON out."""

from dataclasses import dataclass
from pathlib import Path

from genhub.data import intake, tables


@dataclass(frozen=True)
class Bundled:
    """loader: of sklearn.datasets. of this class every `each`-th row is kept."""

    title: str
    loader: str
    target: str
    thinned: str = ""
    each: int = 1


ALL = {
    "breast-cancer-rare": Bundled("Breast cancer, one malignant of eight kept", "load_breast_cancer", "diagnosis", "malignant", 8),
    "breast-cancer": Bundled("Breast cancer, as it is", "load_breast_cancer", "diagnosis"),
    "wine-rare": Bundled("Wine, one of five of the third class kept", "load_wine", "cultivar", "class_2", 5),
}


def read(args: dict) -> dict:
    """{"sample", "folder"} → as `intake.read_table`."""
    from sklearn import datasets

    bundled, folder = ALL[args["sample"]], Path(args["folder"])
    found = getattr(datasets, bundled.loader)()
    names = [str(found.target_names[target]) for target in found.target]
    kept, seen = [], 0
    for place, name in enumerate(names):
        seen += name == bundled.thinned
        if name != bundled.thinned or seen % bundled.each == 0:
            kept.append(place)
    path = folder / f"{args['sample']}.csv"
    columns = [str(name).replace(" ", "_").replace("/", "_per_") for name in found.feature_names]
    tables.write_csv(path, [*columns, bundled.target], ([*map(float, found.data[place]), names[place]] for place in kept))
    try:
        return intake.read_table({"path": str(path), "folder": str(folder), "name": path.name})
    finally:
        path.unlink()

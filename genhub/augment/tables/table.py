"""The ways in which rows are added to small classes, or taken from large ones."""

from dataclasses import dataclass

from genhub.augment.operations import Operation, table
from genhub.options import Config, option

BETWEEN, COPIES = "Points between neighbours", "Copies and choices"
GROUPS = (BETWEEN, COPIES)
TABLES = table(
    Operation("smote", "SMOTE", "New rows on lines between a row and its nearest ones of the same class (Chawla et al. 2002).", BETWEEN),
    Operation(
        "smote-nc",
        "SMOTE-NC",
        "The same where some columns are categories: those take the most frequent one among the neighbours (Chawla et al. 2002).",
        BETWEEN,
    ),
    Operation("borderline-smote", "Borderline-SMOTE", "Only from rows that have other classes for neighbours (Han et al. 2005).", BETWEEN),
    Operation("adasyn", "ADASYN", "The more, the more of a row's neighbours are of other classes (He et al. 2008).", BETWEEN),
    Operation("random-over", "Random over-sampling", "Rows of small classes once more, drawn at random.", COPIES),
    Operation("noise", "Copies with noise", "Rows of small classes once more, with noise on their numbers.", COPIES),
    Operation("random-under", "Random under-sampling", "Rows of large classes are left out at random.", COPIES),
)
NEIGHBOURLY = tuple(name for name, operation in TABLES.items() if operation.group == BETWEEN)


@dataclass(frozen=True)
class ResampleConfig(Config):
    """Even out the classes of a table."""

    method: str = option("smote", "How rows are made, or left out.", choices=tuple(TABLES))
    k: int = option(5, "Neighbours that a new row can lie towards.", label="Neighbours", low=1, high=50)
    ratio: float = option(1.0, "Rows of a small class afterwards, as a share of those of the largest.", label="Balance", low=0.05, high=1.0)
    deviation: float = option(0.1, "Of the noise on copies, in standard deviations of a column.", label="Noise", low=0.0, high=2.0)
    seed: int = option(0, "Decides which rows are drawn, and where new ones lie.", low=0, high=2**31 - 1)

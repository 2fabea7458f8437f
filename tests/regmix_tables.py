"""The tables with part of RegMix's runs, as words of `hf-ablate import`."""

import csv
import gzip
from pathlib import Path


FOLDER = Path(__file__).parent / "fixtures" / "regmix"
MIXTURES_1M, LOSSES_1M = FOLDER / "train_mixture_1m.csv.gz", FOLDER / "train_pile_loss_1m.csv.gz"
MIXTURES_60M, LOSSES_60M = FOLDER / "test_mixture_60m.csv.gz", FOLDER / "test_pile_loss_60m.csv.gz"
AT_1M = ["--mixtures", str(MIXTURES_1M), "--losses", str(LOSSES_1M), "--scale", "1m"]
ALSO_60M = ["--also-mixtures", str(MIXTURES_60M), "--also-losses", str(LOSSES_60M), "--scale", "60m"]


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))

"""Takes the figures of the miniatures, and their numbers, into `recipes/paper/figures`: part of `make paper`."""

import shutil
from pathlib import Path

from PIL import Image

from hf_ablate.cli import main
from hf_ablate.report.curves import training_curves
from hf_ablate.report.drawing import save
from hf_ablate.report.style import style
from hf_ablate.report.training_log import read_log
from hf_ablate.run_folder import RunFolder


FOLDER = Path(__file__).parent / "figures"
RUNS = Path("runs/paper-miniature")
SEEDS = {"small": RUNS / "seeds", "medium": RUNS / "seeds/pools/medium", "large": RUNS / "seeds/pools/large"}
FIGURES = {
    "seeds": RUNS / "seeds/report/figures/training",
    "pool": RUNS / "report/figures/components",
    "noseed": RUNS / "pools/noseed/report/figures/proxies",
    "noseed-own": RUNS / "pools/noseed-own/report/figures/proxies",
    "scale": RUNS / "studies/scale/report/figures/proxies",
    "slices": RUNS / "slices/compare/compare",
    "unequal-fields": RUNS / "studies/unequal-fields/report/figures/micro_macro",
    "years": RUNS / "studies/years/report/figures/windows",
    "everything": RUNS / "studies/everything/report/figures/ranking",
    "swap-field": RUNS / "studies/swap-field/report/figures/ranking",
    **{
        name: RUNS / f"studies/{name}/report/figures/proxies"
        for name in ("within-field", "pairs", "triples", "two-sources")
    },
}
WIDTH, COLOURS = 1300, 96  # small enough for a repository, large enough to read


def compare_slices() -> None:
    """Draw correlation and loss against the number of slices."""
    runs = [str(RUNS / "slices" / number) for number in ("2", "4", "8")]
    if main(["compare", *runs, "--by", "slices", "--output_dir", str(FIGURES["slices"].parent)]):
        raise SystemExit("the slices cannot be compared; run their miniatures first")


def draw_seeds() -> None:
    """Draw the training loss of the three seeds."""
    losses = {f"seed:{name}": read_log(RunFolder(place).seed)[0] for name, place in SEEDS.items()}
    with style():
        save(training_curves(losses), FIGURES["seeds"].parent, FIGURES["seeds"].name)


def take(name: str, figure: Path) -> None:
    """Copy a figure's numbers, and its picture in few colours."""
    shutil.copy(figure.with_suffix(".csv"), FOLDER / f"{name}.csv")
    with Image.open(figure.with_suffix(".png")) as picture:
        height = round(picture.height * WIDTH / picture.width)
        small = picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
        small.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    compare_slices()
    draw_seeds()
    for figure_name, place in FIGURES.items():
        take(figure_name, place)

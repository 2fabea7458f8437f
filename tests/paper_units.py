"""The 139 units of the paper's study and their groups, as its recipe names them."""

from pathlib import Path

from hf_ablate.commands import find_command
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.mixtures.units import CorpusUnits


_RECIPE = Path(__file__).parent.parent / "recipes" / "paper" / "pool" / "partition.yaml"
PAPER = CorpusUnits.of(CorpusDescription.planned(find_command("partition").parse(["--config", str(_RECIPE)])))

"""The scores of a real pool in tests/fixtures/pool_scores/: merges and ensembles of all 91 mixtures, 70 references."""

import gzip
import json
from pathlib import Path

from hf_ablate.evaluation.row_blocks import blocks_of
from hf_ablate.evaluation.rows import ScoreRow
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.read_evidence import evidence_of
from hf_ablate.prediction.scores import collect_scores


POOL = Path(__file__).parent / "fixtures" / "pool_scores"


def read_pool(metric: str = "bits_per_byte") -> Evidence:
    """All that is known of the pool."""
    mixtures = [Mixture.of(row["weights"]) for row in map(json.loads, open(POOL / "mixtures.jsonl", "rb"))]
    with gzip.open(POOL / "rows.jsonl.gz", "rb") as file:
        blocks = blocks_of(ScoreRow(**json.loads(line)) for line in file)
    return evidence_of(collect_scores(blocks, mixtures, metric, "val"), metric)

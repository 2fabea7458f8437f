"""`make architectures`: every text architecture of transformers, tried, and the table of what works."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path


REPOSITORY = Path(__file__).parent.parent.parent
VERSIONS = ", ".join(f"{name} {version(name)}" for name in ("transformers", "mergekit", "peft"))
TABLE = REPOSITORY / "docs" / "architectures.md"
HEAD = f"""# Architectures

`make architectures` has written this page, with {VERSIONS}. It makes a tiny model of
random weights of every text architecture that `AutoModelForCausalLM` knows, and uses it as a seed:

- **train**: two components, two steps each; the seed is saved unchanged;
- **merge**: their average in memory is the average of the weights, and the one on the disk is the same, loaded by
  transformers with nothing missing and nothing unexpected; *mergekit* or, where it does not know the files,
  *hf_ablate* has written it;
- **score**: the scores of the average are those of a computation document by document;
- **LoRA**: a component trained as an adapter of all linear layers gives, folded, the logits of the adapter; of *some
  layers* where peft cannot adapt all.

`make test` does the same for those in **bold**.

Tensors that transformers converts when it loads a model (experts that are saved one by one, renamed heads) are kept
in the folder of temporary files (`TMPDIR`) while merges are scored, which takes as much disk as they have in all
components.

| model_type | class | train | merge | score | LoRA |
| --- | --- | --- | --- | --- | --- |
"""


def main(names: list[str]) -> int:
    """Try the architectures and write the table; the number of those in which something fails."""
    import transformers
    from architectures.checks import make_study
    from architectures.test_architectures import FREQUENT
    from tiny_architectures import LEFT_OUT, architectures
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    transformers.logging.set_verbosity_error()
    logging.disable(logging.WARNING)
    rows, failed = [], []
    with tempfile.TemporaryDirectory() as folder:
        study = make_study(Path(folder) / "study")
        for name in names or architectures():
            if name in LEFT_OUT:
                continue
            with tempfile.TemporaryDirectory() as place, redirect_stdout(None):
                cells = try_architecture(name, study, Path(place))
            failed += [name] if any(cell.startswith("fails") for cell in cells) else []
            label = f"**{name}**" if name in FREQUENT else name
            rows.append(f"| {' | '.join([label, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[name], *cells])} |")
            print(rows[-1], flush=True)
    if not names:
        left_out = [
            f"- {', '.join(n for n in LEFT_OUT if LEFT_OUT[n] == why)}: {why}."
            for why in dict.fromkeys(LEFT_OUT.values())
        ]
        TABLE.write_text(HEAD + "\n".join(rows) + "\n\nLeft out:\n\n" + "\n".join(left_out) + "\n", encoding="utf-8")
    print(f"{len(rows)} architectures, {len(failed)} with failures: {', '.join(failed)}")
    return len(failed)


def try_architecture(name: str, study: Path, folder: Path) -> list[str]:
    """What happens in each column."""
    from architectures.checks import check_adapter, check_merge, check_score, train_components

    run_dir = folder / "run"
    steps: list[Callable[[], object]] = [
        lambda: train_components(name, study, folder),
        lambda: check_merge(run_dir),
        lambda: check_score(run_dir),
        lambda: check_adapter(name, run_dir),
    ]
    cells = []
    for step in steps:
        try:
            result = step()
            cells.append(result if isinstance(result, str) else "yes")
        except Exception as error:  # whatever an architecture does is the finding
            reason = next(iter(str(error).strip().splitlines()), "")
            cells.append(f"fails: {type(error).__name__} {reason}"[:200].replace("|", "\\|"))
        if cells[0] != "yes":
            return [*cells, *("-" for _ in steps[1:])]
    return cells


if __name__ == "__main__":
    # Before any import of the Hugging Face libraries: they read these when imported.
    os.environ |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "HF_HOME": tempfile.mkdtemp(prefix="hf-ablate-tests-")}
    sys.path.insert(0, str(REPOSITORY / "tests"))
    sys.exit(1 if main(sys.argv[1:]) else 0)

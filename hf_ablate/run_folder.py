"""The layout of a run folder and the ids of its models: spelled out here, asked for everywhere else."""

import re
from dataclasses import dataclass
from pathlib import Path

from .manifest import has_manifest


TRAINED_KINDS = ("seed", "component", "reference")  # in the order of training
_STUDIES, _POOLS = "studies", "pools"  # folders of run folders that share with the one that they are in
_FOLDERS = {"component": "components", "reference": "references", "merged": "merged"}


def model_id(kind: str, name: str = "") -> str:
    """The id of a model within its study.

    Args:
        kind (`str`): `seed`, `component`, `reference`, `merged` or `ensemble`.
        name (`str`): the unit of a component, the mixture id of the others; empty for the seed.

    Example:

    ```python
    >>> model_id("component", "sympy"), model_id("seed")
    ('component:sympy', 'seed')

    ```
    """
    return f"{kind}:{name}" if name else kind


def split_model_id(model: str) -> tuple[str, str]:
    """The kind and the name in a model's id; the name is empty where there is none.

    Example:

    ```python
    >>> split_model_id("component:sympy"), split_model_id("seed")
    (('component', 'sympy'), ('seed', ''))

    ```
    """
    kind, _, name = model.partition(":")
    return kind, name


def reference_id(mixture: str, repeat: int = 0) -> str:
    """The id of the reference model of a mixture, or of a repeat: the same training with another seed.

    Args:
        mixture (`str`): id of the mixture.
        repeat (`int`): 0 for the first training.

    Example:

    ```python
    >>> reference_id("m-1"), reference_id("m-1", 2)
    ('reference:m-1', 'reference:m-1-repeat2')

    ```
    """
    return model_id("reference", f"{mixture}-repeat{repeat}" if repeat else mixture)


def split_reference_id(model: str) -> tuple[str, int]:
    """The id of the mixture of a reference model, and the number of its repeat; 0 for the first training.

    Example:

    ```python
    >>> split_reference_id("reference:m-1"), split_reference_id("reference:m-1-repeat2")
    (('m-1', 0), ('m-1', 2))

    ```
    """
    mixture, _, repeat = split_model_id(model)[1].partition("-repeat")
    return mixture, int(repeat or 0)


def _folder_name(name: str) -> str:
    """A model's name without `+` and `@`, which mergekit reads as LoRA and revision in a path."""
    return re.sub("[%+@]", lambda match: f"%{ord(match[0]):02X}", name)


@dataclass(frozen=True)
class RunFolder:
    """Where everything in a study's run folder is.

    Run folders may lie inside each other, so that nothing is partitioned, trained or scored twice: one in `studies/`
    is a study over the corpus and the models of the run folder around it, one in `pools/` another pool of models on
    the same corpus.

    Args:
        path (`Path`): the run folder. With `Path()`, all places are relative to it.

    Example:

    ```python
    >>> RunFolder(Path("runs/x")).component("sympy").as_posix()
    'runs/x/models/components/sympy'
    >>> RunFolder(Path()).model("reference:m-1").as_posix()
    'models/references/m-1'
    >>> RunFolder(Path()).component("C++").as_posix()
    'models/components/C%2B%2B'
    >>> study = RunFolder(Path("runs/x/pools/1b/studies/pairs"))
    >>> study.corpus.as_posix(), study.seed.as_posix(), study.scores.as_posix()
    ('runs/x/corpus', 'runs/x/pools/1b/models/seed', 'runs/x/pools/1b/studies/pairs/scores')

    ```
    """

    path: Path

    @property
    def around(self) -> "RunFolder | None":
        """The run folder that this one is inside of, and shares with; `None` for one by itself."""
        path = self.path.absolute() if len(self.path.parts) == 1 else self.path
        return RunFolder(path.parent.parent) if path.parent.name in (_STUDIES, _POOLS) else None

    @property
    def pool(self) -> "RunFolder":
        """The run folder with the models: this one or, for a study inside another, that one."""
        is_study = self.around is not None and self.path.absolute().parent.name == _STUDIES
        return self.around.pool if is_study else self

    @property
    def pools(self) -> Path:
        """Other pools on the same corpus, each a run folder."""
        return self.path / _POOLS

    @property
    def corpus(self) -> Path:
        """Base units, evaluation text and the tokenizer; finished as a whole."""
        return self.path / "corpus" if self.around is None else self.around.corpus

    @property
    def units(self) -> Path:
        """The token blocks of all base units."""
        return self.corpus / "units"

    def unit(self, name: str) -> Path:
        """The token blocks of a base unit."""
        return self.units / name

    @property
    def seed_text(self) -> Path:
        """The token blocks that the seed is trained on."""
        return self.corpus / "seed"

    @property
    def eval(self) -> Path:
        """Evaluation text, `<source>/<split>/*.jsonl.gz`."""
        return self.corpus / "eval"

    @property
    def tokenizer(self) -> Path:
        """The tokenizer that the corpus was tokenised with."""
        return self.corpus / "tokenizer"

    @property
    def mixtures(self) -> Path:
        """The candidate mixtures."""
        return self.path / "mixtures"

    @property
    def mixtures_file(self) -> Path:
        """The candidate mixtures, one JSON object a line."""
        return self.mixtures / "mixtures.jsonl"

    @property
    def proposed_file(self) -> Path:
        """The rounds of a study, one JSON object a line: the reference models that each has asked for."""
        return self.mixtures / "proposed.jsonl"

    @property
    def models(self) -> Path:
        """All models; each folder in it is finished independently of the others."""
        return self.path / "models" if self.pool is self else self.pool.models

    @property
    def seed(self) -> Path:
        """The seed model."""
        return self.models / "seed"

    def component(self, unit: str) -> Path:
        """The component model of a unit."""
        return self.model(model_id("component", unit))

    def reference(self, mixture: str) -> Path:
        """The reference model of a mixture, by its id."""
        return self.model(model_id("reference", mixture))

    def merged(self, mixture: str) -> Path:
        """The saved merge of a mixture, by its id."""
        return self.model(model_id("merged", mixture))

    def model(self, model: str) -> Path:
        """The folder of a model, by its id."""
        kind, name = split_model_id(model)
        folder = self.models / _FOLDERS.get(kind, kind)
        return folder / _folder_name(name) if name else folder

    def saved_models(self, *kinds: str) -> list[Path]:
        """The folders of all finished models of these kinds, in the order of the kinds, then of their names."""
        folders: list[Path] = []
        for kind in kinds:
            folder = self.models / _FOLDERS.get(kind, kind)
            folders += [folder] if kind == "seed" else sorted(folder.glob("[!.]*"))
        return [folder for folder in folders if has_manifest(folder)]

    @property
    def scores(self) -> Path:
        """Score rows of all models and proxies."""
        return self.path / "scores"

    @property
    def race(self) -> Path:
        """The result of a race between mixtures."""
        return self.path / "race"

    @property
    def observations(self) -> Path:
        """Runs that were imported."""
        return self.path / "observations"

    @property
    def runs_file(self) -> Path:
        """The imported runs, one JSON object a line."""
        return self.observations / "runs.jsonl"

    @property
    def ranking(self) -> Path:
        """The ranking and its agreement with reference models."""
        return self.path / "ranking"

    @property
    def ranking_file(self) -> Path:
        """Every target's mixtures, best first."""
        return self.ranking / "ranking.json"

    @property
    def ranked_scores_file(self) -> Path:
        """The scores of all mixtures on all targets as arrays, where records of all would be too many."""
        return self.ranking / "scores.npz"

    @property
    def agreement_file(self) -> Path:
        """How well each predictor agrees with the reference models."""
        return self.ranking / "agreement.json"

    @property
    def effects(self) -> Path:
        """What changes of a mixture do, and what its units are worth."""
        return self.path / "effects"

    @property
    def effects_file(self) -> Path:
        """The effects, the Shapley values and the interactions."""
        return self.effects / "effects.json"

    @property
    def updates(self) -> Path:
        """How far, and which way, the components are from the seed."""
        return self.path / "updates" if self.pool is self else self.pool.updates

    @property
    def updates_file(self) -> Path:
        """The lengths of the components' updates, and the cosines between them."""
        return self.updates / "updates.json"

    @property
    def report(self) -> Path:
        """The page and its figures."""
        return self.path / "report"

    @property
    def page(self) -> Path:
        """The page."""
        return self.report / "index.html"

    @property
    def explorer(self) -> Path:
        """The interactive page."""
        return self.report / "explorer.html"

    @property
    def figures(self) -> Path:
        """The page's figures as PNG and PDF, and their numbers."""
        return self.report / "figures"


def scores_of_pool(folder: Path) -> Path:
    """The scores of the pool that a folder of scores belongs to: for any folder but a study's `scores`, itself."""
    run_folder = RunFolder(folder.parent)
    return run_folder.pool.scores if folder == run_folder.scores else folder


def scores_to_share(folder: Path) -> list[Path]:
    """The folders whose score rows count for a folder of scores, which comes last; see [`RunFolder`].

    Args:
        folder (`Path`): a study's `scores`, which shares with its pool and with all studies over that; or any other
            folder, which does not.
    """
    of_pool = scores_of_pool(folder)
    is_shared = folder == RunFolder(folder.parent).scores
    studies = sorted(of_pool.parent.glob(f"{_STUDIES}/*/{of_pool.name}")) if is_shared else []
    return [*dict.fromkeys(each for each in (of_pool, *studies) if each != folder), folder]

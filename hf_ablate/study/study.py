"""A study from Python: the run folder that the commands read and write, without the command line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ..errors import InputError, unknown_name
from ..evaluation.row_blocks import blocks_of
from ..evaluation.row_files import read_current_blocks
from ..lock import run_folder_lock
from ..manifest import has_manifest, read_manifest
from ..mixtures.choose import BEST
from ..mixtures.enumerate import CandidateMixture, read_mixtures
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import MERGE
from ..mixtures.ranked import read_ranking
from ..remote_code import trusting
from ..run_folder import RunFolder
from .frames import (
    agreement_frame,
    barrier_frame,
    comparison_frame,
    cosines_frame,
    distances_frame,
    effects_frame,
    proposal_frame,
    ranking_frame,
    scores_frame,
    shapley_frame,
)
from .options import as_option, check_options
from .plots import StudyPlots
from .run import RunArguments, parse_stages, run, run_folder_of


if TYPE_CHECKING:
    import pandas

    from ..evaluation.scoring.mixture_scorer import MixtureScorer


@dataclass(frozen=True)
class Study:
    """A study's run folder. Tables are read when they are asked for, so they are never out of date.

    Args:
        run_dir (`Path`): the run folder.
        recipes (`Path`, *optional*): the folder of recipes that makes it; only [`Study.run`] needs it.
        changes (`tuple[str, ...]`): changes to the recipes, as `stage.key=value`.
        trust_remote_code (`bool`): whether [`Study.score`] may run the code that the models bring along.

    Example:

    ```python
    import hf_ablate as ha

    study = ha.Study.open("runs/quickstart")
    study.ranking().head()
    study.score(ha.Mixture.of({"pandas": 0.7, "torch": 0.3}))
    ```
    """

    run_dir: Path
    recipes: Path | None = None
    changes: tuple[str, ...] = ()
    trust_remote_code: bool = False

    @classmethod
    def open(cls, run_dir: str | Path, trust_remote_code: bool = False) -> "Study":
        """The study in a run folder, however far it has got.

        Args:
            run_dir (`str` or `Path`): made by the commands, by [`Study.run`] or by `hf-ablate pull`.
            trust_remote_code (`bool`): whether [`Study.score`] may run the code that the models bring along.

        Raises:
            `InputError`: if the folder does not exist, or nothing of a study in it is finished.
        """
        folder = RunFolder(Path(run_dir))
        if not any(map(has_manifest, (folder.corpus, folder.mixtures, folder.seed, folder.scores))):
            raise InputError(
                f"{run_dir} is not the run folder of a study (looked for {Path(run_dir).resolve()}): it has no "
                "finished corpus, mixtures, seed or scores; `Study.from_recipes(FOLDER).run()` makes one"
            )
        return cls(folder.path, trust_remote_code=trust_remote_code)

    @classmethod
    def from_recipes(
        cls, recipes: str | Path, run_dir: str | Path | None = None, changes: Sequence[str] = ()
    ) -> "Study":
        """The study that a folder of recipes describes; nothing is run.

        Args:
            recipes (`str` or `Path`): the folder, with one YAML file per stage, or the name of a study that comes with
                the package.
            run_dir (`str` or `Path`, *optional*): the run folder; default: the one that the recipes name.
            changes (`Sequence[str]`): changes to recipes, such as `train.learning_rate=1e-3`.

        Raises:
            `InputError`: for any mistake in a recipe or change.
        """
        arguments = RunArguments(study=Path(recipes), run_dir=run_dir and Path(run_dir), set=list(changes))
        stages = parse_stages(arguments)
        return cls(run_folder_of(stages), Path(recipes), tuple(changes))

    def run(self, dry_run: bool = False, executor: str | None = None, ray_address: str | None = None) -> "Study":
        """Run all stages, as `hf-ablate run` does: what is finished and unchanged is skipped.

        Args:
            dry_run (`bool`): print what would be done, and do nothing.
            executor (`str`, *optional*): `local` or `ray`: where partition, train and evaluate work, on this machine
                or on a Ray cluster; default: as the recipes have it.
            ray_address (`str`, *optional*): of the cluster, such as `HOST:PORT`; default: RAY_ADDRESS, or one of this
                machine alone.

        Returns:
            [`Study`]: this study.

        Raises:
            `InputError`: if the study was opened without recipes, and for any mistake in them.
        """
        if self.recipes is None:
            raise InputError(
                f"{self.run_dir} was opened without its recipes; use `Study.from_recipes(FOLDER)` to run it"
            )
        arguments = RunArguments(
            study=self.recipes, run_dir=self.run_dir, set=list(self.changes), dry_run=dry_run,
            executor=executor, ray_address=ray_address,
        )  # fmt: skip
        run(arguments)
        return self

    @property
    def candidates(self) -> list[CandidateMixture]:
        """The mixtures under study, and whether each gets a reference model."""
        return read_mixtures(self.run_dir)

    @property
    def mixtures(self) -> list[Mixture]:
        """The mixtures under study."""
        return [candidate.mixture for candidate in self.candidates]

    @property
    def units(self) -> list[str]:
        """The base units of the corpus; of a study without its corpus, those of its mixtures."""
        folder = RunFolder(self.run_dir)
        if has_manifest(folder.corpus):
            from ..corpus.description import CorpusDescription

            return list(CorpusDescription.read(self.run_dir).units)
        return sorted({unit for mixture in self.mixtures for unit in mixture.units})

    def scores(self, metric: str = "bits_per_byte", split: str | None = None) -> "pandas.DataFrame":
        """The scores of all models and proxies: one row per model, one column per domain.

        Args:
            metric (`str`): `bits_per_byte`, `ppl_token`, `ppl_byte`, `ppl_char` or `ppl_word`; lower is better.
            split (`str`, *optional*): of the evaluation text; default: the one that was scored.

        Returns:
            `pandas.DataFrame`: float64 [models, domains], see [`scores_frame`].

        Raises:
            `InputError`: if the study has not been scored, or not on this split.
        """
        blocks = read_current_blocks(RunFolder(self.run_dir).scores)
        splits = sorted({block.split for block in blocks})
        if split is not None and split not in splits:
            raise unknown_name("split", split, splits)
        return scores_frame([block for block in blocks if split in (None, block.split)], metric)

    def ranking(self, target: str | None = None, predictor: str | None = None) -> "pandas.DataFrame":
        """The mixtures on one target, best first, with the numbers of `hf-ablate rank`.

        Args:
            target (`str`, *optional*): `mean` (the mean of all domains), a source (the mean of its domains),
                `<source>/<domain>`, or `<domain>` where only one source has it, a task; default: the study's target.
            predictor (`str`, *optional*): `merge` or `ensemble`, as they were scored, or a macro proxy, such as
                `merged_by_field`, where there is one; default: the one that answers.

        Returns:
            `pandas.DataFrame`: see [`ranking_frame`].

        Raises:
            `InputError`: if the study has not been ranked, and for an unknown target or predictor.
        """
        ranking = read_ranking(self.run_dir)
        return ranking_frame(ranking, ranking.target(target), ranking.predictor(predictor))

    def agreement(self, target: str | None = None, group: str | int = "all") -> "pandas.DataFrame":
        """How well each predictor agrees with the reference models, with the numbers of `hf-ablate rank`.

        Args:
            target (`str`, *optional*): as of [`Study.ranking`].
            group (`str` or `int`): `all`, or a number of units, for the mixtures of that many units only.

        Returns:
            `pandas.DataFrame`: see [`agreement_frame`].

        Raises:
            `InputError`: if the study has not been ranked, and for an unknown target or group.
        """
        from ..ranking.measured import read_agreement

        target = read_ranking(self.run_dir).target(target)
        return agreement_frame(read_agreement(self.run_dir), target, str(group))

    def effects(
        self,
        mixture: str | Mapping[str, float] | Mixture = BEST,
        target: str | Mapping[str, float] | None = None,
        groups: str | None = None,
        confidence: float = 0.9,
    ) -> "pandas.DataFrame":
        """What dropping, adding, swapping and upweighting units does, with the numbers of `hf-ablate effects`.

        Args:
            mixture (`str`, `Mapping[str, float]` or [`Mixture`]): that is changed: `best` (the first of the ranking),
                `uniform` (all units), an id, a name, or weights.
            target (`str` or `Mapping[str, float]`, *optional*): that is judged, as of [`Study.ranking`], or weights of
                targets; default: the study's target.
            groups (`str`, *optional*): the field whose groups of units are changed as one; default: units are.
            confidence (`float`): of the intervals.

        Returns:
            `pandas.DataFrame`: see [`effects_frame`].

        Raises:
            `InputError`: for an unknown mixture, unit, target or field.
        """
        return effects_frame(self._effects(mixture, target, groups, confidence))

    def shapley(
        self,
        mixture: str | Mapping[str, float] | Mixture = BEST,
        target: str | Mapping[str, float] | None = None,
        groups: str | None = None,
        confidence: float = 0.9,
    ) -> "pandas.DataFrame":
        """What each unit of a mixture is worth, with the numbers of `hf-ablate effects`.

        Args:
            mixture (`str`, `Mapping[str, float]` or [`Mixture`]): whose units are judged, as of [`Study.effects`].
            target (`str` or `Mapping[str, float]`, *optional*): that they are judged on.
            groups (`str`, *optional*): the field whose groups of units are judged in place of units.
            confidence (`float`): of the intervals.

        Returns:
            `pandas.DataFrame`: see [`shapley_frame`].

        Raises:
            `InputError`: as [`Study.effects`] does.
        """
        return shapley_frame(self._effects(mixture, target, groups, confidence))

    def _effects(
        self,
        mixture: str | Mapping[str, float] | Mixture,
        target: str | Mapping[str, float] | None,
        groups: str | None,
        confidence: float,
    ) -> dict[str, Any]:
        from ..ablation.arguments import EffectsArguments
        from ..ablation.written import study_effects

        arguments = EffectsArguments(
            run_dir=self.run_dir,
            mixture=as_option(mixture),
            target=target and as_option(target),
            groups=groups,
            confidence=confidence,
        )
        return study_effects(self.run_dir, arguments.settings)

    def compare(
        self,
        first: str | Mapping[str, float] | Mixture,
        second: str | Mapping[str, float] | Mixture,
        target: str | Mapping[str, float] | None = None,
        confidence: float = 0.9,
    ) -> "pandas.DataFrame":
        """Which of two mixtures is better, with the numbers of `hf-ablate effects --compare`.

        Args:
            first (`str`, `Mapping[str, float]` or [`Mixture`]): a mixture, as of [`Study.effects`].
            second (`str`, `Mapping[str, float]` or [`Mixture`]): the other.
            target (`str` or `Mapping[str, float]`, *optional*): that they are judged on.
            confidence (`float`): of the intervals.

        Returns:
            `pandas.DataFrame`: see [`comparison_frame`].

        Raises:
            `InputError`: for an unknown mixture, unit or target, and where both are the same mixture.
        """
        from ..ablation.comparison import compare_mixtures

        asked = [as_option(first), as_option(second)]
        return comparison_frame(compare_mixtures(self.run_dir, asked, target and as_option(target), confidence))

    def propose(self, purpose: str = "best", **options: Any) -> "pandas.DataFrame":
        """What `hf-ablate propose` proposes: the best mixture, models to train, or units of which more would help.

        Args:
            purpose (`str`): `best`, `reference` or `unit`.
            options: those of the command: `target` and `prior` (also as mappings), `least` and `most` (its `--min` and
                `--max`), `max_units`, `max_epochs`, `total_tokens`, `available_tokens`, `max_distance`, `max_kl`, …

        Returns:
            `pandas.DataFrame`: of the best mixture, a row with `name`, `score`, `sd`, `low`, `high`, `gap` and the
            weight of every unit, indexed by `mixture_id`; of reference models, a row each with what it saves; of
            units, the table `limits`, indexed by `unit`.

        Raises:
            `InputError`: for an unknown option, contradictory constraints, and a study without scores.
        """
        from ..search.arguments import ProposeArguments
        from ..search.propose import propose

        check_options(options, ProposeArguments)
        given = {name: options[name] for name in ("target", "prior") if options.get(name) is not None}
        options |= {name: as_option(value) for name, value in given.items()}
        return proposal_frame(propose(ProposeArguments(run_dir=self.run_dir, purpose=purpose, **options)), self.units)

    def distances(self) -> "pandas.DataFrame":
        """How far training has moved the weights of components and reference models from those of the seed.

        Returns:
            `pandas.DataFrame`: see [`distances_frame`].

        Raises:
            `InputError`: if the seed is missing, and for models of another architecture.
        """
        from ..merging.distance import distance

        folder = RunFolder(self.run_dir)
        read_manifest(folder.seed)
        models = folder.saved_models("component", "reference")
        return distances_frame({read_manifest(model)["model"]: distance(folder.seed, model) for model in models})

    def cosines(self) -> "pandas.DataFrame":
        """Which way training has moved the components: the cosines of the angles between their updates.

        The weights of all components are read once; the cosines are kept in the run folder.

        Returns:
            `pandas.DataFrame`: see [`cosines_frame`].

        Raises:
            `InputError`: if the weights of the seed or of two components are not there.
        """
        from ..merging.pool_updates import pool_updates

        updates = pool_updates(self.run_dir, math.inf)
        if updates is None:
            raise InputError(f"{self.run_dir} does not hold the weights of the seed and of two components")
        return cosines_frame(updates)

    def barrier(self, first: str, second: str, target: str | Mapping[str, float] | None = None) -> "pandas.DataFrame":
        """What merges of two components lose against the straight line between the two.

        Args:
            first (`str`): the unit of a component.
            second (`str`): another.
            target (`str` or `Mapping[str, float]`, *optional*): that they are judged on, as of [`Study.effects`].

        Returns:
            `pandas.DataFrame`: see [`barrier_frame`].

        Raises:
            `InputError`: for an unknown unit or target, and if no merges are scored.
        """
        from ..prediction.barriers import find_barrier
        from ..ranking.refit import fit_ranked

        fitted = fit_ranked(self.run_dir)
        barrier = find_barrier(fitted.table, (first, second), fitted.evidence.target(target).weights)
        if barrier is None:
            raise InputError(f"no merges of the components of {self.run_dir} are scored")
        return barrier_frame(barrier)

    def score(
        self,
        mixture: Mixture | Sequence[Mixture],
        proxy: str = MERGE.option,
        domains: Sequence[str] | None = None,
        metric: str = "bits_per_byte",
        extrapolate: bool = False,
    ) -> "pandas.DataFrame":
        """Score the proxies of any mixtures of the study's units now; nothing is trained.

        The components stay in memory from the first call on: open the study again after its models were trained anew.

        Args:
            mixture ([`Mixture`] or a sequence of them): under study or not.
            proxy (`str`): `merge` (the components' weights are averaged), `ensemble` (their probabilities), or `both`.
            domains (`Sequence[str]`, *optional*): only these, as `<source>/<domain>` or `<domain>`; default: all.
            metric (`str`): `bits_per_byte`, `ppl_token`, `ppl_byte`, `ppl_char` or `ppl_word`; lower is better.
            extrapolate (`bool`): where components were trained on mixtures, score the nearest mixture inside their
                hull for one outside.

        Returns:
            `pandas.DataFrame`: float64 [mixtures, domains], in the form of [`Study.scores`].

        Raises:
            `InputError`: if components are missing, for an unknown unit, proxy, domain or metric, and for mixtures
                outside the hull.
        """
        mixtures = [mixture] if isinstance(mixture, Mixture) else mixture
        names = None if domains is None else list(domains)
        with trusting(self.trust_remote_code):
            rows = [row for one in mixtures for row in self._scorer.score(one, proxy, names, extrapolate)]
        return scores_frame(blocks_of(rows), metric)

    @cached_property
    def _scorer(self) -> "MixtureScorer":
        from ..evaluation.scoring.mixture_scorer import MixtureScorer

        return MixtureScorer.open(self.run_dir)

    def export(
        self,
        to: str,
        mixture: str | Mapping[str, float] | Mixture = BEST,
        output: str | Path | None = None,
        **options: Any,
    ) -> str:
        """A mixture as the configuration of a trainer, as `hf-ablate export` writes it.

        Args:
            to (`str`): the format: `datasets`, `trl`, `mergekit`, `torchtitan`, `nanotron`, `olmo-core`, `megatron`,
                `litgpt`, `mosaic-streaming`, `csv`, `json` or `yaml`.
            mixture (`str`, `Mapping[str, float]` or [`Mixture`]): `best` (the first of the ranking), an id, a name, or
                weights.
            output (`str` or `Path`, *optional*): the file to write; default: none.
            options: those of the command: `total_tokens`, `max_epochs`, `available_tokens`, `data`, `data_dir`,
                `random_seed`, `stopping_strategy`, `overwrite`.

        Returns:
            `str`: the text of the file.

        Raises:
            `InputError`: for an unknown format, mixture, unit or option, a file that is there, and units that are
                repeated more often than `max_epochs`.
        """
        from ..exports.arguments import ExportArguments
        from ..exports.export import export

        check_options(options, ExportArguments)
        return export(
            ExportArguments(self.run_dir, to, as_option(mixture), None if output is None else Path(output), **options)
        )

    @property
    def plot(self) -> StudyPlots:
        """The report's figures."""
        return StudyPlots(self.run_dir)

    def report(
        self,
        title: str | None = None,
        top: int = 10,
        targets: Sequence[str] = (),
        colour_by: str = "number_of_units",
        slow: str = "auto",
    ) -> Path:
        """Write the report, as `hf-ablate report` does.

        Args:
            title (`str`, *optional*): of the page; default: the run folder's name.
            top (`int`): mixtures in the table of the ranking.
            targets (`Sequence[str]`): what the page shows beside the mean of domains; default: a choice of all.
            colour_by (`str`): what colours of mixtures stand for, such as `method` or a field of the corpus.
            slow (`str`): `auto`, `all` or `none` of what takes long.

        Returns:
            `Path`: the page, which opens offline.

        Raises:
            `InputError`: if the study has not been ranked, and for an unknown target or field.
        """
        from ..report.arguments import ReportSettings
        from ..report.write import write_report

        with run_folder_lock(self.run_dir):
            return write_report(self.run_dir, ReportSettings(title, top, tuple(targets), colour_by, slow))

    def push(
        self, repo_prefix: str, what: Sequence[str] = ("all",), dry_run: bool = False, **options: Any
    ) -> "pandas.DataFrame":
        """Push the study to the Hub, as `hf-ablate push` does; private unless `public=True`.

        Args:
            repo_prefix (`str`): `ORG/NAME`; the repositories are `ORG/NAME-seed`, `ORG/NAME-corpus`, ….
            what (`Sequence[str]`): parts of the study: `seed`, `components`, `references`, `merged`, `corpus`,
                `scores`, `report`, `explorer`, or `all` that are finished.
            dry_run (`bool`): only compare with what is on the Hub.
            options: those of the command: `public`, `revision`, `overwrite`, `license`, `corpus_license`, `language`.

        Returns:
            `pandas.DataFrame`: a row per repository, indexed by `member`; columns `repo_id`, `repo_type`, `state`,
            `files`, `bytes`, `url`.

        Raises:
            `InputError`: for an unknown part or option, and for what must not be published or replaced.
        """
        import pandas

        from ..hub.arguments import Part, PushArguments
        from ..hub.push import push_study

        for part in what:
            if part not in get_args(Part):
                raise unknown_name("part of a study", part, list(get_args(Part)))
        check_options(options, PushArguments)
        rows, _ = push_study(
            PushArguments(run_dir=self.run_dir, repo_prefix=repo_prefix, what=list(what), dry_run=dry_run, **options)
        )
        return pandas.DataFrame(rows).set_index("member")

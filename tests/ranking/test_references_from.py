"""Reference models of another run folder, of a larger size, judge the proxies of this one."""

import json

import numpy as np
import pytest
from synthetic_study import UNITS, add_to_manifest, make_study, subsets

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.manifest import read_manifest
from hf_ablate.mixtures.ranked import read_ranking
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.ranking.measured import read_agreement
from hf_ablate.report.headline import trust
from hf_ablate.report.ranked_study import read_ranked_study


MIXTURES = [mixture for mixture in subsets(UNITS) if len(mixture.units) != 3]
OTHERS = [mixture for mixture in subsets(UNITS) if len(mixture.units) < 4]


def enlarge(run_dir, factor=10):
    """Make the models of a run folder larger, and their losses lower."""
    for manifest in run_dir.glob("models/**/manifest.json"):
        add_to_manifest(manifest.parent, parameters=factor * read_manifest(manifest.parent)["parameters"])
    path = run_dir / "scores" / "rows.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row | {"sum_logprob": 0.6 * row["sum_logprob"]}) + "\n" for row in rows))


@pytest.fixture(scope="module")
def scales(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scales")
    make_study(folder / "small", MIXTURES, references=9, proxies=("merged", "ensemble"))
    enlarge(make_study(folder / "large", OTHERS, references=12))
    assert main(rank_words(folder)) == 0
    return folder


def rank_words(folder):
    words = ["--run_dir", folder / "small", "--references_from", folder / "large", "--bootstrap_samples", 100]
    return ["rank", *map(str, words)]


def losses(folder, kind, domain="sympy"):
    """Mixture id → bits per byte of a kind of model."""
    rows = [row for row in read_current_rows(folder / "scores") if (row.kind, row.domain) == (kind, domain)]
    return {row.model.partition(":")[2]: row.bits_per_byte for row in rows}


def test_proxies_are_judged_by_the_other_folders_references_of_the_same_mixtures(scales):
    proxies, references = losses(scales / "small", "merged"), losses(scales / "large", "reference")
    joined = sorted(proxies.keys() & references.keys())
    assert 3 < len(joined) < len(references), "others are no candidates of the small study"
    group = read_agreement(scales / "small").group("in_domain/sympy")
    assert group["n"] == len(joined)
    expected = np.corrcoef([proxies[each] for each in joined], [references[each] for each in joined])[0, 1]
    assert group["predictors"]["merged"]["pearson"]["value"] == pytest.approx(expected)
    shown = read_ranking(scales / "small").entries("in_domain/sympy", "merged")
    found = {entry["mixture_id"]: entry["reference"] for entry in shown if entry["reference"] is not None}
    assert found == pytest.approx({each: references[each] for each in joined})


def test_own_references_and_components_are_runs_at_another_scale(scales):
    evidence = read_evidence(scales / "small", references_from=scales / "large")
    assert (evidence.own_scale, evidence.scale) == ("1.18m", "11.8m")
    (runs,) = evidence.other_scales.values()
    assert len(runs) == 9 + len(UNITS)
    assert "other_scale" in read_agreement(scales / "small").predictors


def test_both_sizes_are_told(scales, capsys):
    said = "1.18m proxies against 11.8m references"
    assert main(rank_words(scales)) == 0
    assert said in " ".join(capsys.readouterr().out.split())
    assert said in trust(read_ranked_study(scales / "small"))[0]
    content = read_ranking(scales / "small").content
    assert [content[key] for key in ("proxy_scale", "reference_scale", "references_from")] == [
        "1.18m", "11.8m", "../large"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "corpus", "message"),
    [
        ({"split": "test"}, {}, "are scored on split 'test', and the proxies on 'val'"),
        (
            {"data": {"in_domain": "x", "web": "y"}},
            {},
            "only here: out_of_domain; only there: web; another: in_domain",
        ),
        ({"limit": 9, "limit_by": "domain"}, {}, "scored on 9 documents of each domain, and the proxies on all docum"),
        ({"tokenizer_digest": "tokenizer-2"}, {}, "they have another tokenizer"),
        ({}, {"units": ["scipy", "sympy"]}, "of other units .only here: networkx, pandas, transformers."),
    ],
)
def test_references_that_mean_something_else_are_refused(scales, tmp_path, scores, corpus, message):
    other = make_study(tmp_path, OTHERS[:9], references=3)
    manifest = read_manifest(other / "scores")
    add_to_manifest(other / "scores", measurement=manifest["measurement"] | scores)
    units = read_manifest(other / "corpus")["units"]
    add_to_manifest(other / "corpus", units={name: units[name] for name in corpus.get("units", units)})
    with pytest.raises(InputError, match=message):
        read_evidence(scales / "small", references_from=other)


def test_no_mixture_in_common_and_the_folder_itself_are_refused(scales, tmp_path):
    other = make_study(tmp_path, [mixture for mixture in subsets(UNITS) if len(mixture.units) == 3], references=3)
    with pytest.raises(InputError, match="none of the 3 reference models of .* is of a mixture"):
        read_evidence(scales / "small", references_from=other)
    with pytest.raises(InputError, match="names the run folder itself"):
        read_evidence(scales / "small", references_from=scales / "small")


def test_models_of_several_sizes_in_one_folder_are_refused(tmp_path, capsys):
    study = make_study(tmp_path, OTHERS[:9], references=3)
    reference = next((study / "models" / "references").iterdir())
    add_to_manifest(reference, parameters=1_110_000_000)
    assert main(["rank", "--run_dir", str(study)]) == 2
    assert f"{reference.name} has 1.1b parameters and " in (error := capsys.readouterr().err)
    assert "1.18m: models of several sizes cannot be in one run folder" in error

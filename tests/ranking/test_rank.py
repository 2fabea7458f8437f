import json
import re

import numpy as np
import pytest
from synthetic_study import DOMAINS, UNITS, World, add_to_manifest, make_study, subsets, write_scores

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.rows import add_rows
from hf_ablate.manifest import read_manifest, write_text
from hf_ablate.mixtures.choose import choose_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import Ranking, read_ranking
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.ranking import rank, ranked
from hf_ablate.ranking.arguments import RankArguments, RankSettings
from hf_ablate.ranking.measured import best_predictors, read_agreement


FIELDS = dict(zip(UNITS, ("graphs", "tables", "numbers", "numbers", "language"), strict=True))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = make_study(tmp_path_factory.mktemp("study"), proxies=("merged", "ensemble"))
    add_to_manifest(folder / "corpus", groups={unit: {"fields": {"field": FIELDS[unit]}} for unit in UNITS})
    rank.run(RankArguments(run_dir=folder))
    return folder


def test_targets_are_the_mean_sources_and_domains(study):
    targets = read_ranking(study).targets
    assert list(targets)[:4] == ["mean", "in_domain", "pooled:in_domain", "in_domain/networkx"]
    assert len(targets) == 1 + 2 * 2 + len(DOMAINS) + 1
    assert {target["level"] for target in targets.values()} == {"mean", "source_mean", "source", "domain", "group"}
    assert read_ranking(study).members["field=numbers"] == ["in_domain/scipy", "in_domain/sympy"]


def test_mixtures_are_sorted_by_what_is_predicted_and_by_each_proxys_score(study):
    ranking = read_ranking(study)
    assert list(ranking.ranked_by) == [ranking.answered_by, "merged", "ensemble"]
    for target in ranking.targets:
        for predictor in ranking.ranked_by:
            entries = ranking.entries(target, predictor)
            assert len({entry["mixture_id"] for entry in entries}) == 31
            assert [entry["score"] for entry in entries] == sorted(entry["score"] for entry in entries)
            assert [entry["rank"] for entry in entries] == list(range(1, 32))


def test_the_mean_is_over_domains_and_a_unit_alone_has_its_components_score(study):
    ranking = read_ranking(study)
    alone = Mixture.uniform(["sympy"]).id

    def score(target):
        return next(entry["score"] for entry in ranking.entries(target, "merged") if entry["mixture_id"] == alone)

    world = World()
    own = {domain: world.component("sympy", domain) for domain in DOMAINS}
    assert score("in_domain/sympy") == pytest.approx(own["in_domain", "sympy"])
    assert score("mean") == pytest.approx(np.mean(list(own.values())))
    assert score("out_of_domain") == pytest.approx(
        np.mean([value for (source, _), value in own.items() if source == "out_of_domain"])
    )


def test_reference_scores_stand_beside_the_proxies(study):
    entries = read_ranking(study).entries("mean", "merged")
    assert sum(entry["reference"] is not None for entry in entries) == 14


def test_agreement_has_every_predictor_and_group(study):
    found = read_agreement(study)
    assert found.content["reference_budget"] == "fixed"
    assert found.references == 14
    fitted = ["chosen", "stack", "laws", "exponential_law", "power_law", "process"]
    proxies = ["merged", "ensemble"]
    baselines = [
        "soft_minimum", "component_mean", "component_min", "own_domain_weight", "number_of_units", "random"
    ]  # fmt: skip
    assert set(found.predictors) == {*fitted, *proxies, *baselines}
    assert next(iter(found.predictors)) == "chosen"
    assert [name for name, facts in found.predictors.items() if facts["proxy"]] == proxies
    assert [name for name, facts in found.predictors.items() if facts["baseline"]] == baselines
    groups = found.targets["mean"]
    assert sum(group["n"] for name, group in groups.items() if name != "all") == groups["all"]["n"] == 14
    for target in found.targets.values():
        for group in target.values():
            assert set(group["predictors"]) == set(found.predictors)
    own = found.group("in_domain/sympy")["predictors"]["own_domain_weight"]
    assert own["pearson"]["value"] > 0.5
    elsewhere = found.group()["predictors"]["own_domain_weight"]["pearson"]
    assert [elsewhere[name] for name in ("value", "low", "high")] == [None] * 3
    assert elsewhere["reason"] == "not defined for this target"


def test_the_number_of_units_says_nothing_within_one_number_of_units(study):
    groups = read_agreement(study).targets["mean"]
    size, group = next((size, group) for size, group in groups.items() if size != "all" and group["n"] >= 3)
    entry = group["predictors"]["number_of_units"]
    assert entry["pearson"]["value"] is None, size
    assert entry["decision_accuracy"]["value"] == 0.5


def test_best_is_the_highest_decision_accuracy(study):
    for target in read_agreement(study).targets.values():
        group = target["all"]
        accuracy = {name: entry["decision_accuracy"]["value"] for name, entry in group["predictors"].items()}
        known = [value for value in accuracy.values() if value is not None]
        assert best_predictors(group) == [name for name, value in accuracy.items() if value == max(known)]


def test_the_tables(study, capsys):
    rank.run(RankArguments(run_dir=study, top=3))
    printed = capsys.readouterr().out
    assert "networkx + pandas + scipy + sympy + transformers" in printed
    assert "and 28 more" in printed
    assert "reference budget: fixed" in printed
    assert "best by decision accuracy" in printed
    assert "own-domain weight" in printed


def test_json(study, capsys):
    rank.run(RankArguments(run_dir=study, output_format="json"))
    printed = json.loads(capsys.readouterr().out)
    folder = study / "ranking"
    files = [json.loads((folder / name).read_text()) for name in ("ranking.json", "agreement.json")]
    assert printed == files[0] | files[1]


def test_nothing_is_done_twice_and_a_change_is_seen(tmp_path):
    make_study(tmp_path)
    rank.run(RankArguments(run_dir=tmp_path))
    before = (tmp_path / "ranking" / "manifest.json").stat().st_mtime_ns
    rank.run(RankArguments(run_dir=tmp_path, top=5))
    assert (tmp_path / "ranking" / "manifest.json").stat().st_mtime_ns == before
    rank.run(RankArguments(run_dir=tmp_path, metric="ppl_token"))
    assert read_ranking(tmp_path).unit_of_measure == "perplexity per token"


def test_the_same_input_gives_the_same_files(tmp_path):
    texts = []
    for name in ("a", "b"):
        make_study(tmp_path / name)
        rank.run(RankArguments(run_dir=tmp_path / name))
        texts.append((tmp_path / name / "ranking" / "agreement.json").read_text())
    assert texts[0] == texts[1]


def test_a_dry_run_needs_nothing_and_writes_nothing(tmp_path, capsys):
    rank.run(RankArguments(run_dir=tmp_path, dry_run=True))
    assert "bits_per_byte" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_without_references_there_is_a_ranking_and_no_agreement(tmp_path, capsys):
    make_study(tmp_path, references=0)
    rank.run(RankArguments(run_dir=tmp_path))
    assert "no reference model" in capsys.readouterr().out
    found = read_agreement(tmp_path)
    assert found.references == 0
    entry = found.group()["predictors"]["merged"]["pearson"]
    assert entry["value"] is None and "fewer than 3" in entry["reason"]


def test_two_references_give_no_number(tmp_path, capsys):
    make_study(tmp_path, references=2)
    rank.run(RankArguments(run_dir=tmp_path))
    assert "fewer than 3 reference models" in capsys.readouterr().out


def scored(kinds, drop=()):
    """model id → (mixture, scores), for the models of some kinds; `drop` holds (model id, domain) without a score."""
    world = World()
    values = {f"component:{unit}": (Mixture.uniform([unit]), world.component, unit) for unit in UNITS}
    for kind in kinds:
        make = world.reference if kind == "reference" else world.merged
        values |= {f"{kind}:{mixture.id}": (mixture, make, mixture) for mixture in subsets(UNITS)}
    return {
        model: (mixture, {domain: make(what, domain) for domain in DOMAINS if (model, domain) not in drop})
        for model, (mixture, make, what) in values.items()
    }


def test_references_of_one_unit_are_left_out(tmp_path):
    make_study(tmp_path)
    write_scores(tmp_path, scored(["merged", "reference"]))
    rank.run(RankArguments(run_dir=tmp_path))
    found = read_agreement(tmp_path)
    assert found.references == 26
    assert {row["mixture_id"] for row in found.content["left_out"]} == {Mixture.uniform([unit]).id for unit in UNITS}
    assert "1" not in found.targets["mean"]


def test_a_missing_score_is_predicted_from_those_of_the_others(tmp_path, caplog):
    pair = Mixture.uniform(["pandas", "sympy"])
    scores = {}
    for name, drop in (("whole", []), ("missing", [(f"merged:{pair.id}", ("in_domain", "scipy"))])):
        make_study(tmp_path / name)
        write_scores(tmp_path / name, scored(["merged"], drop=drop))
        rank.run(RankArguments(run_dir=tmp_path / name))
        entries = read_ranking(tmp_path / name).entries("in_domain/scipy")
        assert len(entries) == 31
        scores[name] = {entry["mixture_id"]: entry["score"] for entry in entries}
    assert "1 of 31 mixtures lack scores of kind merged" in caplog.text
    assert scores["missing"][pair.id] == pytest.approx(scores["whole"][pair.id], abs=0.03)
    assert scores["missing"][pair.id] != scores["whole"][pair.id]


def test_a_study_of_one_unit_is_ranked_by_its_component(tmp_path, capsys):
    world = World(units=["sympy"])
    folder = make_study(tmp_path, [Mixture.uniform(["sympy"])], references=0, world=world)
    rank.run(RankArguments(run_dir=folder))
    assert "Ranking of 1 mixture by" in capsys.readouterr().out
    (entry,) = read_ranking(folder).entries("in_domain/sympy")
    assert entry["score"] == pytest.approx(world.component("sympy", ("in_domain", "sympy")))


def test_a_ranking_of_another_form_is_an_input_error(tmp_path):
    make_study(tmp_path, references=0)
    rank.run(RankArguments(run_dir=tmp_path))
    manifest = read_manifest(tmp_path / "ranking")
    write_text(
        tmp_path / "ranking" / "manifest.json",
        json.dumps(manifest | {"inputs": manifest["inputs"] | {"form": "an older one"}}),
    )
    with pytest.raises(InputError, match="another version of hf_ablate; run `hf-ablate rank` again"):
        read_ranking(tmp_path)


def test_no_proxy_is_an_input_error(tmp_path):
    make_study(tmp_path)
    write_scores(tmp_path, scored(["reference"]))
    with pytest.raises(InputError, match="no proxy of the 31 candidate mixtures"):
        rank.run(RankArguments(run_dir=tmp_path))


def test_a_split_without_scores_is_an_input_error(tmp_path):
    make_study(tmp_path)
    with pytest.raises(InputError, match="no scores on split 'test'; splits with scores: val"):
        rank.run(RankArguments(run_dir=tmp_path, split="test"))


def test_references_of_two_budgets_are_an_input_error(tmp_path):
    make_study(tmp_path)
    path = next((tmp_path / "models" / "references").iterdir()) / "manifest.json"
    path.write_text(path.read_text().replace('"fixed"', '"union"'))
    with pytest.raises(InputError, match="different budgets"):
        rank.run(RankArguments(run_dir=tmp_path))


def test_an_unfinished_evaluation_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="scores is not finished"):
        rank.run(RankArguments(run_dir=tmp_path))


@pytest.mark.parametrize(
    "wrong",
    [{"bootstrap_samples": 10}, {"confidence": 95}, {"top": 0}, {"random_seed": -1}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_arguments_are_checked(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        RankArguments(**wrong)


def printed_json(capsys, **options) -> dict:
    capsys.readouterr()
    rank.run(RankArguments(output_format="json", **options))
    return json.loads(capsys.readouterr().out)


def test_the_studys_target_is_recorded_printed_and_chooses_the_best_mixture(study, capsys, monkeypatch):
    whole, shown = printed_json(capsys, run_dir=study), printed_json(capsys, run_dir=study, target="sympy")
    assert whole["target"] == "mean" and shown == whole | {"target": "in_domain/sympy"}
    entries = [row for row in shown["ranking"] if row["predictor"] == whole["answered_by"]]
    entries = [row for row in entries if row["target"] == "in_domain/sympy"]
    assert choose_mixtures(study, ["best"])[0].id == entries[0]["mixture_id"]
    monkeypatch.setenv("COLUMNS", "200")
    rank.run(RankArguments(run_dir=study, target="sympy", top=31))
    printed = capsys.readouterr().out
    order = re.findall(r"^\d+ +(\S.*?)  ", printed, re.MULTILINE)
    assert order[:31] == [row["name"] for row in entries]
    assert "(lower is better) on in_domain/sympy" in printed and "chosen on in_domain/sympy" in printed
    rank.run(RankArguments(run_dir=study))  # as the other tests have it


def test_an_unknown_target_is_a_mistake_before_anything_is_written(tmp_path):
    make_study(tmp_path)
    with pytest.raises(InputError, match="unknown target 'in_domain/sympi'; did you mean 'in_domain/sympy'"):
        rank.run(RankArguments(run_dir=tmp_path, target="in_domain/sympi"))
    assert not (tmp_path / "ranking").exists()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_tables_fit_the_terminal(study, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    rank.run(RankArguments(run_dir=study))
    assert max(map(len, capsys.readouterr().out.splitlines())) <= columns


def test_mixtures_that_begin_alike_are_told_apart():
    units = [f"a_unit_with_a_long_name_{number:02}" for number in range(12)]
    mixtures = [Mixture.of(dict.fromkeys(units, 1) | {unit: 1.001}) for unit in units]
    rows = [{"mixture_id": mixture.id, "mixture": mixture.weights} for mixture in mixtures]
    shown = Ranking({"mixtures": rows}).names()
    assert len(set(shown.values())) == len(mixtures)
    assert all(len(text) <= 96 and mixture in text for mixture, text in shown.items())


def test_the_best_is_tied_with_itself_and_a_higher_confidence_ties_more(study, tmp_path):
    tied = {}
    for confidence in (0.6, 0.999):
        make_study(tmp_path / str(confidence))
        rank.run(RankArguments(run_dir=tmp_path / str(confidence), confidence=confidence))
        entries = read_ranking(tmp_path / str(confidence)).entries()
        assert entries[0]["tied"]
        tied[confidence] = {entry["mixture_id"] for entry in entries if entry["tied"]}
    assert tied[0.6] < tied[0.999]


def test_a_predictor_that_is_asked_for_answers(tmp_path):
    make_study(tmp_path, proxies=("merged", "ensemble"))
    rank.run(RankArguments(run_dir=tmp_path, predictor="component_mean"))
    ranking = read_ranking(tmp_path)
    assert ranking.answered_by == "component_mean" and ranking.content["reason"] == "it was asked for"
    rank.run(RankArguments(run_dir=tmp_path, predictor="trees"))
    assert read_ranking(tmp_path).answered_by == "trees"
    assert "trees" in read_agreement(tmp_path).predictors
    with pytest.raises(InputError, match="unknown predictor 'stak'; did you mean 'stack'"):
        rank.run(RankArguments(run_dir=tmp_path, predictor="stak"))


def test_a_weighted_target_is_the_weighted_sum_of_its_parts(study):
    rank.run(RankArguments(run_dir=study, target='{"in_domain/sympy": 3, "out_of_domain": 1}'))
    ranking = read_ranking(study)
    name = next(name for name, facts in ranking.targets.items() if facts["level"] == "weighted")
    assert name == ranking.study_target == "0.75 in_domain/sympy + 0.25 out_of_domain"

    def scores(target):
        return {entry["mixture_id"]: entry["score"] for entry in ranking.entries(target)}

    domain, source = scores("in_domain/sympy"), scores("out_of_domain")
    expected = {mixture: 0.75 * domain[mixture] + 0.25 * source[mixture] for mixture in domain}
    assert scores(name) == pytest.approx(expected)
    rank.run(RankArguments(run_dir=study))  # as the other tests have it


def scores_of(ranking, target, predictor="merged"):
    return {entry["mixture_id"]: entry["score"] for entry in ranking.entries(target, predictor)}


def test_a_groups_target_is_the_mean_of_its_domains_and_known_to_all_commands(study, capsys):
    ranking = read_ranking(study)
    scores = {name: scores_of(ranking, f"in_domain/{name}") for name in ("scipy", "sympy")}
    expected = {mixture: (scores["scipy"][mixture] + scores["sympy"][mixture]) / 2 for mixture in scores["scipy"]}
    assert scores_of(ranking, "field=numbers") == pytest.approx(expected)
    for words in (["rank", "--run_dir"], ["propose"], ["effects"]):
        assert main([*words, str(study), "--target", "field=numberz"]) == 2
        assert "unknown target 'field=numberz'; did you mean 'field=numbers'?" in capsys.readouterr().err


def test_the_pooled_score_of_a_source_is_that_of_its_sums(study):
    sums = {}
    for row in read_current_rows(study / "scores"):
        if row.kind == "merged" and row.source == "in_domain":
            sums.setdefault(row.model, []).append(row)
    pooled = {model.partition(":")[2]: add_rows(rows, "in_domain").bits_per_byte for model, rows in sums.items()}
    found = scores_of(read_ranking(study), "pooled:in_domain")
    assert {mixture: found[mixture] for mixture in pooled} == pytest.approx(pooled)
    assert found != pytest.approx(scores_of(read_ranking(study), "in_domain")), "documents count by their length"
    assert read_evidence(study, "ppl_token").pooled == {}, "perplexities do not add up over text"


def test_held_out_predictions_are_nearer_to_the_references_than_chance(study):
    for records in read_agreement(study).held_out.values():
        errors = np.array([row["score"] - row["reference"] for row in records])
        references = np.array([row["reference"] for row in records])
        assert len(records) == 14 and errors.std() < references.std()
        assert all(row["low"] < row["score"] < row["high"] for row in records)


def test_a_ranking_of_very_many_records_keeps_them_as_arrays(tmp_path, monkeypatch):
    """Its entries are those of the same ranking as records, and the records of the study's target stay in the file."""
    run_dir = make_study(tmp_path, references=2, proxies=("merged", "ensemble"))  # few: no laws are fitted
    settings = RankSettings("bits_per_byte", "val", bootstrap_samples=10, confidence=0.9, random_seed=0)
    with monkeypatch.context() as patch:
        patch.setattr(ranked, "_MOST_RECORDS", 100)
        rank.rank_mixtures(run_dir, settings)
    large = read_ranking(run_dir)
    assert (run_dir / "ranking" / "scores.npz").is_file()
    (run_dir / "ranking" / "manifest.json").unlink()
    rank.rank_mixtures(run_dir, settings)
    whole = read_ranking(run_dir)
    assert not (run_dir / "ranking" / "scores.npz").exists()
    assert {row["target"] for row in large.content["ranking"]} == {large.study_target}
    for target in whole.targets:
        for predictor in whole.ranked_by:
            assert large.entries(target, predictor) == whole.entries(target, predictor) != []
    assert large.entries("no such target") == []

"""`hf-ablate evaluate` from the command line to the files, and again after it was killed."""

import csv
import io
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from lm_eval.utils import make_table
from tiny_pool import (
    UNITS,
    bos_tokenizer,
    component_folders,
    count_rows,
    count_tokens,
    read_candidates,
    read_rows,
    save_model,
    tiny_model,
    write_eval_data,
    write_jsonl,
)  # fmt: skip

from hf_ablate.cli import main
from hf_ablate.evaluation.document_rows import read_documents
from hf_ablate.evaluation.row_files import read_current_blocks, read_current_rows
from hf_ablate.evaluation.rows import METRICS, add_rows
from hf_ablate.evaluation.tables import levels
from hf_ablate.lock import run_folder_lock
from hf_ablate.manifest import read_manifest
from hf_ablate.merging.config import merge_yaml
from hf_ablate.mixtures.mixture import Mixture


def evaluate(*words) -> int:
    return main(["evaluate", *map(str, words)])


def scores(folder) -> dict[tuple, float]:
    return {(row.model, row.source, row.domain): row.sum_logprob for row in read_current_rows(folder)}


@pytest.fixture(scope="module")
def scored(study, tmp_path_factory):
    """The study, scored."""
    run_dir = shutil.copytree(study, tmp_path_factory.mktemp("scored") / "study")
    assert evaluate("--run_dir", run_dir) == 0
    return run_dir


def test_a_study_gets_rows_for_every_model_and_domain(scored):
    rows = read_current_rows(scored / "scores")
    mixtures = len(read_candidates(scored))
    assert len(rows) == (1 + len(UNITS) + 1 + 2 * mixtures) * (len(UNITS) + 1)
    assert {row.kind for row in rows} == {"seed", "component", "reference", "merged", "ensemble"}
    assert all(math.isfinite(row.sum_logprob) and row.sum_logprob < 0 for row in rows)


def test_the_proxy_of_one_unit_has_its_components_scores(scored):
    found = scores(scored / "scores")
    single = Mixture.uniform(["beta"]).id
    for model, source, domain in list(found):
        if model == f"merged:{single}":
            assert found[model, source, domain] == found["component:beta", source, domain]
        if model == f"ensemble:{single}":
            expected = found["component:beta", source, domain]
            assert found[model, source, domain] == pytest.approx(expected, rel=1e-6)


def test_a_second_run_scores_nothing_and_changes_nothing(scored, monkeypatch, capsys):
    seen = count_tokens(monkeypatch)
    before = (scored / "scores" / "rows.jsonl").read_bytes(), read_manifest(scored / "scores")
    assert evaluate("--run_dir", scored) == 0
    assert ((scored / "scores" / "rows.jsonl").read_bytes(), read_manifest(scored / "scores")) == before
    assert seen == []
    assert re.search(r"^kind +model +mean +pooled", capsys.readouterr().out, re.MULTILINE)


def test_only_what_changed_is_scored_again(scored, tmp_path, monkeypatch):
    run_dir = shutil.copytree(scored, tmp_path / "study")
    save_model(
        run_dir / "models" / "components" / "gamma", tiny_model(33), model="component:gamma", kind="component",
        mixture={"gamma": 1.0},
    )  # fmt: skip
    seen = count_tokens(monkeypatch)
    assert evaluate("--run_dir", run_dir) == 0
    # gamma itself, and the three merges of two or more units that hold it, on two sources
    assert len(seen) == (1 + 3) * 2
    rows = read_current_rows(run_dir / "scores")
    assert len(rows) == len(read_current_rows(scored / "scores"))
    without = [row for row in rows if "gamma" not in (row.mixture or {})]
    old = scores(scored / "scores")
    assert all(old[row.model, row.source, row.domain] == row.sum_logprob for row in without)


KILL = """
import os, signal, sys
from hf_ablate.cli import main
from hf_ablate.evaluation.scoring import score_folder
original, calls = score_folder.append_blocks, []
def torn(path, rows):
    original(path, rows)
    calls.append(path)
    if len(calls) == 7:
        with open(path, "a") as file:
            file.write('{"model": "merged:m-1')
        os.kill(os.getpid(), signal.SIGKILL)
score_folder.append_blocks = torn
main(sys.argv[1:])
"""


def test_a_killed_sweep_goes_on_where_it_stopped(study, scored, tmp_path, monkeypatch):
    run_dir = shutil.copytree(study, tmp_path / "study")
    words = ["evaluate", "--run_dir", str(run_dir), "--per_document"]
    killed = subprocess.run([sys.executable, "-c", KILL, *words], capture_output=True, env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL
    assert not (run_dir / "scores" / "manifest.json").exists()
    kept = read_rows(run_dir / "scores")
    assert {row.model for row in kept} == {"seed", "component:alpha", "component:beta", "component:gamma"}
    seen = count_tokens(monkeypatch)
    assert main(words) == 0
    merged = len([row for row in read_candidates(study) if len(row["weights"]) > 1])
    assert len(seen) == 1 + 2 + 2 * merged  # half of gamma, the reference model, the merges of several units
    assert scores(run_dir / "scores") == pytest.approx(scores(scored / "scores"), rel=1e-6)
    rows = read_rows(run_dir / "scores")
    assert count_rows(run_dir / "scores" / "rows.jsonl") == len(rows)
    documents = read_documents(run_dir / "scores")
    assert len((run_dir / "scores" / "documents.jsonl").read_text().splitlines()) == len(documents)


def test_rows_per_document_add_up_to_the_score_rows(scored, tmp_path):
    folder = tmp_path / "out"
    model, data = scored / "models" / "seed", scored / "corpus"
    assert evaluate("--model", model, "--data", data, "--output_dir", folder) == 0
    rows = read_rows(folder)
    assert not (folder / "documents.jsonl").exists()
    # asked for later, they are written without a second row of any domain
    assert evaluate("--model", model, "--data", data, "--output_dir", folder, "--per_document") == 0
    assert read_rows(folder) == rows and count_rows(folder / "rows.jsonl") == len(rows)
    documents = read_documents(folder)
    for row in rows:
        own = [entry for (key, _), entry in documents.items() if key == row.key]
        assert len(own) == row.num_docs
        for name in ("num_tokens", "num_bytes", "num_chars", "num_words", "sum_logprob"):
            assert sum(entry[name] for entry in own) == pytest.approx(getattr(row, name), rel=1e-12)


def test_shards_of_a_source_add_up_to_it(study, tmp_path):
    data = write_eval_data(tmp_path / "data")
    whole = [json.loads(line) for line in _text(data / "in_domain" / "val" / "part.jsonl.gz").splitlines()]
    shards = [write_jsonl(tmp_path / f"shard{number}.jsonl", whole[number::3]) for number in range(3)]
    model = study / "models" / "seed"
    out = tmp_path / "out"
    assert evaluate("--model", model, "--data", data / "in_domain", *shards, "--output_dir", out) == 0
    rows = read_current_rows(out)
    total = add_rows([row for row in rows if row.source == "in_domain"], "x")
    parts = add_rows([row for row in rows if row.source.startswith("shard")], "x")
    assert parts.sum_logprob == pytest.approx(total.sum_logprob, rel=1e-5)
    names = ("num_docs", "num_tokens", "num_chars", "num_bytes", "num_words")
    assert [getattr(parts, name) for name in names] == [getattr(total, name) for name in names]


def _text(path) -> str:
    import gzip

    return gzip.decompress(path.read_bytes()).decode()


def test_saved_models_pools_and_mergekit_files_are_scored_as_in_their_study(scored, tmp_path):
    mixture = Mixture.uniform(list(UNITS))
    merge = tmp_path / "all.yaml"
    merge.write_text(merge_yaml(mixture, component_folders(scored)))
    out = tmp_path / "out"
    names = [scored / "models" / "components", merge]
    assert evaluate("--model", *names, "--data", scored / "corpus" / "eval", "--output_dir", out) == 0
    expected = scores(scored / "scores")
    found = scores(out)
    assert len(found) == (len(UNITS) + 1) * 4
    for (model, source, domain), value in found.items():
        name = f"merged:{mixture.id}" if model == "all" else f"component:{model}"
        assert value == pytest.approx(expected[name, source, domain], rel=1e-5)
    row = next(row for row in read_current_rows(out) if row.model == "all")
    assert row.kind == "merged" and row.mixture == pytest.approx(dict.fromkeys(UNITS, 1 / 3))


def test_a_chosen_mixture_is_scored_into_a_folder_of_its_own(scored, tmp_path):
    before = (scored / "scores" / "rows.jsonl").read_bytes()
    chosen = read_candidates(scored)[-1]["id"]
    out = tmp_path / "out"
    weights = json.dumps({"alpha": 1, "beta": 3})
    words = ["--run_dir", scored, "--mixture", chosen, "--weights", weights, "--output_dir", out]
    assert evaluate(*words, "--proxy", "merge") == 0
    other = Mixture.of({"alpha": 1, "beta": 3}).id
    assert {row.model for row in read_current_rows(out)} == {f"merged:{chosen}", f"merged:{other}"}
    expected = scores(scored / "scores")
    assert all(value == expected[key] for key, value in scores(out).items() if key[0] == f"merged:{chosen}")
    assert evaluate(*words, "--proxy", "ensemble") == 0
    found = scores(out)
    for key in found.keys() & expected.keys():
        assert found[key] == pytest.approx(expected[key], rel=1e-6)
    assert f"ensemble:{chosen}" in {model for model, _, _ in found}
    assert (scored / "scores" / "rows.jsonl").read_bytes() == before


def test_a_study_that_is_at_work_can_be_scored_into_another_folder(scored, tmp_path, capsys):
    with run_folder_lock(scored):
        assert evaluate("--run_dir", scored) == 2
        assert "another run is working in" in capsys.readouterr().err
        assert evaluate("--run_dir", scored, "--output_dir", tmp_path / "out") == 0
    assert scores(tmp_path / "out") == pytest.approx(scores(scored / "scores"), rel=1e-6)


def test_text_compressed_with_zstandard_has_the_scores_of_plain_text(study, tmp_path):
    rows = [{"text": "a b c", "subdomain": "x"}, {"text": "b c d e", "subdomain": "y"}]
    totals = {}
    for ending in (".jsonl", ".jsonl.zst"):
        data, out = write_jsonl(tmp_path / ending / f"some{ending}", rows), tmp_path / "out" / ending
        assert evaluate("--model", study / "models" / "seed", "--data", data, "--output_dir", out) == 0
        totals[ending] = scores(out)
    assert totals[".jsonl"] == totals[".jsonl.zst"] and len(totals[".jsonl"]) == 2


def test_another_prefix_is_another_measurement(tmp_path):
    folder = save_model(tmp_path / "model", tiny_model(1), model="m", kind="seed", mixture=None)
    bos_tokenizer().save_pretrained(folder)
    data = write_eval_data(tmp_path / "data")
    common = ("--model", folder, "--data", data, "--output_dir", tmp_path / "out")
    for prefix in ("auto", "bos", "eos"):
        assert evaluate(*common, "--prefix", prefix) == 0
    rows = read_rows(tmp_path / "out")
    assert [row.prefix for row in rows] == ["bos"] * 4 + ["eos"] * 4, "auto is bos here, and was not scored again"
    assert rows[0].sum_logprob != rows[4].sum_logprob
    assert {row.prefix for row in read_current_rows(tmp_path / "out")} == {"eos"}


def test_windows_and_limits_are_part_of_a_measurement(study, tmp_path):
    out, model, data = tmp_path / "out", study / "models" / "seed", study / "corpus" / "eval"
    common = ["--model", model, "--data", data, "--output_dir", out]
    assert evaluate(*common) == 0
    whole = read_current_rows(out)
    assert evaluate(*common, "--limit", 2, "--max_length", 16, "--dtype", "bfloat16") == 0
    few = read_current_rows(out)
    assert {(row.limit, row.max_length, row.dtype) for row in few} == {(2, 16, "bfloat16")}
    assert sum(row.num_docs for row in few) == 4 < sum(row.num_docs for row in whole)
    assert evaluate(*common, "--limit", 2, "--limit_by", "domain") == 0
    by_domain = read_current_rows(out)
    assert [row.num_docs for row in by_domain] == [min(row.num_docs, 2) for row in whole]
    assert {row.limit_by for row in by_domain} == {"domain"}
    assert evaluate(*common) == 0
    assert read_current_rows(out) == whole


def test_the_size_of_batches_is_no_part_of_a_measurement(study, tmp_path, monkeypatch):
    common = ["--model", study / "models" / "seed", "--data", study / "corpus" / "eval"]
    assert evaluate(*common, "--output_dir", tmp_path / "a", "--batch_tokens", 64) == 0
    assert evaluate(*common, "--output_dir", tmp_path / "b", "--batch_tokens", 4096) == 0
    assert scores(tmp_path / "a") == pytest.approx(scores(tmp_path / "b"), rel=1e-5)
    seen = count_tokens(monkeypatch)
    assert evaluate(*common, "--output_dir", tmp_path / "a", "--batch_tokens", 512) == 0
    assert seen == []


def test_results_are_printed_at_every_level(scored, capsys):
    capsys.readouterr()
    assert evaluate("--run_dir", scored, "--output_format", "json") == 0
    found = json.loads(capsys.readouterr().out)["scores"]
    assert found == levels(read_current_blocks(scored / "scores"))
    own = [entry for entry in found if entry["model"] == "seed"]
    assert [entry["level"] for entry in own] == ["domain"] * 4 + ["source"] * 2 + ["pooled", "mean"]
    domains, sources, pooled, mean = own[:4], own[4:6], own[6], own[7]
    for metric in METRICS:
        assert mean[metric] == pytest.approx(sum(entry[metric] for entry in domains) / 4, rel=1e-12)
    assert pooled["sum_logprob"] == pytest.approx(sum(entry["sum_logprob"] for entry in sources), rel=1e-12)
    assert sources[0]["num_bytes"] == sum(entry["num_bytes"] for entry in domains[:3])
    assert pooled["ppl_byte"] == pytest.approx(2 ** pooled["bits_per_byte"], rel=1e-12)
    assert mean["num_bytes"] is None and pooled["source"] is None

    assert evaluate("--run_dir", scored, "--output_format", "csv") == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(table) == len(found)
    for entry, expected in zip(table, found, strict=True):
        assert json.loads(entry["mixture"] or "null") == expected["mixture"]
        assert float(entry["bits_per_byte"]) == expected["bits_per_byte"]


def test_results_are_exported_in_the_shape_of_paloma(scored):
    assert evaluate("--run_dir", scored, "--export", "paloma") == 0
    folder = scored / "scores" / "export" / "paloma"
    names = {path.name.removesuffix(".jsonl.gz") for path in folder.iterdir()}
    for source in ("in_domain", "out_of_domain"):
        assert names >= {f"ppl_{source}", *(f"{metric}_ppl_{source}_subdomains" for metric in METRICS)}
    table = [json.loads(line) for line in _text(folder / "ppl_token_ppl_in_domain_subdomains.jsonl.gz").splitlines()]
    seed = next(row for row in table if row["model"] == "seed")
    expected = {row.domain: row for row in read_current_rows(scored / "scores") if row.model == "seed"}
    assert {unit: seed[unit] for unit in UNITS} == {unit: expected[unit].ppl_token for unit in UNITS}
    assert (seed["task"], seed["split"], seed["model_max_length"]) == ("ppl_in_domain", "val", 64)
    assert seed["full_model"] == "lm::pretrained=seed" and seed["num_instances"] == 6


def test_results_are_exported_in_the_shape_of_lm_eval(scored):
    assert evaluate("--run_dir", scored, "--export", "lm_eval") == 0
    (path,) = (scored / "scores" / "export" / "lm_eval" / "component__alpha").iterdir()
    found = json.loads(path.read_text())
    rows = [row for row in read_current_rows(scored / "scores") if row.model == "component:alpha"]
    whole = add_rows([row for row in rows if row.source == "in_domain"], "in_domain")
    assert found["results"]["in_domain"]["bits_per_byte,none"] == whole.bits_per_byte
    assert found["results"]["in_domain"]["word_perplexity,none"] == whole.ppl_word
    assert found["results"]["in_domain_alpha"]["byte_perplexity,none"] == rows[0].ppl_byte
    assert path.name.startswith("results_") and ":" not in path.name
    printed = make_table(found)  # lm-eval's own reader
    assert "out_of_domain" in printed and "bits_per_byte" in printed


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_broken_model_is_named_with_the_document_and_the_rows_before_it_stay(study, tmp_path, value, capsys):
    broken = tmp_path / "broken"
    model = tiny_model(5, tied=False)
    model.lm_head.weight.data[7] = value
    save_model(broken, model, model="m")
    out = tmp_path / "out"
    words = ["--data", study / "corpus" / "eval", "--output_dir", out]
    assert evaluate("--model", study / "models" / "seed", broken, *words) == 2
    message = capsys.readouterr().err
    assert "broken gives a log-probability that is NaN or infinite in 5 of 6 documents" in message
    assert "'alpha-0'" in message
    assert {row.model for row in read_rows(out)} == {"seed"}
    assert evaluate("--model", study / "models" / "seed", *words) == 0


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(study, tmp_path, capsys):
    save_model(tmp_path / "small", tiny_model(0, vocab_size=100), model="m")
    data = study / "corpus" / "eval"
    assert evaluate("--model", tmp_path / "small", "--data", data, "--output_dir", tmp_path / "out") == 2
    assert "knows 100 tokens" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--limit", "0"], "limit is 0; expected at least 1"),
        (["--limit_by", "domain"], "limit_by says what a limit counts, and there is none; give `limit`"),
        (["--limit", "9", "--limit_by", "domain", "--tasks", "t", "--output_dir", "{tmp}/o"], "tasks have no domains"),
        (["--max_length", "0"], "max_length is 0"),
        (["--batch_tokens", "0"], "batch_tokens is 0"),
        (["--model", "x"], "give `output_dir`"),
        (["--model", "x", "--output_dir", "{tmp}/o"], "give `data`"),
        (["--mixture", "m-0"], "give `output_dir`"),
        (["--mixture", "m-0", "--output_dir", "{tmp}/o"], "none of the study's 7 mixtures has the id or name 'm-0'"),
        (["--weights", '{"alpa": 1}', "--output_dir", "{tmp}/o"], "unknown unit 'alpa'; did you mean 'alpha'"),
        (["--weights", '{"alpha": -1}', "--output_dir", "{tmp}/o"], "must be finite and not negative"),
        (["--split", "dev"], "has a split 'dev'"),
        (["--data", "{tmp}/nowhere"], "does not exist"),
        (["--export", "helm"], "invalid choice: 'helm'"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(study, tmp_path, capsys, words, message):
    words = [word.replace("{tmp}", str(tmp_path)) for word in words]
    assert evaluate("--run_dir", study, *words) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


def test_two_models_of_one_name_are_refused(study, tmp_path, capsys):
    twin = shutil.copytree(study / "models" / "seed", tmp_path / "seed")
    words = ["--model", study / "models" / "seed", twin, "--data", study / "corpus", "--output_dir", tmp_path / "o"]
    assert evaluate(*words) == 2
    assert "two models are called 'seed'" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_scored_and_writes_nothing(study, tmp_path, capsys):
    before = {path for path in study.rglob("*")}
    assert evaluate("--run_dir", study, "--dry_run") == 0
    models, cost = capsys.readouterr().out.splitlines()
    assert models == (
        "evaluate: the seed, 3 components, 1 reference model, 7 proxies by merged weights, "
        "7 proxies by averaged probabilities, on split val"
    )
    assert cost.startswith("forward passes of 9 models: ")
    assert {path for path in study.rglob("*")} == before
    assert evaluate("--run_dir", tmp_path / "new", "--dry_run") == 0
    assert "not before earlier stages have run" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def dry_run(run_dir, capsys) -> dict:
    assert evaluate("--run_dir", run_dir, "--dry_run", "--output_format", "json") == 0
    return json.loads(capsys.readouterr().out)


def test_what_a_dry_run_says_of_costs_is_what_scoring_then_records(study, scored, tmp_path, capsys):
    ahead = dry_run(study, capsys)["cost"]
    spent = {row["kind"]: row for row in read_manifest(scored / "scores")["cost"]}
    assert {kind: row["models"] for kind, row in spent.items()} == {
        "seed": 1, "component": 3, "reference": 1, "merged": 4, "ensemble": 7,
    }  # fmt: skip
    assert spent["ensemble"]["tokens"] == spent["ensemble"]["flops"] == 0  # no forward passes
    assert all(row["seconds"] > 0 for row in spent.values())
    assert ahead["models"] == 1 + 3 + 1 + 4
    assert ahead["tokens"] == ahead["models"] * sum(
        row.num_tokens for row in read_current_rows(scored / "scores") if row.model == "seed"
    )
    for name in ("tokens", "flops"):
        assert ahead[name] == sum(row[name] for row in spent.values())
    assert dry_run(scored, capsys)["cost"] == {"models": 0, "tokens": 0, "flops": 0}
    run_dir = shutil.copytree(scored, tmp_path / "study")
    save_model(run_dir / "models/seed", tiny_model(9), model="seed", kind="seed", mixture=None)
    partly = dry_run(run_dir, capsys)["cost"]
    assert partly["models"] == 1 and partly["flops"] == spent["seed"]["flops"]
    assert partly["speed"] == "scoring so far" and partly["seconds"] > 0


def test_the_operations_of_scoring_are_those_of_the_windows_that_are_read(tmp_path):
    folder = save_model(tmp_path / "m", tiny_model(1), model="m", kind="seed", mixture=None)
    write_jsonl(tmp_path / "text" / "s" / "val" / "part.jsonl.gz", [{"text": "a" * 10}])
    words = ["--model", folder, "--data", tmp_path / "text", "--output_dir", tmp_path / "o", "--max_length", 4]
    assert evaluate(*words) == 0
    (cost,) = read_manifest(tmp_path / "o")["cost"]
    layer = 4 * 32 * 32 + 3 * 32 * 48 + 2 * 32
    applied = 264 * 32 + 2 * layer + 32
    # ten tokens in windows of 4, 4 and 2, the last with two tokens of context; two layers of width 32
    assert (cost["tokens"], cost["flops"]) == (10, 12 * (2 * applied + 4 * 2 * 32 * 4))


def test_a_dry_run_of_a_scored_study_loads_neither_torch_nor_transformers(scored):
    words = ["evaluate", "--run_dir", str(scored), "--dry_run"]
    code = (
        f"import sys\nfrom hf_ablate.cli import main\nassert main({words!r}) == 0\n"
        "print([name for name in ('torch', 'transformers', 'scipy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    plan, cost, loaded = result.stdout.splitlines()
    assert "7 proxies by merged weights" in plan and cost == "no forward passes are missing" and loaded == "[]"

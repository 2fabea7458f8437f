"""Wrong input to every command: exit code 2, one line that names it and says what to do, and nothing is changed."""

import hashlib
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
import synthetic_study
import tiny_pool
import tiny_study

from hf_ablate.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study with models (`pool`), a ranked one (`ranked`), recipes (`study`), and files of many kinds."""
    folder = tmp_path_factory.mktemp("wrong")
    tiny_pool.make_study(folder / "pool")
    synthetic_study.make_study(folder / "ranked")
    tiny_study.write_study(folder / "study")
    (folder / "empty").mkdir()
    (folder / "array.jsonl").write_text('[{"text": "a"}]')
    (folder / "bad.jsonl").write_text('{"text": "a"}\n{"text": \n')
    (folder / "surrogate.jsonl").write_text('{"text": "\\ud800"}\n')
    (folder / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\0")
    (folder / "fake.parquet").write_text("PAR1 and no more")
    columns = pa.table([pa.array(["a"])] * 2, ["text", "text"])
    pa.parquet.write_table(columns, folder / "twice.parquet")
    (folder / "odd.npy").write_bytes(b"abc")
    (folder / "loop").symlink_to("loop")
    recipes = {
        "unknown_key": "partiton_by: [a]", "yaml": "roots: [a", "duplicate": "roots: [a]\nroots: [b]", "list": "- a",
        "unquoted": "units: [yes, no]", "date": "value_map: {year: {2012-05-30: x}}", "octal": "units: [0123]",
        "type": "unit_tokens: many", "latin": "roots: [caf\u00e9]",
    }  # fmt: skip
    (folder / "recipe").mkdir()
    for name, text in recipes.items():
        (folder / "recipe" / f"{name}.yaml").write_text(text, encoding="latin-1" if name == "latin" else "utf-8")
    for name in ("ranks", "strange"):
        (folder / name).mkdir()
    (folder / "ranks" / "rank.yaml").touch()
    (folder / "strange" / "partitions.yaml").write_text("roots: [a]")
    return folder


def tree(folder: Path) -> dict[str, str]:
    """The digest of every file; hidden ones are locks, and what an interrupted partition is resumed from."""
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        for name in [str(path.relative_to(folder))]
    }


PARTITION = "partition --run_dir new --source jsonl --partition_by part --roots"
GOOD = f"{PARTITION} study/documents --seed_partitions seed --val_fraction 0.2 --test_fraction 0.2"
EVALUATE = "evaluate --output_dir new --model"
SEED, EVAL = "pool/models/seed", "pool/corpus/eval"
FINISH_FIRST = "is not finished: it has no manifest.json. Run the command that makes it first"
LOOP = "loop cannot be read or written (it is a link that leads back to itself); check its path"
# command → what the one line says: what is wrong, and what to do
WRONG = {
    # the command line
    "frobnicate": "unknown command 'frobnicate'. Known: init, run, partition",
    "rank --run_dir ranked --metrik ppl_token": "unknown option 'metrik'; did you mean 'metric'",
    "rank --run_dir ranked --metric ppl": "--metric: invalid choice: 'ppl' (choose from 'bits_per_byte'",
    "rank --run_dir ranked --top many": "--top: invalid int value: 'many'",
    "evaluate --model caf\udce9": "caf\\udce9 is not UTF-8, so it cannot be recorded; rename the file or folder",
    # recipes
    "partition --config recipe/none.yaml": "recipe/none.yaml does not exist (looked for /",
    "partition --config recipe": "recipe is a folder; name one of the files in it",
    "partition --config recipe/unknown_key.yaml": "unknown key 'partiton_by' in *; did you mean 'partition_by'",
    "partition --config recipe/yaml.yaml": "recipe/yaml.yaml is not valid YAML: line 1: expected ',' or ']'",
    "partition --config recipe/duplicate.yaml": "duplicate.yaml is not valid YAML: line 1: duplicate key 'roots'",
    "partition --config recipe/list.yaml": "recipe/list.yaml holds a list; expected `key: value` lines",
    "partition --config recipe/unquoted.yaml": "`units` holds True, as which YAML reads yes, *quote it",
    "partition --config recipe/date.yaml": "`value_map` holds 2012-05-30, which YAML reads as a date; *quote it",
    "partition --config recipe/octal.yaml": "holds 0123, *as the number 83; *quote it (in recipe/octal.yaml)",
    "partition --config recipe/type.yaml": "--unit_tokens: 'many' is neither a whole number nor all (in *type.yaml",
    "partition --config recipe/latin.yaml": "recipe/latin.yaml is not UTF-8 (byte 11); save it as UTF-8",
    # partition
    f"{PARTITION} nowhere": "root *nowhere does not exist (looked for /",
    f"{PARTITION} loop": "root *loop does not exist (looked for /",
    f"{PARTITION} empty": "glob '**' matches no file under *empty (looked in empty)",
    f"{PARTITION} array.jsonl": "array.jsonl holds one JSON array; expected an object a line. Convert it with",
    f"{PARTITION} bad.jsonl": "bad.jsonl, line 2: is not valid JSON (*). Repair it, or *`on_bad_row: skip`",
    f"{PARTITION} cut.jsonl.gz": "cut.jsonl.gz is cut short or damaged (*); fetch or make it again",
    f"{PARTITION} fake.parquet": "fake.parquet is a parquet file; a corpus reads it with `source: parquet`",
    f"{PARTITION} fake.parquet --source parquet": "is not a readable parquet file (*exclude_globs: ['fake.parquet']",
    f"{PARTITION} twice.parquet --source parquet": "several columns called 'text'; rename or drop all but one",
    f"{PARTITION} odd.npy --source tokens --tokenizer {SEED}": "odd.npy is not a file of uint16 *set `token_dtype`",
    f"{GOOD} --globs *.parquet": "glob '*.parquet' matches no file under",
    f"{GOOD} --text_field body": "field 'body' is missing (`text_field` names it; it has id, part, text)",
    f"{GOOD} --partition_by year": "no document belongs to any partition: 360 has no field 'year', e.g. documents/",
    f"{GOOD} --units englisch": "unknown partition 'englisch'; did you mean 'english'? Known: counting, english",
    f"{GOOD} --tokenizer ./nowhere": "tokenizer folder ./nowhere does not exist (looked for /",
    f"{GOOD} --tokenizer empty": "tokenizer *empty, a folder with a tokenizer.json or a Hub id, cannot be loaded",
    f"{GOOD} --decontaminate_against empty": "`decontaminate_against`: *empty holds no JSON lines with a `text`",
    f"{GOOD} --decontaminate_against surrogate.jsonl": "line 1: `text` holds half a surrogate pair, *repair the row",
    f"{GOOD} --unit_tokens 10": "`unit_tokens` is 10: less than one block of 2048 tokens",
    f"{GOOD} --val_fraction 2": "`val_fraction` and `test_fraction` must not be negative, and must add up to",
    f"{GOOD} --run_dir bad.jsonl": "cannot write to *bad.jsonl: File exists; give another --run_dir",
    f"{GOOD} --run_dir loop": LOOP,
    f"{GOOD} --ray_address auto": "ray_address is 'auto', and executor is not ray; give executor ray, or leave ray",
    # import and predict
    "import new": "expected --mixtures FILE and --losses FILE, tables of the same runs, or a --model FOLDER",
    "import --mixtures bad.jsonl --losses bad.jsonl new": "bad.jsonl, line 2 is not valid JSON *for each run",
    "import --mixtures surrogate.jsonl --losses bad.jsonl new": "line 1 holds half a surrogate pair",
    "import --mixtures fake.parquet --losses bad.jsonl new": "fake.parquet is not a readable parquet file (*make it",
    "import --mixtures twice.parquet --losses bad.jsonl new": "several columns called 'text'; rename or drop all but",
    "import --mixtures empty --losses bad.jsonl new": "empty is a folder; expected a file",
    f'import --model {SEED} --mixture {{"alpha":1,"beta":1}} pool': "pool/models/seed has another tokenizer than the",
    f'import --model {SEED} --mixture {{"alpha":1,"bta":1}} pool': "unknown unit 'bta'; did you mean 'beta'",
    "predict empty --mixtures bad.jsonl": "empty holds neither scores nor imported runs; run `hf-ablate evaluate`",
    "predict ranked --mixtures bad.jsonl": "bad.jsonl, line 2 is not valid JSON",
    # enumerate
    "enumerate --run_dir empty": f"empty/corpus {FINISH_FIRST}",
    "enumerate --run_dir pool --units alfa": "unknown unit 'alfa'; did you mean 'alpha'",
    "enumerate --run_dir pool --methods given": "method 'given' needs `mixtures`, a list of mappings",
    "enumerate --run_dir pool --min_units 9": "method 'subsets' gives no mixture of the 3 units alpha, beta, gamma",
    'enumerate --run_dir pool --methods given --mixtures {"alfa":1}': "unknown unit 'alfa'; did you mean 'alpha'",
    "enumerate --run_dir pool --methods random --sizes 4": "`sizes` has 4, and method 'random' has 3 units",
    "enumerate --run_dir pool --methods windows": "needs an order *; name the units, in order, in `units`",
    "enumerate --run_dir pool --methods across --across alpha *": "'alpha' and '*' both have 'alpha'; name others",
    "enumerate --run_dir pool --methods swap --base_units alpha --group_by field": "'field' asks for groups of units",
    "enumerate --run_dir pool --references beta": "`references` has 'beta', and none of the 4 candidates",
    # train
    "train --run_dir empty": f"empty/corpus {FINISH_FIRST}",
    f"train --run_dir pool --model component:alfa --seed_model {SEED}": "did you mean 'component:alpha'",
    "train --run_dir pool --seed_model empty": "empty is not a saved model: it has no config.json",
    "train --run_dir pool --learning_rate fast": "--learning_rate*: invalid float value: 'fast'",
    "train --run_dir pool --num_gpus 1": "`num_gpus` is what a model takes of a Ray cluster, and executor is local",
    "train --run_dir pool --executor ray --num_gpus -1": "`num_gpus` is -1; expected a whole number, a part of 1, or",
    "train --run_dir pool --executor ray --num_gpus 1 --use_cpu true": "use_cpu: true trains without a GPU; leave one",
    "train --run_dir pool --executor ray --num_cpus 0": "`num_cpus` is 0; expected a positive number, or null",
    "train --run_dir pool --ray_address auto": "ray_address is 'auto', and executor is not ray; give executor ray",
    "train --run_dir pool --executor ray --accelerate_config cpu --num_processes 2": "write it into a configuration",
    "train --run_dir pool --seed_tokens 0 --per_device_train_batch_size 1 --executor ray --ray_address 127.0.0.1:9": (
        "no Ray cluster answers at '127.0.0.1:9' (*start one with `ray start --head`, *or leave out ray_address"
    ),
    "train --run_dir pool --num_processes 2": "--num_processes is an option of accelerate; name an --accelerate_co",
    # evaluate
    "evaluate --run_dir empty": f"empty/mixtures {FINISH_FIRST}",
    "evaluate --run_dir pool --split tset": "has a split 'tset'; expected <source>/tset/*.jsonl.gz",
    "evaluate --run_dir pool --mixture alpha": "are scored into a separate folder; give `output_dir`",
    'evaluate --run_dir pool --weights {"alpha":0}': "all weights of the mixture *at least one must be positive",
    'evaluate --run_dir pool --weights {"alfa":1} --output_dir new': "unknown unit 'alfa'; did you mean 'alpha'?",
    'evaluate --run_dir pool --weights {"field=x":1} --output_dir new': "groups of units, but the corpus records none",
    "evaluate --run_dir pool --mixture x* --output_dir new": "none of the study's 7 mixtures has the id or name 'x*'",
    "evaluate --run_dir pool --proxy none --top 3": "proxy: none scores trained models alone; it cannot be combined",
    "evaluate --run_dir pool --limit_by domain": "limit_by says what a limit counts, and there is none; give `limit`",
    "evaluate --run_dir pool --ray_address auto": "ray_address is 'auto', and executor is not ray; give executor ray",
    "evaluate --run_dir pool --executor ray --accelerate_config cpu": "and executor is ray: either shares out the",
    "evaluate --run_dir pool --limit 0": "limit is 0; expected at least 1",
    f"{EVALUATE} {SEED} --data nowhere": "evaluation data *nowhere does not exist (looked for /",
    f"{EVALUATE} {SEED} --data bad.jsonl": "bad.jsonl, line 2: expected a JSON object with a `text`",
    f"{EVALUATE} {SEED} --data surrogate.jsonl": "surrogate.jsonl, line 1: `text` holds half a surrogate *repair",
    f"{EVALUATE} {SEED} --data array.jsonl": "array.jsonl holds one JSON array; expected an object a line. Convert",
    f"{EVALUATE} {SEED} --data empty": "no source in *empty has a split 'val'; expected <source>/val/*.jsonl.gz",
    f"{EVALUATE} empty --data {EVAL}": "empty is not a saved model (it has no config.json)",
    f"{EVALUATE} loop --data {EVAL}": LOOP,
    # rank and report
    "rank --run_dir nowhere": f"nowhere/scores {FINISH_FIRST}",
    "rank --run_dir pool": f"pool/scores {FINISH_FIRST}",
    "rank --run_dir ranked --split test": "there are no scores on split 'test'; splits with scores: val",
    "rank --run_dir ranked --target pandaz": "unknown target 'pandaz'; did you mean 'pandas'? Known: mean",
    "rank --run_dir ranked --confidence 2": "confidence is 2.0; expected a share between 0 and 1",
    "rank --run_dir ranked --references_from nowhere": f"nowhere/scores {FINISH_FIRST}",
    "rank --run_dir ranked --references_from ranked": "references_from names the run folder itself, ranked; leave it",
    "compare ranked": "compare takes two run folders or more, and got 1; for example",
    "compare ranked nowhere": f"ranked/ranking {FINISH_FIRST}",
    "report --run_dir ranked": f"ranked/ranking {FINISH_FIRST}",
    "report --run_dir ranked --top 0": "top is 0; expected at least 1",
    # propose
    "propose nowhere": "nowhere holds neither scores nor imported runs; run",
    "propose ranked --target pandaz": "unknown target 'pandaz'; did you mean 'pandas'? Known: mean",
    'propose ranked --max {"sumpy":0.1}': "unknown unit 'sumpy'; did you mean 'sympy'",
    'propose ranked --min {"s*":0.7,"pandas":0.4}': "no mixture meets these constraints: min of *1.1, more than 1",
    "propose ranked --max_epochs 1": "max_epochs without total_tokens; both are needed",
    "propose ranked --max_epochs 1 --total_tokens 9e9": "--total_tokens: invalid int value: '9e9'",
    "propose ranked --prior uniform": "prior needs max_distance or max_kl, which say how near to it",
    "propose ranked --confidence_bound 90": "confidence_bound is 90.0; expected a probability between 0 and 1",
    "propose ranked --for reference --count 0": "count is 0; expected at least 1",
    "propose ranked --for reference --samples -1": "samples is -1; expected 0 or more",
    "propose ranked --for unit": "no unit is limited, so the best mixture may have any amount of each; say",
    # effects
    "effects nowhere": "nowhere holds neither scores nor imported runs; run `hf-ablate evaluate`, or",
    "effects ranked": f"ranked/ranking {FINISH_FIRST}",
    "effects ranked --mixture pandaz": "none of the study's 31 mixtures has the id or name 'pandaz'; *lists them",
    'effects ranked --mixture {"pandaz":1}': "unknown unit 'pandaz'; did you mean 'pandas'",
    "effects ranked --mixture {pandas:1}": "the mixture '{pandas:1}' is not a mapping in JSON; expected for example",
    'effects ranked --mixture {"pandas":-1}': "the weight of unit 'pandas' is -1; it must be finite and not negative",
    "effects ranked --mixture uniform --target pandaz": "unknown target 'pandaz'; did you mean 'pandas'? Known: mean",
    "effects ranked --mixture uniform --groups field": "'field' asks for groups of units, but the corpus records none",
    "effects ranked --compare uniform": "compare names 1 mixtures; expected two, for example --compare best uniform",
    "effects ranked --compare uniform sympy --groups field": "compare judges two mixtures, not groups *leave out",
    "effects ranked --compare pandas pandas": "'pandas' and 'pandas' are the same mixture, pandas; name two",
    "effects ranked --compare sympy pandaz": "none of the study's 31 mixtures has the id or name 'pandaz'",
    "effects ranked --confidence 0": "confidence is 0.0; expected a share between 0 and 1, for example 0.9",
    # merge
    "merge --run_dir pool --mixture alfa": "none of the study's 7 mixtures has the id or name 'alfa'; *lists them",
    "merge --run_dir pool": f"pool/ranking {FINISH_FIRST}",
    'merge --run_dir pool --weights {"alfa":1}': "unknown unit 'alfa'; did you mean 'alpha'? Known: alpha, beta",
    'merge --run_dir pool --weights {"alpha":-1}': "the weight of unit 'alpha' is -1; it must be finite and not",
    "merge --run_dir pool --weights alpha": "--weights: 'alpha' is not a mapping in JSON; expected for example",
    # push, pull and convert
    "push empty --repo_prefix org/x": "empty holds nothing that is finished, so there is nothing to push",
    "push nowhere --repo_prefix org/x": "nowhere is not a run folder (looked for /",
    "push pool --repo_prefix x": "`repo_prefix` is 'x'; expected ORG/NAME",
    "pull org/x-pool new": "HF_HUB_OFFLINE is set, and this needs the Hub; unset it",
    "convert ./nowhere out": "nowhere does not exist (looked for *); expected a checkpoint file",
    "convert empty out": "empty has neither config.json nor model.pt with config.yaml; expected a checkpoint file",
    "convert bad.jsonl out": "bad.jsonl is refused: it is not a PyTorch file, *Have whoever made it save",
    f"convert {SEED} out": "is not of the seeds' architecture. transformers may load the model as it is",
    # whole studies
    "run nowhere": "unknown study 'nowhere'. Known: corpus-m2d2-wiki, *; or a folder (looked for /",
    "run empty": "empty holds no recipe; expected some of partition.yaml",
    "run strange": "strange/partitions.yaml does not belong to a stage; the stages are partition",
    "run study/recipes --set partition.unit_tokns=3": "unknown option 'unit_tokns'; did you mean 'unit_tokens'",
    "run study/recipes --set partitoin.unit_tokens=3": "unknown stage 'partitoin'; did you mean 'partition'",
    "run study/recipes --ray_address auto": "ray_address is 'auto', and executor is not ray; give executor ray, or",
    "run study/recipes --executor ray --ray_address 127.0.0.1:9": "no Ray cluster answers at *start one with `ray s",
    "run ranks --executor ray": "executor is for partition, train and evaluate, and the study has no recipe for them",
    "run study/recipes --set unit_tokens": "--set unit_tokens: expected STAGE.KEY=VALUE, for example",
    "validate strange": "strange/partitions.yaml does not belong to a stage; the stages are partition",
    "validate study/recipes --set rank.metric=ppl": "--metric: invalid choice: 'ppl' (choose from",
    "validate study/recipes --set partition.units=[counting,": "'[counting,' is not valid YAML (*put text in quotes",
    "init pool": "pool exists already; name a folder that does not",
    "init new --from nothing": "unknown study 'nothing'. Known: corpus-m2d2-wiki",
}  # fmt: skip


@pytest.mark.parametrize("command", WRONG)
def test_wrong_input_is_told_in_one_line_and_changes_nothing(folder, monkeypatch, capsys, command):
    monkeypatch.chdir(folder)
    before = tree(folder)
    code = main(command.split(" "))
    (line,) = capsys.readouterr().err.splitlines()
    message = re.escape(WRONG[command]).replace(r"\*", ".*")
    assert code == 2 and re.match(f"hf-ablate: error: .*{message}", line), line
    assert tree(folder) == before

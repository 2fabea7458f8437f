#!/usr/bin/env bash
# What the package does on one GPU, in at most 8 minutes: training, scoring, merging, a sweep, sharded training.
#
#     benchmarks/on_gpu.sh            # on a machine with a GPU; writes gpu.json to $OUT, or here
#     benchmarks/on_gpu.sh --tiny     # on a CPU, tiny sizes, to try the parts; a minute or two
#
# Models have random weights, text is that of Python's library: nothing is downloaded but packages, where they are not here.
#     PYTHON=...   an interpreter that has torch and what setup.cfg asks for: it is used as it is
#     WHEELS=...   a folder of wheels: they are installed into an environment of their own, without a network
# Without either, python3 is used if it has what is needed; otherwise pip installs that, from where it usually does.
# WORK=... is a folder to work in (some 15 GB; by default a temporary one, removed at the end), LIMIT=... the seconds.
# Every part has a time limit of its own: what it found until then counts, and the table says that it was cut.
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TINY=${1:-}
OUT=$(realpath -m "${OUT:-$PWD}")
LIMIT=${LIMIT:-475}
SECONDS=0

fail() { echo "on_gpu.sh: $*" >&2; exit 1; }
[ -z "$TINY" ] || [ "$TINY" = --tiny ] || fail "there is no option $TINY, only --tiny"

if [ -n "${WORK:-}" ]; then mkdir -p "$WORK" && WORK=$(realpath "$WORK"); else WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT; fi
PARTS=$WORK/parts
rm -rf "$PARTS"
mkdir -p "$PARTS" "$OUT"

requirements() { # what setup.cfg asks for
    "$1" - "$ROOT/setup.cfg" <<'PYTHON_END'
import configparser, sys
config = configparser.ConfigParser()
config.read(sys.argv[1])
print(config["options"]["install_requires"].strip())
PYTHON_END
}
OPTIONAL="deepspeed lm-eval liger-kernel flash-attn" # what lacks one of them is reported as not available

usable() { # whether an interpreter has what the package needs
    "$1" - <<'PYTHON_END' 2>"$WORK/missing"
import sys
from importlib.util import find_spec
if sys.version_info < (3, 11):
    sys.exit(f"Python {sys.version.split()[0]} is too old, 3.11 is needed")
names = "accelerate argcomplete datasets evaluate filelock huggingface_hub jinja2 matplotlib mergekit numpy pandas peft"
names += " psutil scipy sklearn tokenizers torch tqdm transformers yaml zstandard"
missing = [name for name in names.split() if not find_spec(name)]
if missing:
    sys.exit(f"it lacks {', '.join(missing)}")
PYTHON_END
}

install() { # into an environment of its own, with the given options of pip
    python3 -m venv "$WORK/venv" || fail "python3 cannot make a virtual environment"
    PYTHON=$WORK/venv/bin/python
    requirements "$PYTHON" >"$WORK/requirements.txt"
    "$PYTHON" -m pip install --quiet "$@" -r "$WORK/requirements.txt" || fail "pip could not install what setup.cfg asks for"
    for name in $OPTIONAL; do
        "$PYTHON" -m pip install --quiet --only-binary :all: "$@" "$name" || echo "on_gpu.sh: $name is not to be had" >&2
    done
}

if [ -n "${PYTHON:-}" ]; then
    usable "$PYTHON" || fail "PYTHON=$PYTHON cannot be used: $(tail -1 "$WORK/missing")"
elif [ -n "${WHEELS:-}" ]; then
    [ -d "$WHEELS" ] || fail "WHEELS=$WHEELS is not a folder"
    install --no-index --find-links "$WHEELS"
elif usable python3; then
    PYTHON=python3
else
    echo "on_gpu.sh: python3 is not enough ($(tail -1 "$WORK/missing")); installing" >&2
    install --constraint "$ROOT/constraints.txt"
fi

PYTHON=$(command -v "$PYTHON")
PYTHON=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON") # not what it links to, which is another environment

# The package is used from here; it only has to know its own version.
VERSION=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$ROOT/hf_ablate/__init__.py")
mkdir -p "$WORK/metadata/hf_ablate-$VERSION.dist-info"
printf 'Metadata-Version: 2.1\nName: hf_ablate\nVersion: %s\n' "$VERSION" >"$WORK/metadata/hf_ablate-$VERSION.dist-info/METADATA"
PYTHONPATH="$ROOT:$WORK/metadata${PYTHONPATH:+:$PYTHONPATH}"
PATH="$(dirname "$PYTHON"):$PATH" # ninja, for what is compiled
export PYTHONPATH PATH TORCHINDUCTOR_CACHE_DIR="$WORK/inductor" TRITON_CACHE_DIR="$WORK/triton"
export HF_HUB_OFFLINE=1 TQDM_DISABLE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 TOKENIZERS_PARALLELISM=true

if [ -n "$TINY" ]; then
    DEVICE="a CPU, tiny sizes: no numbers to go by"
    export CUDA_VISIBLE_DEVICES=
else
    DEVICE=$("$PYTHON" -c 'import torch; print(f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}, CUDA {torch.version.cuda}")' 2>"$WORK/missing") ||
        fail "torch finds no GPU ($(tail -1 "$WORK/missing")); --tiny tries the parts on a CPU"
fi
echo "on_gpu.sh: $DEVICE, ready after $SECONDS s" >&2

part() { # NAME SECONDS MODULE WORDS...: run a part, cut it at its limit, and keep how it ended
    local name=$1 most=$2 module=$3 start=$SECONDS code=0
    shift 3
    [ $((LIMIT - SECONDS - 10)) -ge "$most" ] || most=$((LIMIT - SECONDS - 10)) # 10 s for the table
    if [ "$most" -lt 5 ]; then
        echo "124 0" >"$PARTS/$name.ended"
        return
    fi
    timeout --kill-after=3 "$most" "$PYTHON" -m "benchmarks.gpu.$module" --output "$PARTS/$name.json" "$@" \
        >"$PARTS/$name.log" 2>&1 || code=$?
    echo "$code $((SECONDS - start))" >"$PARTS/$name.ended"
    echo "on_gpu.sh: $name ended with code $code after $((SECONDS - start)) s" >&2
    [ "$code" = 0 ] || [ "$code" = 124 ] || [ "$code" = 137 ] || tail -5 "$PARTS/$name.log" >&2
}

cd "$WORK"
if [ -n "$TINY" ]; then
    part score 60 score --sizes tiny=0.02 --length 64 --without_compile
    part merge 60 merge --size tiny --folder "$WORK/components"
    part train 60 train --size tiny --batch 2 --block 32 --steps 20 --peak_tflops 0.1 --folder "$WORK/run" \
        --only sdpa "sdpa, Liger" flash
    part sweep 60 sweep --size tiny --mixtures 20 --tokens 2000 --length 64 --without_compile \
        --folder "$WORK/components"
    part sharding 90 sharding --size tiny --block 32 --device cpu --configs cpu --processes 1 --folder "$WORK/sharded"
else
    part score 100 score
    part merge 50 merge --folder "$WORK/components"
    part train-130m 130 train --size 130m --goal 0.45 --folder "$WORK/130m"
    part train-1.1b 110 train --size 1.1b --batch 8 --goal 0.55 --fastest_of "$PARTS/train-130m.json" --folder "$WORK/1.1b"
    part sweep 80 sweep --folder "$WORK/components"
    part sharding 120 sharding --folder "$WORK/sharded"
    part train-llama 60 train --size 130m --model_type llama --only sdpa "sdpa, Liger" --goal 0.45 --folder "$WORK/llama"
fi
"$PYTHON" -m benchmarks.gpu.collect --parts "$PARTS" --output "$OUT/gpu.json" --device "$DEVICE" --seconds $SECONDS ${TINY:+--tiny} |
    tee "$OUT/gpu.txt"

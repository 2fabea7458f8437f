"""The tokenizer in a model's folder: that `AutoTokenizer` loads what its `tokenizer.json` says.

transformers chooses the class of a tokenizer by the model's architecture. For some (Qwen2, Qwen3.5) the class brings
its own rules of splitting text and takes only the vocabulary from the file, without a word: a model trained from
scratch with another tokenizer would be scored on other tokens than it was trained on.
"""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError
from .manifest import write_json
from .remote_code import loading_options


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


_FILE, _CONFIG = "tokenizer.json", "tokenizer_config.json"
_CODE = Path(__file__).parent / "modeling" / "tokenization_as_saved.py"
_ENTRIES = 4000  # of the vocabulary that are compared
# What rules of splitting differ in: numbers, contractions, blanks, line ends, marks, letters of several characters.
_TEXT = (
    "I'll see 1234567 of it, don't you?\r\n\n\tdef f(x):\n        return x  +=  1\u00a0"
    "e\u0301 é ﬁ Å 漢字かな 안녕 नमस्ते 🙂👩‍💻 ...!!--\n"
)


def vocab_size_of(tokenizer: "PreTrainedTokenizerBase") -> int:
    """The largest id and one: what an embedding needs. There may be fewer entries, with holes between their ids."""
    return 1 + max(tokenizer.get_vocab().values())


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Copy a saved tokenizer into a model's folder, so that `AutoTokenizer` loads it there.

    Where the architecture's own class reads it otherwise, the folder gets a class that reads it as it is.

    Args:
        source (`Path`): the folder of a tokenizer.
        folder (`Path`): holds the model's configuration.

    Raises:
        `InputError`: if `AutoTokenizer` still loads another one.
    """
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if _loads_as_saved(folder):
        return
    shutil.copy(_CODE, folder)
    config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoTokenizer": [None, f"{_CODE.stem}.TokenizerAsSaved"]}
    write_json(folder / _CONFIG, config)
    check_reads_as_saved(_load(folder), folder)


def check_reads_as_saved(tokenizer: "PreTrainedTokenizerBase", folder: Path) -> None:
    """Raise `InputError` if a loaded tokenizer gives other tokens than the `tokenizer.json` of its folder."""
    if not reads_as_saved(tokenizer, folder):
        raise InputError(
            f"transformers loads the tokenizer in {folder} as {type(tokenizer).__name__}, which gives other tokens "
            f"than its {_FILE}, which the model was trained on; delete the folder and train again"
        )


def reads_as_saved(tokenizer: "PreTrainedTokenizerBase", folder: Path) -> bool:
    """Whether a loaded tokenizer gives the tokens that the `tokenizer.json` of its folder gives.

    They are compared on texts that ways of splitting differ in, and on the text of every entry (of a large vocabulary,
    of some thousands).
    """
    from tokenizers import Tokenizer

    if not (folder / _FILE).is_file():
        return True
    saved = Tokenizer.from_file(str(folder / _FILE))
    saved.no_truncation()
    saved.no_padding()
    if tokenizer.is_fast and tokenizer.backend_tokenizer.to_str() == saved.to_str():
        return True
    ids = sorted(saved.get_vocab().values())
    entries = [saved.decode([number], skip_special_tokens=False) for number in ids[:: 1 + len(ids) // _ENTRIES]]
    texts = [_TEXT, *(f"a{entry}b {entry}" for entry in entries)]
    expected = [encoding.ids for encoding in saved.encode_batch_fast(texts, add_special_tokens=False)]
    return tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"] == expected


def check_vocabulary_holds(tokenizer: "PreTrainedTokenizerBase", folder_or_id: str | Path) -> None:
    """Raise `InputError` for an EOS or BOS token that its vocabulary lacks.

    transformers would add it silently, with an id that no text was ever tokenised with.

    Args:
        tokenizer (`PreTrainedTokenizerBase`): as loaded.
        folder_or_id (`str` or `Path`): where from. Without a `tokenizer.json` there is nothing to compare with.
    """
    from tokenizers import Tokenizer

    if (file := _find_file(folder_or_id)) is None:
        return
    vocabulary = Tokenizer.from_file(str(file))
    for name in ("eos_token", "bos_token"):
        token = getattr(tokenizer, name)
        if token is not None and vocabulary.token_to_id(token) is None:
            raise InputError(
                f"{name} {token!r} of the tokenizer {folder_or_id} is not in its vocabulary; name a token that is, in "
                f"its {_CONFIG}"
            )


def _find_file(folder_or_id: str | Path) -> Path | None:
    """The `tokenizer.json` of a folder, or of what was just fetched from the Hub, if there is one."""
    from huggingface_hub import try_to_load_from_cache

    folder = Path(folder_or_id).expanduser()
    file = folder / _FILE if folder.is_dir() else try_to_load_from_cache(str(folder_or_id), _FILE)
    return Path(file) if isinstance(file, (str, Path)) and Path(file).is_file() else None


def _loads_as_saved(folder: Path) -> bool:
    try:
        tokenizer = _load(folder)
    except Exception:  # the architecture's own class may not be able to read this kind of vocabulary at all
        return False
    return reads_as_saved(tokenizer, folder)


def _load(folder: Path) -> "PreTrainedTokenizerBase":
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, **loading_options())

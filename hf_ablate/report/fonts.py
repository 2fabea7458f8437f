"""Fonts of figures: that of matplotlib and, for letters that it lacks, those of the system."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import get_cachedir
from matplotlib.font_manager import get_font_names


logger = logging.getLogger(__name__)

FONT = "DejaVu Sans"  # comes with matplotlib
# What systems have, and people install, for scripts that it lacks: Chinese, Japanese, Korean, Indic and Thai.
_MORE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Source Han Sans SC",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "IPAexGothic", "NanumGothic", "Droid Sans Fallback",
    "PingFang SC", "Hiragino Sans GB", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
    "Microsoft YaHei", "SimHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI",
    "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Telugu", "Noto Sans Thai",
)  # fmt: skip
_MISSING = re.compile(r"Glyph (\d+) .* missing from")  # what matplotlib warns of, letter by letter


def font_families() -> list[str]:
    """The fonts that letters are looked for in, in this order; only those that matplotlib finds."""
    known = set(get_font_names())
    return [FONT, *(name for name in _MORE if name in known)]


@contextmanager
def missing_letters_named_once() -> Iterator[None]:
    """A context in which figures are saved: one warning for all letters that they show as boxes, in place of many."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", _MISSING.pattern)
        yield
    codes = set()
    for warning in caught:
        if found := _MISSING.match(str(warning.message)):
            codes.add(int(found[1]))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if codes:
        logger.warning(
            "no font has %s, which figures show as boxes; install one such as Noto Sans CJK, and delete %s, where "
            "matplotlib remembers fonts", "".join(map(chr, sorted(codes))), Path(get_cachedir()) / "fontlist-*.json",
        )  # fmt: skip

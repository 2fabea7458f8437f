"""Effects, Shapley values and comparisons as plain text."""

from typing import Any

from ..mixtures.mixture import ID_EXPLAINED, Mixture, weight_text
from ..text_table import paragraph, text_table
from .content import MOST_SWAPPED
from .sentences import target_text
from .shapley import MOST_PLAYERS


_MOST_SENTENCES = 8
_WELL_KNOWN = 0.5  # of the weight; what was measured of a part up to here says what it does
_CHANGES = {"drop": "drop it", "add": "add it", "upweight": "upweight by 10%"}


def effects_tables(content: dict[str, Any]) -> str:
    """What people would say first, then the tables.

    Args:
        content (`dict`): as in `effects.json`.
    """
    mixture = Mixture.of(content["mixtures"][0]["mixture"])
    title = (
        f"What changes of the mixture {mixture.shortened()} do, as the predictor {content['predictor']!r} expects, in "
        f"{content['unit_of_measure']} (positive is worse); ± is half a {content['confidence']:.0%} interval"
    )
    sections = [
        paragraph(title),
        _sentences(content),
        f"On {target_text(content['target'])}:\n\n{_one_by_one(content)}",
        _swaps(content),
        _shapley(content),
        _extrapolated(content),
        paragraph(_explanation(content)),
    ]
    if mixture.id in title:
        sections.append(paragraph(ID_EXPLAINED))
    return "\n\n".join(section for section in sections if section)


def _sentences(content: dict[str, Any]) -> str:
    """Of the drops, the most harmful first, and of the change that helps most."""
    effects, target = _on_target(content), target_text(content["target"])
    sentences = {_key(change): change["sentence"] for change in content["changes"]}
    by_effect = sorted(sentences, key=lambda key: effects[key]["effect"])
    drops = [key for key in reversed(by_effect) if key[0] == "drop"]
    shown, others = drops, []
    if len(drops) > _MOST_SENTENCES:
        shown = [key for key in drops if effects[key]["told_apart"]][:_MOST_SENTENCES]
        others = [key[1] for key in drops if key not in shown]
    lines = [f"- {sentences[key]}" for key in shown]
    if others:
        lines.append(f"- dropping any of the others makes less difference, or no clear one: {', '.join(others)}")
    helpful = [key for key in by_effect if effects[key]["effect"] < 0 and effects[key]["told_apart"]]
    if helpful:
        lines.append(f"- what helps most: {sentences[helpful[0]]}")
    else:
        lines.append(f"- no change below clearly improves {target}")
    return "\n".join(map(paragraph, lines))


def _key(record: dict[str, Any]) -> tuple[str, str, str | None]:
    return record["change"], record["part"], record["other"]


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def _cell(record: dict[str, Any] | None, key: str = "effect", with_error: bool = True) -> str:
    """An estimate; in brackets where it is not a clear difference."""
    if record is None:
        return "-"
    text = _number(record[key])
    if with_error:
        text += f" ± {_number((record['high'] - record['low']) / 2)}"
    return text if record["told_apart"] else f"({text})"


def _on_target(content: dict[str, Any]) -> dict[tuple[str, str, str | None], dict[str, Any]]:
    """(change, part, other) → its effect on the target."""
    return {_key(row): row for row in content["effects"] if row["target"] == content["target"]}


def _one_by_one(content: dict[str, Any]) -> str:
    """What each part does when it is dropped, added or upweighted, where any can be."""
    effects = _on_target(content)
    possible = [change for change in _CHANGES if any(key[0] == change for key in effects)]
    rows = [
        [
            row["part"],
            weight_text(row["weight"]) if row["weight"] else "0",
            *(_cell(effects.get((change, row["part"], None))) for change in possible),
        ]
        for row in content["parts"]
    ]
    return text_table([_noun(content), "weight", *(_CHANGES[change] for change in possible)], rows)


def _swaps(content: dict[str, Any]) -> str:
    """What each part's weight does in the place of another part's; nothing where there are too many."""
    effects = _on_target(content)
    parts = [row["part"] for row in content["parts"]]
    given = [part for part in parts if any(key[:2] == ("swap", part) for key in effects)]
    taken = [part for part in parts if any((key[0], key[2]) == ("swap", part) for key in effects)]
    if not given or len(taken) > MOST_SWAPPED:
        return ""
    rows = [
        [part, *(_cell(effects.get(("swap", part, other)), with_error=False) for other in taken)] for part in given
    ]
    title = f"Where the weight of one (rows) moves to another (columns), on {target_text(content['target'])}:"
    return f"{paragraph(title)}\n\n{text_table([_noun(content), *taken], rows)}"


def _shapley(content: dict[str, Any]) -> str:
    """What each part is worth, and its strongest interaction."""
    if not content["shapley"]:
        return paragraph(
            f"No Shapley values: they are of at most {MOST_PLAYERS} parts; name a field whose groups are judged as "
            "one (--groups FIELD)."
        )
    strongest: dict[str, str] = {}
    for row in content["interactions"]:
        for part, other in ((row["part"], row["other"]), (row["other"], row["part"])):
            strongest.setdefault(part, f"{_cell(row, 'value')} with {other}")
    headers, left = [_noun(content), "Shapley value"], (0,)
    rows = [[row["part"], _cell(row, "value")] for row in content["shapley"]]
    if strongest:
        headers, left = [*headers, "strongest interaction"], (0, 2)
        rows = [[*row, strongest.get(row[0], "-")] for row in rows]
    total = sum(row["value"] for row in content["shapley"])
    title = (
        f"What each {_noun(content)} is worth on {target_text(content['target'])}: the mixture is {total:.4f} better "
        f"than its {_noun(content)}s alone are on average, which is shared out among them:"
    )
    return f"{paragraph(title)}\n\n{text_table(headers, rows, left=left)}"


def _extrapolated(content: dict[str, Any]) -> str:
    """Parts that nothing is known of at large weights, which many of the sets behind Shapley values give them."""
    limits = {row["part"]: row["largest_weight"] for row in content["parts"] if row["largest_weight"] < _WELL_KNOWN}
    if not limits:
        return ""
    texts = [f"{part} ({limit:.2f})" for part, limit in sorted(limits.items(), key=lambda pair: pair[1])]
    return paragraph(
        "Extrapolated: no mixture that was measured gives more than this weight to "
        f"{', '.join(texts)}; take what is said of larger weights, as in Shapley values, with a grain of salt."
    )


def _noun(content: dict[str, Any]) -> str:
    return "group" if any("=" in row["part"] for row in content["shapley"]) else "unit"


def _explanation(content: dict[str, Any]) -> str:
    """The words of the tables, for who meets them first here."""
    if content["noise_floor"] > 0:
        floor = f"or the effect is below the noise floor of {content['noise_floor']:.4f}, as another seed changes too"
    else:
        floor = "and what another training seed changes is not known"
    return (
        f"(in brackets): no clear difference: the interval holds 0, {floor}. drop, upweight: the others "
        "keep their proportions. add: with 1 / (number of units) as weight. Shapley value: what a unit brings when it "
        "joins some of the others, weights in the same proportions, averaged over all orders. interaction: what two "
        "bring together beyond what each brings without the other; negative where they overlap."
    )


def comparison_text(content: dict[str, Any]) -> str:
    """A sentence for each kind of evidence.

    Args:
        content (`dict`): of a comparison.
    """
    return "\n".join(paragraph(row["sentence"]) for row in content["comparison"])

"""Numbers and tables as the page shows them."""

from collections.abc import Iterable, Sequence

from hf_ablate.durations import duration_text


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headers, ["---"] * len(headers), *rows))


def bytes_text(value: float) -> str:
    """Bytes in MB, GB or TB, three digits."""
    scale, unit = next((pair for pair in ((1e12, "TB"), (1e9, "GB")) if value >= pair[0]), (1e6, "MB"))
    return f"{value / scale:,.3g} {unit}"


def time_text(seconds: float) -> str:
    """A time; from two days on in days."""
    return f"{seconds / 86400:.1f} days" if seconds > 48 * 3600 else duration_text(seconds)


def number_text(value: float) -> str:
    """A number, very large and very small ones as powers of ten."""
    return f"{value:,.0f}" if 10 <= value < 1e5 else f"{value:.3g}".replace("e+", "e").replace("e0", "e")


def percent(share: float, digits: int = 2) -> str:
    """A share, so many significant digits."""
    return f"{100 * share:.{digits}g} %"

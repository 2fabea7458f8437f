"""Documents that are left out, counted by reason, with examples."""

from dataclasses import dataclass, field


_EXAMPLES = 5


@dataclass
class LeftOut:
    """Documents left out, by reason: how many, their bytes, and a few examples."""

    counts: dict[str, dict] = field(default_factory=dict)

    def add(self, reason: str, size: int, example: str, documents: int = 1) -> None:
        """Count documents.

        Args:
            reason (`str`): why they are left out.
            size (`int`): their bytes.
            example (`str`): one of them; may be empty.
            documents (`int`): how many.
        """
        entry = self.counts.setdefault(reason, {"documents": 0, "bytes": 0, "examples": []})
        entry["documents"] += documents
        entry["bytes"] += size
        if example and example not in entry["examples"] and len(entry["examples"]) < _EXAMPLES:
            entry["examples"].append(example)

    def merge(self, counts: dict[str, dict]) -> None:
        """Add the counts of other documents."""
        for reason, entry in counts.items():
            self.add(reason, entry["bytes"], "", entry["documents"])
            for example in entry["examples"]:
                self.add(reason, 0, example, 0)

    def summary(self) -> str:
        """One line for a message.

        Example:

        ```python
        >>> left_out = LeftOut()
        >>> left_out.summary()
        'there is no document'
        >>> left_out.add("has no field 'year'", 100, "a.jsonl, row 0")
        >>> left_out.summary()
        "1 has no field 'year', e.g. a.jsonl, row 0"

        ```
        """
        if not self.counts:
            return "there is no document"
        return "; ".join(f"{e['documents']:,} {reason}, e.g. {e['examples'][0]}" for reason, e in self.counts.items())

"""The year of a date, where the way that the date is written leaves no doubt."""

import datetime
import re


_YEAR_FIRST = re.compile(r"(\d{4})(?:(?:-\d{2}){0,2}(?:[T ].*)?|/(\d{1,2})|([-/.])(\d{1,2})\3\d{1,2}(?:[T ].*)?)$")
_YEAR_LAST = re.compile(r"(?:\d{1,2}([-/.])\d{1,2}\1|\d{1,2}/)(\d{4})(?:[T ].*)?$")
_PARTS = {
    "month": r"(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?"
    r"|nov(ember)?|dec(ember)?)\.?",
    "year": r"[12]\d{3}",
    "other": r"(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?\.?|\d{1,2}(st|nd|rd|th)?\.?"
    r"|\d{1,2}(:\d{2}){1,2}(\.\d+)?Z?|[ap]m|gmt|utc|[+-]\d{2}:?\d{2}",
}
_PART = re.compile("|".join(f"(?P<{kind}>{regex})" for kind, regex in _PARTS.items()), re.IGNORECASE)


def year_of(text: str) -> int | None:
    """The year of a date; `None` for any other text.

    Example:

    ```python
    >>> [year_of(text) for text in ("2012-05-30T10:00", "2012/05/30", "30.5.2012", "May 2012", "Wed, 30 May 2012")]
    [2012, 2012, 2012, 2012, 2012]
    >>> [year_of(text) for text in ("7", "1338336000", "20120530", "May", "about 2012")]
    [None, None, None, None, None]

    ```
    """
    if match := _YEAR_FIRST.match(text):
        month = match[2] or match[4]
        return int(match[1]) if month is None or 1 <= int(month) <= 12 else None
    if match := _YEAR_LAST.match(text):
        return int(match[2])
    parts = [_PART.fullmatch(part) for part in re.split(r"[\s,]+|(?<=\w)[-/](?=\w)", text)]
    kinds = [part and part.lastgroup for part in parts]
    if None in kinds or kinds.count("month") != 1 or kinds.count("year") != 1:
        return None
    return int(parts[kinds.index("year")][0])


def year_of_digits(number: float) -> int | None:
    """The year of a date such as 20120530; `None` for any other number.

    Example:

    ```python
    >>> year_of_digits(20120530), year_of_digits(20121301), year_of_digits(1338336000)
    (2012, None, None)

    ```
    """
    year, day = divmod(number, 10_000)
    try:
        datetime.date(int(year), int(day // 100), int(day % 100))
    except (ValueError, OverflowError):
        return None
    return int(year) if 1500 <= year < 2500 and number == int(number) else None

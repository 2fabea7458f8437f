"""The colours that the report, the explorer and the figures share, in the light and in the dark."""

INK, ACCENT = "#1b2430", "#175a8c"
_LIGHT = {
    "ink": INK, "muted": "#5d6875", "line": "#dfe4ea", "soft": "#f5f7f9", "paper": "#fff", "accent": ACCENT,
    "top": "#10283d", "top-text": "#cfdfea", "top-link": "#9fc1da", "top-strong": "#ffd9a8",
}  # fmt: skip
_DARK = {
    "ink": "#dde4ea", "muted": "#9aa7b4", "line": "#2c3744", "soft": "#1b242e", "paper": "#12181f",
    "accent": "#7db8e0", "top": "#0c2032",
}  # fmt: skip


def palette_css() -> str:
    """The colours as variables of CSS, `--ink` for example, by the reader's setting; print is light.

    `top` is the band at the head of a page, and what is on it.
    """
    light, dark = ("; ".join(f"--{name}: {colour}" for name, colour in part.items()) for part in (_LIGHT, _DARK))
    return (
        f":root {{ {light}; color-scheme: light dark; }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}; }} }}\n"
    )

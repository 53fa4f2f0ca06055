"""The contrast of the theme, computed from its tokens (WCAG 2.2), in light and dark."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "srm_project/static/srm/css"
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = 0, 1

KINDS = ("a", "ap", "s", "p", "c", "u", "n")

PAIRS = [
    *(("ink", ground, 7.0) for ground in ("page", "surface", "raised", "sunken", "tint")),
    *(("ink-2", ground, 7.0) for ground in ("page", "surface")),
    *(
        ("ink-3", ground, 4.5)
        for ground in ("page", "surface", "raised", "sunken", "tint", "n-bg")
    ),
    *(("link", ground, 4.5) for ground in ("page", "surface", "tint")),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("on-bar", "bar", 7.0),
    ("on-bar-2", "bar", 4.5),
    ("bar-strong", "bar", 7.0),
    ("bar-current", "bar", 3.0),
    ("bar-focus", "bar", 3.0),
    *(("edge", ground, 3.0) for ground in ("page", "surface")),
    *(
        ("focus", ground, 3.0)
        for ground in ("page", "surface", "raised", "tint", "c-bg", "s-bg", "a-bg")
    ),
    *((state, f"{state}-bg", 4.5) for state in ("ok", "late", "doubt")),
    *((state, "surface", 4.5) for state in ("ok", "late", "doubt")),
    *((kind, f"{kind}-bg", 4.5 if kind == "n" else 7.0) for kind in KINDS),
    *((f"{kind}-solid", ground, 3.0) for kind in KINDS for ground in ("surface", "page")),
    ("late-solid", "surface", 3.0),
    ("on-accent", "late-solid", 4.5),
    ("surface", "ink", 7.0),  # the toast
]


def read_tokens() -> dict[str, tuple[str, str]]:
    both = r"--srm-([\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\)"
    same = r"--srm-([\w-]+):\s*(#\w{6});"
    pairs = {name: (light, dark) for name, light, dark in re.findall(both, TOKENS)}
    return pairs | {name: (value, value) for name, value in re.findall(same, TOKENS)}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return sum(
        weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def ratio(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "floor"), PAIRS, ids=lambda part: str(part))
def test_every_pair_keeps_its_floor(text, ground, floor, theme):
    tokens = read_tokens()

    assert ratio(tokens[text][theme], tokens[ground][theme]) >= floor


def test_black_on_white_is_twenty_one():
    assert ratio("#000000", "#ffffff") == pytest.approx(21)

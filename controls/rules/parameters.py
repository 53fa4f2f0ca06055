"""Parameters of controls as a person reads them: `[Assignment: organization-defined …]`.

Source of the form: NIST SP 800-53 rev 5, section 2.2. A stored text may insert further
parameters; what a profile sets stands where the parameter is inserted. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

INSERTION = re.compile(r"\{\{\s*insert:\s*param,\s*([^}\s]+)\s*\}\}")
"""How OSCAL marks the place of a parameter in a text."""

GATHERS = re.compile(r"\s*\{\{\s*of:([^}]*)\}\}")
"""How we note, in a stored text, the parameters that one stands for together."""

OURS = re.compile(r"^organi[sz]ation", re.IGNORECASE)
SET_OFF = re.compile(r"\] (?=[;,.:])")
MOST_INSERTIONS = 200
"""In one text. NIST's longest statement has 11; a file made to harm could double each."""

Settings = Mapping[str, Mapping[str, Any]]
"""Parameter id → what a profile sets: `values`, `constraints`, `label`."""


def assignment(label: str) -> str:
    """Return the stored text of a parameter that the organisation fills in."""
    label = label.strip()
    return "Assignment: " + (
        label if OURS.match(label) else f"organization-defined {label}"
    )


def selection(choices: Iterable[str], *, several: bool) -> str:
    """Return the stored text of a parameter that the organisation selects."""
    many = "one or more" if several else "one"
    listed = "; ".join(choice.strip() for choice in choices)
    return f"Selection ({many}): {listed}"


def gathering(text: str, parts: Sequence[str]) -> str:
    """Return the stored text of a parameter that stands for others together."""
    return f"{text} {{{{ of: {', '.join(parts)} }}}}" if parts else text


def gathered(text: str) -> list[str]:
    """Return the ids that a stored text stands for together."""
    found = GATHERS.search(text)
    return [name.strip() for name in found[1].split(",")] if found else []


def alias(parameter: str) -> str:
    """Return the stored text of another id of a parameter."""
    return f"{{{{ insert: param, {parameter} }}}}"


def readable(prose: str, params: Mapping[str, str], settings: Settings) -> str:
    """Return a text with each parameter as what it stands for, in brackets."""
    text = _Reader(params, settings).text(prose, ())
    # NIST's files set parameters off with spaces, before a semicolon, too.
    return SET_OFF.sub("]", text).strip()


def overlaid(all_settings: Iterable[Settings]) -> dict[str, Mapping[str, Any]]:
    """Return the settings of a profile and of those it stands on: the last one wins."""
    found: dict[str, Mapping[str, Any]] = {}
    for settings in all_settings:
        found |= settings
    return found


def merged(all_settings: Iterable[Settings]) -> dict[str, Mapping[str, Any]]:
    """Return the settings of several profiles together.

    A parameter that two set differently keeps both, so that neither is hidden.
    """
    found: dict[str, dict[str, Any]] = {}
    for settings in all_settings:
        for parameter, setting in settings.items():
            kept = found.setdefault(parameter, {})
            for name in ("values", "constraints"):
                both = [*kept.get(name, ()), *setting.get(name, ())]
                if both:
                    kept[name] = list(dict.fromkeys(both))
            if setting.get("label"):
                kept.setdefault("label", setting["label"])
    return dict(found)


def unaliased(settings: Settings, params: Mapping[str, str]) -> Settings:
    """Return settings where what is set for an older id of a parameter is set for it."""
    found = dict(settings)
    for older, text in params.items():
        newer = INSERTION.fullmatch(text)
        if newer and older in settings:
            found.setdefault(newer[1], settings[older])
    return found


class _Reader:
    """Reads one text, which can insert only so much."""

    def __init__(self, params: Mapping[str, str], settings: Settings) -> None:
        self._params = params
        self._settings = settings
        self._left = MOST_INSERTIONS

    def text(self, prose: str, within: tuple[str, ...]) -> str:
        """Return the text; `within` are the parameters whose text this is."""
        return INSERTION.sub(lambda found: self._inserted(found[1], within), prose)

    def _inserted(self, parameter: str, within: tuple[str, ...]) -> str:
        if self._left <= 0 or parameter in within:
            return f"[{parameter}]"
        self._left -= 1
        stored = self._params.get(parameter, parameter)
        here = (*within, parameter)
        other = INSERTION.fullmatch(stored)
        if other:
            return self._inserted(other[1], here)
        return f"[{self._told(parameter, stored, here)}]"

    def _told(self, parameter: str, stored: str, here: tuple[str, ...]) -> str:
        setting = self._settings.get(parameter, {})
        if setting.get("values"):
            return self.text(", ".join(setting["values"]), here)
        text = GATHERS.sub("", stored)
        if setting.get("label"):
            text = assignment(setting["label"])
        limits = [*setting.get("constraints", ()), *self._of_parts(stored)]
        told = self.text(text, here)
        return f"{told}: {'; '.join(limits)}" if limits else told

    def _of_parts(self, stored: str) -> list[str]:
        """Return what is set for the parameters that one stands for together."""
        settings = [self._settings.get(name, {}) for name in gathered(stored)]
        return [
            text
            for setting in settings
            for text in setting.get("values") or setting.get("constraints", ())
        ]

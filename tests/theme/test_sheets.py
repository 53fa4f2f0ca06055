"""What every style sheet and template keeps to."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "srm_project"
CSS = PROJECT / "static/srm/css"
SHEETS = sorted(CSS.glob("*.css"))
TEMPLATES = sorted(
    template
    for package in ("srm_project", "controls", "evidence")
    for template in (ROOT / package / "templates").rglob("*.html")
    if template.parent.name != "mail"  # a mail carries its one style in its head
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "sheet", [s for s in SHEETS if s.name != "tokens.css"], ids=name_of
)
def test_no_colour_is_written_outside_the_tokens(sheet):
    text = sheet.read_text(encoding="utf-8")

    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*[;}])|\b(?:rgb|hsl|oklch)a?\(", text)


@pytest.mark.parametrize("sheet", SHEETS, ids=name_of)
def test_every_token_that_is_used_is_defined(sheet):
    defined = set(
        re.findall(r"(--srm-[\w-]+):", (CSS / "tokens.css").read_text(encoding="utf-8"))
    )

    used = set(re.findall(r"var\((--srm-[\w-]+)", sheet.read_text(encoding="utf-8")))

    assert used <= defined


@pytest.mark.parametrize("sheet", SHEETS, ids=name_of)
def test_braces_of_a_sheet_are_balanced(sheet):
    text = sheet.read_text(encoding="utf-8")

    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_no_template_has_inline_style_or_script(template):
    text = template.read_text(encoding="utf-8")

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_every_icon_a_template_uses_is_in_the_sprite(template):
    sprite = (PROJECT / "templates/srm/icons.html").read_text(encoding="utf-8")
    text = template.read_text(encoding="utf-8")

    used = set(re.findall(r'{% icon "([\w-]+)"', text)) | set(
        re.findall(r'href="#i-([\w-]+)', text)
    )

    assert used <= set(re.findall(r'symbol id="i-([\w-]+)"', sprite))


def test_every_sheet_is_linked_by_some_template():
    linked = "".join(template.read_text(encoding="utf-8") for template in TEMPLATES)

    unlinked = {sheet.name for sheet in SHEETS if f"srm/css/{sheet.name}" not in linked}

    assert unlinked == set()

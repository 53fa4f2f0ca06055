"""The components as template tags."""

import re
from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from controls.choices import Answer
from controls.templatetags import srm

EVIL = '<script>alert("x")</script>'


def render(source: str, **context: object) -> str:
    return Template("{% load srm %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("answer", "stem", "letter"),
    [
        (Answer.INHERITED, "a", "A"),
        (Answer.INHERITED_IF_CONFIGURED, "ap", "A+"),
        (Answer.SHARED, "s", "S"),
        (Answer.PARALLEL, "p", "P"),
        (Answer.CUSTOMER_SPECIFIC, "c", "C"),
        (Answer.UNDETERMINED, "u", "?"),
        (Answer.NOT_APPLICABLE, "n", "\N{EN DASH}"),
        (None, "0", "\N{MIDDLE DOT}"),
    ],
)
def test_a_mark_shows_the_letter_of_its_answer(answer, stem, letter):
    html = render("{% mark answer %}", answer=answer)

    assert html == f'<span class="mark mark-{stem}" aria-hidden="true">{letter}</span>'


def test_every_answer_has_a_mark():
    assert set(srm.STEMS) == set(srm.LETTERS) == {*Answer.values, ""}


def test_the_letter_of_an_inherited_control_comes_from_the_provider():
    assert ">H+<" in render('{% mark "inherited-if-configured" "H" %}')


def test_a_token_that_is_no_answer_is_refused():
    with pytest.raises(ValueError, match="owned"):
        srm.mark("owned")


def test_a_kind_says_its_word_beside_the_mark():
    assert render('{% kind "customer-specific" %}').endswith(
        "</span>Customer-specific</span>"
    )


def test_a_state_says_its_word():
    assert render('{% state "in-review" %}') == (
        '<span class="state state-in-review">In review</span>'
    )


def test_a_state_may_say_since_when():
    assert "Suspect since 1 Oct" in render('{% state "suspect" "Suspect since 1 Oct" %}')


@pytest.mark.parametrize(
    "source",
    [
        '{% mark "inherited" evil %}',
        '{% kind "inherited" "A" evil %}',
        "{% state evil %}",
        '{% state "suspect" evil %}',
        "{% pill evil %}",
        '{% icon "ok" evil %}',
        "{% icon evil %}",
        "{{ evil|facet }}",
    ],
)
def test_no_tag_lets_markup_through(source):
    assert "<script" not in render(source, evil=EVIL)


def test_a_pill_has_one_of_four_tones():
    assert render('{% pill "late" "late" %}') == '<span class="pill late">late</span>'
    with pytest.raises(ValueError, match="purple"):
        srm.pill("x", "purple")


def test_an_icon_alone_has_a_hidden_label():
    assert '<span class="vh">Search</span>' in render('{% icon "search" "Search" %}')


def test_a_split_bar_says_its_counts_in_its_label_and_as_text():
    html = render(
        "{% split_bar counts %}", counts={"shared": 91, "inherited": 33, "parallel": 0}
    )

    assert 'aria-label="33 inherited, 91 shared"' in html
    assert "91 shared</span>" in html
    assert "parallel" not in html


def test_the_parts_of_a_split_bar_fill_its_width():
    counts = dict.fromkeys(Answer.values, 3)

    html = srm.split_bar(counts, width=700, legend=False)

    ends = [
        float(x) + float(width)
        for x, width in re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', html)
    ]
    assert max(ends) == pytest.approx(700, abs=0.2)


def test_a_split_bar_of_nothing_says_so():
    assert "No control in scope yet." in render("{% split_bar counts %}", counts={})


def test_a_split_bar_refuses_a_token_that_is_no_answer():
    with pytest.raises(ValueError, match="owned"):
        srm.split_bar({"owned": 1})


def test_a_day_of_this_year_has_no_year():
    this_year = timezone.localdate().year  # noqa: TID251 - the filter reads the clock, so does its test

    assert srm.day(date(this_year, 11, 14)) == "14 Nov"
    assert srm.day(date(this_year - 1, 3, 1)) == f"1 Mar {this_year - 1}"


def test_a_day_of_nothing_is_nothing():
    assert srm.day(None) == ""
    assert srm.day_time(None) == ""


def test_a_moment_is_told_in_the_zone_in_force():
    moment = datetime(2001, 11, 14, 23, 30, tzinfo=UTC)

    with timezone.override("Asia/Tokyo"):
        said = srm.day_time(moment)

    assert said == "15 Nov 2001, 08:30"


def test_a_choice_with_a_count_is_split():
    assert srm.facet("Inherited (33)") == ("Inherited", "33")
    assert srm.facet("SI-7(7)") == ("SI-7(7)", "")


@pytest.mark.parametrize(
    ("path", "current"), [("/admin/", ["Overview"]), ("/accounts/login/", [])]
)
def test_one_place_of_the_workspace_is_current(path, current):
    context = Context({"request": RequestFactory().get(path)})

    places = srm.workspace_nav(context)

    assert [place.label for place in places if place.current] == current


def test_the_navigation_needs_no_request():
    assert next(place.label for place in srm.workspace_nav(Context({}))) == "Overview"

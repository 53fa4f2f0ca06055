"""Courses: trainings that people of the roster must hold, and for how long each counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from controls.choices import AuditVerb
from controls.errors import ConflictError, InvalidInputError
from controls.models import User
from controls.rules.permissions import Action
from controls.services import access, audit, versions
from controls.services.audit import audited
from evidence.models import Course
from evidence.rules.training import words

FIELDS = ("title", "description", "audience", "valid_months", "source")
LONGEST_MONTHS = 600
"""Fifty years: longer than that is for ever."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a course is called, who must hold it, and for how many months it counts.

    `audience` empty: everybody. `valid_months` None: for ever.
    """

    title: str
    description: str = ""
    audience: str = ""
    valid_months: int | None = None
    source: str = ""


@audited
def create(*, key: str, details: Details, by: User, at: datetime) -> Course:
    """Record a course and return it.

    Raises NotAllowedError, InvalidInputError, and ConflictError where the key is taken.
    """
    access.require(by, Action.MANAGE_TRAINING)
    try:
        validate_slug(key)
    except ValidationError:
        raise InvalidInputError(
            "A key holds letters, digits, - and _ only.", place="key"
        ) from None
    if Course.objects.filter(key=key).exists():
        raise ConflictError(f"There is a course with the key {key!r} already.")
    course = Course.objects.create(
        key=key, **_checked(details), created_at=at, created_by=by
    )
    audit.record(
        verb=AuditVerb.COURSE_CREATED,
        target=course,
        after=audit.snapshot(course, "key", *FIELDS),
        by=by,
        at=at,
    )
    return course


@audited
def change(
    *, course: Course, version: int, details: Details, by: User, at: datetime
) -> Course:
    """Change a course and return it. Records keep the last day they were given.

    Raises NotAllowedError, StaleVersionError, InvalidInputError, and ConflictError where
    the course has ended.
    """
    access.require(by, Action.MANAGE_TRAINING)
    wanted = _checked(details)
    versions.claim(course, version=version)
    stored = Course.objects.get(pk=course.pk)
    _check_held(stored)
    for name, value in wanted.items():
        setattr(course, name, value)
    course.save(update_fields=list(wanted))
    audit.record(
        verb=AuditVerb.COURSE_CHANGED,
        target=course,
        before=audit.snapshot(stored, *FIELDS),
        after=audit.snapshot(course, *FIELDS),
        by=by,
        at=at,
    )
    return course


@audited
def end(*, course: Course, version: int, by: User, at: datetime) -> Course:
    """Say that a course is no longer asked of anybody; return it. Its records stay.

    Raises NotAllowedError, StaleVersionError and ConflictError.
    """
    access.require(by, Action.MANAGE_TRAINING)
    versions.claim(course, version=version)
    _check_held(Course.objects.get(pk=course.pk))
    course.ended_at, course.ended_by = at, by
    course.save(update_fields=["ended_at", "ended_by"])
    audit.record(
        verb=AuditVerb.COURSE_ENDED,
        target=course,
        before={"key": course.key},
        by=by,
        at=at,
    )
    return course


def _check_held(course: Course) -> None:
    if course.ended_at is not None:
        raise ConflictError("This course has ended: record a new one instead.")


def _checked(details: Details) -> dict[str, object]:
    """Return the fields as they are stored. Raises InvalidInputError naming the field."""
    if not details.title.strip():
        raise InvalidInputError("Give the course a title.", place="title")
    months = details.valid_months
    if months is not None and not 1 <= months <= LONGEST_MONTHS:
        raise InvalidInputError(
            f"From 1 to {LONGEST_MONTHS} months; leave it empty where a completion counts "
            "for ever.",
            place="valid_months",
        )
    if ";" in details.audience:
        raise InvalidInputError(
            "One audience: make a course for each of several.", place="audience"
        )
    return {
        "title": details.title.strip(),
        "description": details.description.strip(),
        "audience": "".join(words([details.audience])),
        "valid_months": months,
        "source": details.source.strip(),
    }

"""Constraints that several models share."""

from django.db import models
from django.db.models import F, Q


def paired(model: str, stem: str) -> models.CheckConstraint:
    """Return the constraint that `<stem>_at` and `<stem>_by` are both set or both empty."""
    together = Q(**{f"{stem}_at__isnull": True, f"{stem}_by__isnull": True}) | Q(
        **{f"{stem}_at__isnull": False, f"{stem}_by__isnull": False}
    )
    return models.CheckConstraint(condition=together, name=f"{model}_{stem}_at_with_by")


def ordered(model: str, start: str, end: str) -> models.CheckConstraint:
    """Return the constraint that `end` is empty or not before `start`."""
    return models.CheckConstraint(
        condition=Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": F(start)}),
        name=f"{model}_{end}_not_before_{start}",
    )


def one_of(
    model: str, field: str, choices: type[models.TextChoices]
) -> models.CheckConstraint:
    """Return the constraint that `field` holds one of the tokens of `choices`."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": list(choices.values)}), name=f"{model}_{field}_known"
    )

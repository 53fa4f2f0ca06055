"""People: users, teams, memberships, organisation-wide roles and API tokens."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from controls.choices import MembershipRole, OrganizationRoleName, TokenScope
from controls.models.constraints import one_of, ordered, paired

SYSTEM_EMAIL = "system@srm.invalid"
"""Address of the built-in user that acts when nobody signed in does (RFC 2606:

never deliverable).
"""


class UserQuerySet(models.QuerySet["User"]):
    """Questions about users."""

    def active(self) -> UserQuerySet:
        """People who may sign in."""
        return self.filter(is_active=True)

    def people(self) -> UserQuerySet:
        """Everybody but the built-in user."""
        return self.exclude(email=SYSTEM_EMAIL)

    def visible_to(self, user: User) -> UserQuerySet:
        """Everybody for administrators and the GRC lead; else oneself and the members of
        one's teams.
        """
        if user.sees_everything():
            return self
        mates = Membership.objects.current().filter(
            team__in=Membership.objects.held_by(user).values("team")
        )
        return self.filter(Q(pk=user.pk) | Q(pk__in=mates.values("user")))


class UserManager(BaseUserManager["User"]):
    """Looks people up by their address, whatever its case."""

    def get_queryset(self) -> UserQuerySet:
        """Return the typed queryset."""
        return UserQuerySet(self.model, using=self._db)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user with this address."""
        return self.get(email__iexact=username)

    def active(self) -> UserQuerySet:
        """People who may sign in."""
        return self.get_queryset().active()

    def people(self) -> UserQuerySet:
        """Everybody but the built-in user."""
        return self.get_queryset().people()

    def visible_to(self, user: User) -> UserQuerySet:
        """Whom this user may see."""
        return self.get_queryset().visible_to(user)


class User(AbstractBaseUser):
    """A person who signs in with an address.

    What a person may do follows from roles, never from flags.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField("address", unique=True)
    name = models.CharField(max_length=150)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField("may sign in", default=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name as written."""
        return self.name

    def get_short_name(self) -> str:
        """Return the name as written."""
        return self.name

    only_team: int | None = None
    """The one team for which this object acts, as the token said that signed it in; None:
    all of the person's roles count.
    """

    def act_for(self, team_id: int | None) -> None:
        """Let only the person's role in one team count from now on; None changes
        nothing.
        """
        if team_id is not None:
            self.only_team = team_id
            self.__dict__.pop("_organization_roles", None)
            self.__dict__.pop("_team_roles", None)

    def organization_roles(self) -> frozenset[str]:
        """Return the organisation-wide roles that are neither ended nor expired, asked once
        per object.
        """
        cached: frozenset[str] | None = self.__dict__.get("_organization_roles")
        if cached is None:
            held = OrganizationRole.objects.held_by(self)
            cached = frozenset(held.values_list("role", flat=True))
            self.__dict__["_organization_roles"] = cached
        return cached

    def team_roles(self) -> dict[int, str]:
        """Return the role by team id for each current membership, asked once per object."""
        cached: dict[int, str] | None = self.__dict__.get("_team_roles")
        if cached is None:
            cached = dict(Membership.objects.held_by(self).values_list("team_id", "role"))
            self.__dict__["_team_roles"] = cached
        return cached

    def sees_everything(self) -> bool:
        """Say whether the person holds a role that sees every system."""
        everything = {OrganizationRoleName.ADMIN, OrganizationRoleName.GRC_LEAD}
        return self.email == SYSTEM_EMAIL or bool(self.organization_roles() & everything)

    @property
    def is_staff(self) -> bool:
        """The admin site asks this; who may enter is the site's own question."""
        return self.is_active

    @property
    def is_superuser(self) -> bool:
        """Nobody is above the rules."""
        return False

    def has_perm(self, _perm: str, _obj: models.Model | None = None) -> bool:
        """Django's permissions are not used: controls.rules.permissions decides."""
        return False

    def has_module_perms(self, _app_label: str) -> bool:
        """Django's permissions are not used: controls.rules.permissions decides."""
        return False


class PersonalName(models.Model):
    """What a person was called from an instant on, for registers of an earlier day.

    Audit events name nobody, so that names can be erased: these rows may be.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="names")
    name = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class TeamQuerySet(models.QuerySet["Team"]):
    """Questions about teams."""

    def visible_to(self, user: User) -> TeamQuerySet:
        """All teams for administrators and the GRC lead; else one's own."""
        if user.sees_everything():
            return self
        return self.filter(pk__in=Membership.objects.held_by(user).values("team"))


TeamManager = models.Manager.from_queryset(TeamQuerySet)


class Team(models.Model):
    """A group of the customer that owns systems and responsibilities."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100, unique=True)
    manager = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="managed_teams"
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    working_days = models.CharField(
        max_length=7, default="12345", help_text="ISO weekdays, 1 is Monday."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = TeamManager()

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about memberships."""

    def current(self) -> MembershipQuerySet:
        """Memberships that have not ended."""
        return self.filter(ended_at__isnull=True, user__is_active=True)

    def held_by(self, user: User) -> MembershipQuerySet:
        """Current memberships of a person; of one who acts for one team, that in it."""
        held = self.current().filter(user=user)
        return held if user.only_team is None else held.filter(team=user.only_team)

    def visible_to(self, user: User) -> MembershipQuerySet:
        """Memberships of the teams one may see."""
        return self.filter(team__in=Team.objects.visible_to(user))


MembershipManager = models.Manager.from_queryset(MembershipQuerySet)


class Membership(models.Model):
    """A person's role in a team, from then until it ends.

    A change of role is an end and a new start.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=MembershipRole.choices)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = MembershipManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team"],
                condition=Q(ended_at__isnull=True),
                name="membership_one_open",
            ),
            paired("membership", "ended"),
            ordered("membership", "started_at", "ended_at"),
            one_of("membership", "role", MembershipRole),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} as {self.get_role_display().lower()}"


class OrganizationRoleQuerySet(models.QuerySet["OrganizationRole"]):
    """Questions about organisation-wide roles."""

    def current(self) -> OrganizationRoleQuerySet:
        """Roles neither ended nor expired.

        The database's clock decides, so that no caller can forget an auditor's last day.
        """
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
        return self.filter(unexpired, ended_at__isnull=True, user__is_active=True)

    def held_by(self, user: User) -> OrganizationRoleQuerySet:
        """Current roles of a person; none of one who acts for one team."""
        if user.only_team is not None:
            return self.none()
        return self.current().filter(user=user)

    def visible_to(self, user: User) -> OrganizationRoleQuerySet:
        """All grants for administrators and the GRC lead; else one's own."""
        return self if user.sees_everything() else self.filter(user=user)


OrganizationRoleManager = models.Manager.from_queryset(OrganizationRoleQuerySet)


class OrganizationRole(models.Model):
    """An organisation-wide role.

    An auditor's has systems, a period to look at, and an end.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=20, choices=OrganizationRoleName.choices)
    systems = models.ManyToManyField("controls.System", blank=True, related_name="auditors")
    period_from = models.DateField(null=True, blank=True)
    period_until = models.DateField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = OrganizationRoleManager()

    class Meta:
        verbose_name = "organisation-wide role"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(ended_at__isnull=True),
                name="organizationrole_one_open",
            ),
            paired("organizationrole", "ended"),
            ordered("organizationrole", "period_from", "period_until"),
            one_of("organizationrole", "role", OrganizationRoleName),
            models.CheckConstraint(
                condition=~Q(role=OrganizationRoleName.AUDITOR)
                | Q(expires_at__isnull=False),
                name="organizationrole_auditor_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Questions about tokens."""

    def usable(self, *, at: datetime) -> ApiTokenQuerySet:
        """Tokens that are neither revoked nor expired and whose person may sign in."""
        return self.filter(ended_at__isnull=True, expires_at__gt=at, user__is_active=True)

    def visible_to(self, user: User) -> ApiTokenQuerySet:
        """One's own; administrators see all of them (never their secret); who acts for one
        team, those for it.
        """
        if OrganizationRoleName.ADMIN in user.organization_roles():
            return self
        own = self.filter(user=user)
        return own if user.only_team is None else own.filter(team=user.only_team)


ApiTokenManager = models.Manager.from_queryset(ApiTokenQuerySet)


class ApiToken(models.Model):
    """A key to the API. Only its SHA-256 is kept: 32 random bytes need no slow hash."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="tokens"
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=10, choices=TokenScope.choices)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ApiTokenManager()

    class Meta:
        verbose_name = "API token"
        constraints = [
            paired("apitoken", "ended"),
            one_of("apitoken", "scope", TokenScope),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="apitoken_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (srm_{self.prefix}_…)"

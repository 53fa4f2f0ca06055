"""What good proof of a review looks like, and why a duty is a team's, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from controls.choices import DutyTask, ReviewKind
from controls.rules.explanation import Names
from evidence.choices import EvidenceKind

OWNER, WORKSPACE = "owner", "workspace"
READERS: Mapping[str, tuple[str, str]] = {
    OWNER: ("Yours", "you"),
    WORKSPACE: ("Ours", "we"),
}
"""How a sentence speaks: to an owner of *yours*, in the workspace of *ours*."""

MOST_NAMED = 4
"""Layers or services in one sentence; of more, how many they are."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where proof comes from: a tool, and the command that fetches it.

    `services` are beginnings of keys of service variants; empty: whatever is used.
    """

    label: str
    command: str = ""
    services: tuple[str, ...] = ()

    def fits(self, used: Collection[str]) -> bool:
        """Say whether it concerns one of the services; where none is named, it does."""
        if not self.services or not used:
            return True
        return any(key.startswith(self.services) for key in used)


@dataclass(frozen=True, slots=True)
class Good:
    """What is asked for a kind of review, with a sample of it."""

    asked: str
    must: tuple[str, ...]
    never: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    kind: str
    ways: tuple[Way, ...] = ()


MACHINES = (
    *("ec2", "ecs.ec2", "ecs.managed", "eks.self", "eks.managed", "eks.hybrid"),
    *("batch.ec2", "lightsail.instance", "workspaces", "rds.custom"),
)
DATABASES = ("rds", "docdb", "neptune")
"""What `rds describe-pending-maintenance-actions` tells of."""
IMAGES = ("lambda", "ecs", "eks", "elasticbeanstalk", "apprunner", "batch")

GOOD: Mapping[str, Good] = {
    ReviewKind.PATCHING: Good(
        asked="A list of everything that you patch, with its patch state at the end of the "
        "period.",
        must=(
            "One line for each machine or database: when it was scanned, what is missing",
            "Scanned no more than 7 days before the end of the period",
            "The baseline or severity it was measured against",
        ),
        never="Not a screenshot of a green tick",
        heads=("Machine", "Scanned", "Missing", "Failed"),
        rows=(
            ("i-web-01", "31 Oct 04:10", "0", "0"),
            ("i-web-02", "31 Oct 04:10", "0", "0"),
            ("db-claims", "31 Oct 05:00", "1", "0"),
        ),
        caption="A good one: every machine is in it, and what is missing is named.",
        kind=EvidenceKind.SCAN_RESULT,
        ways=(
            Way(
                "Patch Manager of AWS Systems Manager: the patch states of your machines",
                "aws ssm list-resource-compliance-summaries "
                "--filters Key=ComplianceType,Values=Patch",
                MACHINES,
            ),
            Way(
                "The page of pending maintenance of your databases",
                "aws rds describe-pending-maintenance-actions",
                DATABASES,
            ),
            Way(
                "The build log that rebuilt images and dependencies",
                services=IMAGES,
            ),
        ),
    ),
    ReviewKind.CONFIGURATION: Good(
        asked="The settings as they are, beside the settings as they should be.",
        must=(
            "The rule or baseline it was compared with, and its version",
            "Each difference, with whether it stays and why",
            "The account, the region and the day of the export",
        ),
        never="Not the wish list alone: the export shows what is really set",
        heads=("Rule", "Resource", "Result"),
        rows=(
            ("restricted-ssh", "sg-0a11 web", "compliant"),
            ("restricted-ssh", "sg-0b22 batch", "open to 10.0.0.0/8, accepted 3 Sep"),
            ("ebs-encryption", "11 volumes", "compliant"),
        ),
        caption="A good one: the one difference is named and has a date.",
        kind=EvidenceKind.CONFIGURATION,
        ways=(
            Way(
                "AWS Config: the result of a rule",
                "aws configservice get-compliance-details-by-config-rule "
                "--config-rule-name restricted-ssh",
            ),
            Way(
                "The rules of your security groups",
                "aws ec2 describe-security-group-rules",
                (*MACHINES, *DATABASES, "vpc", "elasticloadbalancing"),
            ),
        ),
    ),
    ReviewKind.ACCESS: Good(
        asked="Who can get in, and that somebody who knows them went through the list.",
        must=(
            "Every account and role, people and machines, with when it was last used",
            "For each: stays, changed or removed",
            "Who went through it and on which day",
        ),
        never="Not the list alone: without a decision for each line nothing was reviewed",
        heads=("Account", "Last used", "Decision"),
        rows=(
            ("omar", "30 Oct", "stays"),
            ("deploy-role", "31 Oct", "stays"),
            ("old-contractor", "12 Mar", "removed 2 Nov"),
        ),
        caption="A good one: each line is decided; the reviewer signs below.",
        kind=EvidenceKind.ACCESS_LIST,
        ways=(
            Way(
                "The credential report of IAM, with your decisions beside it",
                "aws iam generate-credential-report && aws iam get-credential-report "
                "--query Content --output text | base64 -d",
            ),
            Way("The assignments of IAM Identity Center or of your own directory"),
        ),
    ),
    ReviewKind.TRAINING: Good(
        asked="Who had to take the course, and who did, on which day.",
        must=(
            "Everybody on the roster, those who miss it too",
            "The day of each completion",
            "Which version of the course it was",
        ),
        never="Not a share in percent: name the people behind it",
        heads=("Person", "Course", "Completed"),
        rows=(
            ("Omar Haddad", "Security awareness 2026", "12 Oct"),
            ("Paula Brandt", "Security awareness 2026", "14 Oct"),
            ("Viktor Novak", "Security awareness 2026", "missing, booked 3 Nov"),
        ),
        caption="A good one: whoever is missing is in the list.",
        kind=EvidenceKind.TRAINING,
        ways=(Way("The export of your learning platform, or the register of SRM itself"),),
    ),
    ReviewKind.RESTORE: Good(
        asked="That something was restored from a backup, and that it worked.",
        must=(
            "What was restored, from the backup of which day, to where",
            "How long it took",
            "How you know that the data are right",
        ),
        never="Not the log of the backup: that it was written says nothing of reading it",
        heads=("What", "Backup of", "Took", "Checked by"),
        rows=(("db-claims", "1 Oct", "42 min", "row counts, login test"),),
        caption="A good one: the check after the restore is named.",
        kind=EvidenceKind.REPORT,
        ways=(
            Way(
                "AWS Backup: the restore jobs",
                "aws backup list-restore-jobs --by-status COMPLETED",
            ),
        ),
    ),
    ReviewKind.PROVIDER_REPORT: Good(
        asked="The provider's newest report, read by somebody with this system in mind.",
        must=(
            "The period it covers, and the services and regions in its scope",
            "Exceptions that the auditor found, and what they mean to you",
            "The controls that the report expects of its users",
        ),
        never="Not the report itself where its terms forbid passing it on: your notes do",
        heads=("Report", "Covers", "Exceptions"),
        rows=(("SOC 2 Type 2", "1 Oct to 30 Sep", "1, none of our services"),),
        caption="A good one: period and scope are compared with what you use.",
        kind=EvidenceKind.REPORT,
        ways=(Way("AWS Artifact, where the reports are"),),
    ),
    ReviewKind.OTHER: Good(
        asked="Something that shows the work: what was done, by whom, on which day.",
        must=(
            "The day or the period of the work",
            "What was looked at, and what was found",
            "Who did it",
        ),
        never="Not a sentence that it was done",
        heads=("What", "When", "Found"),
        rows=(("Test of the plan", "7 Oct", "2 findings, both have an owner"),),
        caption="A good one: it says what was found, even where that is nothing.",
        kind=EvidenceKind.REPORT,
    ),
}


def good(kind: str) -> Good:
    """Return what is asked for a kind of review."""
    return GOOD.get(kind, GOOD[ReviewKind.OTHER])


def ways(kind: str, services: Collection[str]) -> list[Way]:
    """Return where the proof of a kind comes from, on the services that a duty is about."""
    return [way for way in good(kind).ways if way.fits(services)]


def because(
    *,
    task: str,
    layers: Sequence[str],
    services: Sequence[str],
    names: Names,
    reader: str = OWNER,
) -> str:
    """Return the sentence that says why a duty is the team's, to one of its owners or to
    somebody of the workspace.
    """
    yours, you = READERS[reader]
    what = _listed(names.layer(code).partition(",")[0] for code in layers)
    where = _listed(_short(names.variant(key)) for key in services)
    if task == DutyTask.CHECK:
        on = f" on {where}" if where else ""
        return (
            f"{names.provider} does it once it is set up: {you} check that it is. "
            f"It is about {what}{on}."
        )
    if not layers:
        return f"{yours} because it was decided that a part of this control is ours."
    if where:
        leave = "leaves" if len(services) == 1 else "leave"
        to = "us" if you == "we" else you
        return f"{yours} because {where} {leave} {what} to {to}."
    return f"{yours} because {names.provider} has no part in {what}."


def _short(name: str) -> str:
    """Return a service's name as people say it: without whose it is."""
    return name.removeprefix("Amazon ").removeprefix("AWS ")


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    rest = len(found) - MOST_NAMED
    if rest > 0:
        return f"{', '.join(found[:MOST_NAMED])} and {rest} more"
    *most, last = found or [""]
    return f"{', '.join(most)} and {last}" if most else last

"""What the teams of the example decided, and how far each decision went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of the example: on what, what was written, and how far it went."""

    control: str
    team: str
    words: str = ""
    state: str = "approved"
    kind: str = ""
    reason: str = ""
    status: str = "implemented"


CLAIMS = (
    Decided(
        "ac-2", "security", "Accounts come from the directory; leavers are disabled daily."
    ),
    Decided("ac-3", "security", "Roles are code, reviewed by two people."),
    Decided("au-2", "platform", "CloudTrail in all regions; database audit plugin is on."),
    Decided("au-12", "platform", "Trails and flow logs go to the log account."),
    Decided("cm-2", "platform", "Images are built weekly from a reviewed recipe."),
    Decided("cm-6", "platform", "Hardening is part of the image recipe."),
    Decided("cp-9", "platform", "Volume snapshots nightly; database backups kept 35 days."),
    Decided("pe-3", "platform"),
    Decided("pe-6", "platform"),
    Decided("sc-7", "platform", "Security groups are code; the review is every 6 months."),
    Decided(
        "si-2", "platform", "Instances are patched within 30 days, critical within 14."
    ),
    Decided("si-3", "security", "The image carries the scanner; alerts go to Security."),
    Decided("ra-5", "security", "Weekly scans of instances and images.", "in-review"),
    Decided("ia-2", "security", "Single sign-on with a second factor.", "in-review"),
    Decided(
        "cm-8", "platform", "Inventory from Config, monthly.", "in-review", status="partial"
    ),
    Decided("sc-28", "platform", "Volumes and databases use our key.", "returned"),
    Decided("si-4", "security", "Findings are triaged each morning.", "returned"),
    Decided(
        "ma-4",
        "platform",
        "No remote maintenance by us: instances are replaced, never repaired.",
        "in-review",
        kind="inherited",
        reason="Nobody signs in to an instance; a broken one is replaced from its image.",
    ),
    Decided("cm-7", "platform", "Ports are named in the service definition.", "proposed"),
    Decided("ac-17", "security", "Session Manager only.", "proposed", status="planned"),
)

INTAKE = (
    Decided("ac-2", "security", "Function roles are code; no long-lived keys."),
    Decided("au-2", "platform", "CloudTrail data events for the upload bucket."),
    Decided("cp-9", "platform", "Point-in-time recovery; bucket versions kept 90 days."),
    Decided("pe-3", "platform"),
    Decided("sc-7", "platform", "Endpoint policies allow our accounts only."),
    Decided("sc-28", "platform", "All stores use our key."),
    Decided("si-2", "platform", "Dependencies are rebuilt weekly."),
    Decided("si-3", "security"),
    Decided("sc-13", "platform", "TLS 1.2 or newer everywhere.", "in-review"),
    Decided("cm-6", "platform", "Settings are templates.", "in-review"),
    Decided("ac-6", "security", "One role for each function.", "returned"),
)

ORGANIZATION = (
    Decided("at-1", "security", "The training plan is reviewed each year."),
    Decided("at-2", "security", "Everybody takes the course at hire and every 12 months."),
    Decided("at-3", "security", "Developers take secure coding.", "in-review"),
    Decided("ir-4", "security", "The handbook names who is called.", "in-review"),
    Decided("ps-3", "security", "Checks before the first day.", "proposed"),
)

"""Reads an account's inventory: tagging API, AWS Config, Resource Explorer, or a table.

Only which services are used, where and how often is kept: no name, tag or setting.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from controls.errors import InvalidInputError
from controls.importers.matrix_rows import header_letters
from controls.importers.tables import parse_book
from controls.rules.inventory import Sighting

UNNAMED = "unnamed"
LONGEST_COUNT = 9
"""Digits of how many resources a row counts."""
"""Stands for the service of a row that names none."""
LARGEST = 50 * 1024 * 1024
ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-[0-9]")
CONFIG_TYPE = re.compile(r"AWS::([A-Za-z0-9]+)::([A-Za-z0-9]+)")

PREFIXES: Mapping[str, str] = {
    "AmazonMQ": "mq",
    "ApiGatewayV2": "apigateway",
    "CertificateManager": "acm",
    "Cognito": "cognito-idp",
    "EFS": "elasticfilesystem",
    "Elasticsearch": "es",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "EMR": "elasticmapreduce",
    "InspectorV2": "inspector2",
    "KinesisFirehose": "firehose",
    "MSK": "kafka",
    "OpenSearch": "es",
    "OpenSearchService": "es",
    "StepFunctions": "states",
}
"""AWS Config's service names whose prefix in ARNs is not the word in small letters."""

TYPES: Mapping[str, str] = {
    "dbinstance": "db",
    "dbcluster": "cluster",
    "cachecluster": "cluster",
    "eip": "elastic-ip",
    "networkinterface": "network-interface",
    "networkacl": "network-acl",
    "routetable": "route-table",
    "securitygroup": "security-group",
    "internetgateway": "internet-gateway",
    "vpcendpoint": "vpc-endpoint",
    "vpcpeeringconnection": "vpc-peering-connection",
    "launchtemplate": "launch-template",
    "transitgateway": "transit-gateway",
    "transitgatewayattachment": "transit-gateway-attachment",
    "flowlog": "vpc-flow-log",
}
"""AWS Config's resource types whose name in ARNs is not the word in small letters."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "arn": ("arn", "resourcearn", "resource arn"),
    "service": ("service", "iam_prefix", "prefix", "service prefix"),
    "type": ("resource_type", "resourcetype", "resource type", "type"),
    "account": ("account", "account_id", "accountid", "owningaccountid"),
    "region": ("region", "awsregion", "aws region"),
    "count": ("count", "resources"),
}


def read(data: bytes, *, file: str) -> tuple[str, list[Sighting]]:
    """Return which kind of file it is, and what it shows, equal sightings added up.

    Raises InvalidInputError naming file, row and column.
    """
    if len(data) > LARGEST:
        raise InvalidInputError(
            f"The file has more than {LARGEST // 1024 // 1024} MB.", place=file
        )
    start = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start in {b"{", b"["}:
        kind, found = _json(data, file)
    else:
        kind, found = "table", _table(data, file)
    if not found:
        raise InvalidInputError("It shows no resource.", place=file)
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for s in found:
        counted[s.service, s.resource_type, s.account, s.region] += s.count
    return kind, [Sighting(*key, count) for key, count in sorted(counted.items())]


def _json(data: bytes, file: str) -> tuple[str, list[Sighting]]:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"This is not JSON: {error}.", place=file) from None
    root = document if isinstance(document, dict) else {}
    for name, (kind, convert) in SOURCES.items():
        listed = root.get(name)
        if isinstance(listed, list):
            return kind, [
                convert(item, f"{file}, {name}[{number}]")
                for number, item in enumerate(listed, start=1)
            ]
    raise InvalidInputError(
        f"None of {', '.join(SOURCES)} is in it: it is not an inventory SRM knows.",
        place=file,
    )


def _tagged(item: Any, place: str) -> Sighting:
    return of_arn(_text(item, "ResourceARN", place), place)


def _explored(item: Any, place: str) -> Sighting:
    found = of_arn(_text(item, "Arn", place), place)
    service, _, kind = str(item.get("ResourceType", "")).partition(":")
    return Sighting(
        service or found.service,
        kind or found.resource_type,
        found.account or _only(ACCOUNT, item.get("OwningAccountId")),
        found.region or _only(REGION, item.get("Region")),
    )


def _counted(item: Any, place: str) -> Sighting:
    found = of_config_type(_text(item, "resourceType", place), place)
    count = item.get("count", 0)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise InvalidInputError("'count' is not a whole number.", place=place)
    return Sighting(found.service, found.resource_type, count=count)


def _discovered(item: Any, place: str) -> Sighting:
    return of_config_type(_text(item, "resourceType", place), place)


def _selected(item: Any, place: str) -> Sighting:
    """Read a row of an advanced query, which is JSON within JSON."""
    if not isinstance(item, str):
        raise InvalidInputError("A result is not a text.", place=place)
    try:
        row = json.loads(item)
    except (ValueError, RecursionError):
        raise InvalidInputError("A result is not JSON.", place=place) from None
    found = of_config_type(_text(row, "resourceType", place), place)
    return Sighting(
        found.service,
        found.resource_type,
        _only(ACCOUNT, row.get("accountId")),
        _only(REGION, row.get("awsRegion")),
    )


SOURCES: Mapping[str, tuple[str, Any]] = {
    "ResourceTagMappingList": ("tagging", _tagged),
    "Resources": ("resource-explorer", _explored),
    "resourceCounts": ("config", _counted),
    "resourceIdentifiers": ("config", _discovered),
    "Results": ("config", _selected),
}
"""Member of the answer → kind of file, and how one item is read."""


def of_arn(arn: str, place: str) -> Sighting:
    """Return what an ARN shows. Raises InvalidInputError for what is none."""
    parts = arn.strip().split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[2]:
        raise InvalidInputError(f"{arn[:60]!r} is not an ARN.", place=place)
    _, _, service, region, account, resource = parts
    kind = re.split(r"[:/]", resource, maxsplit=1)[0] if re.search("[:/]", resource) else ""
    if service == "s3" and not kind:
        kind = "bucket"
    return Sighting(service, kind, _only(ACCOUNT, account), _only(REGION, region))


def of_config_type(name: str, place: str) -> Sighting:
    """Return what a resource type of AWS Config shows. Raises InvalidInputError."""
    found = CONFIG_TYPE.fullmatch(name.strip())
    if found is None:
        raise InvalidInputError(
            f"{name[:60]!r} is not a type such as AWS::EC2::Instance.", place=place
        )
    service, kind = found.groups()
    return Sighting(
        PREFIXES.get(service, service.lower()), TYPES.get(kind.lower(), kind.lower())
    )


def _table(data: bytes, file: str) -> list[Sighting]:
    """Return what each row shows."""
    book = parse_book(io.BytesIO(data), name=file)
    name = next((n for n, sheet in book.sheets.items() if len(sheet.lines) > 1), None)
    if name is None:
        raise InvalidInputError("There is no row below the headers.", place=file)
    lines = book.sheets[name].lines
    headers = header_letters(lines[:1])
    columns = {
        what: headers[word]
        for what, words in COLUMNS.items()
        for word in words
        if word in headers
    }
    where = f"{file}, sheet {name!r}" if name else file
    if not {"arn", "service", "type"} & set(columns):
        raise InvalidInputError(
            f"No column is headed arn, service or resource_type. There are: "
            f"{', '.join(lines[0].cells.values())}.",
            place=f"{where}, row {lines[0].number}",
        )
    found = [
        _of_row(line.cells, columns, f"{where}, row {line.number}") for line in lines[1:]
    ]
    if all(sighting.service == UNNAMED for sighting in found):
        raise InvalidInputError("No row names a service.", place=where)
    return found


def _of_row(cells: Mapping[str, str], columns: Mapping[str, str], place: str) -> Sighting:
    def cell(what: str) -> str:
        return cells.get(columns.get(what, ""), "").strip()

    if cell("arn"):
        found = of_arn(cell("arn"), place)
    elif cell("type").startswith("AWS::"):
        found = of_config_type(cell("type"), place)
    elif cell("service"):
        found = Sighting(cell("service").lower(), cell("type").lower())
    else:
        # Kept and shown among what no fact is about: a list may name a few things loosely.
        found = Sighting(UNNAMED, cell("type").lower())
    count = cell("count") or "1"
    if not count.isdecimal() or len(count) > LONGEST_COUNT:
        raise InvalidInputError(f"{count[:20]!r} is not a count.", place=place)
    return Sighting(
        found.service,
        found.resource_type,
        found.account or _only(ACCOUNT, cell("account")),
        found.region or _only(REGION, cell("region")),
        int(count),
    )


def _text(item: Any, name: str, place: str) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise InvalidInputError(f"It has no {name!r}.", place=place)
    return value


def _only(shape: re.Pattern[str], value: Any) -> str:
    """Return a text of the shape, and nothing else."""
    text = str(value or "").strip()
    return text if shape.fullmatch(text) else ""

"""Which emulator answers which request of the local cloud.

The table is data; `decide` reads only what it needs of a request and knows nothing of sockets or processes.
It never changes a request. See QUIRKS.md for what each emulator does differently from AWS.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote


class Row(NamedTuple):
    """Requests of `service` whose operation is in `operations` go to `emulator`. Empty `operations` means all of them."""

    service: str
    operations: frozenset
    emulator: str
    reason: str


DEFAULT = "ministack"

SPOT_FLEET_OPERATIONS = frozenset({
    "RequestSpotFleet", "DescribeSpotFleetRequests", "ModifySpotFleetRequest", "CancelSpotFleetRequests",
    "DescribeSpotFleetInstances", "DescribeSpotFleetRequestHistory",
})
TAG_OPERATIONS = frozenset({"CreateTags", "DeleteTags", "DescribeTags"})

# The first row that fits wins; what no row names goes to DEFAULT.
TABLE = (
    Row("application-autoscaling", frozenset(), "moto", "MiniStack has no Application Auto Scaling"),
    Row("ec2", SPOT_FLEET_OPERATIONS, "moto", "MiniStack has no spot fleets"),
    Row("ce", frozenset(), "moto", "MiniStack has no Cost Explorer"),
)

# Tags live beside the resource that they are on, so tag calls follow the id.
FOREIGN_IDS = (
    ("ec2", TAG_OPERATIONS, "sfr-", "moto", "spot fleet requests live in moto"),
)

# Unsigned requests, and signed ones whose scope is shared, are told apart by the prefix of X-Amz-Target.
TARGET_PREFIXES = (
    ("AnyScaleFrontendService", "application-autoscaling"),
    ("AWSInsightsIndexService", "ce"),
)

_SERVICES_WITH_ROWS = frozenset(row.service for row in TABLE) | frozenset(row[0] for row in FOREIGN_IDS)
_SCOPE = re.compile(rb"Credential=[^/,\s]*/[^/]*/[^/]*/([^/,\s]+)/aws4_request")
_OPERATION_PATH = re.compile(r"^/service/[^/]+/operation/([^/?]+)")
_AMAZON_HOST = re.compile(r"^(?:[^.]+\.)*?([a-z0-9-]+)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.(?:amazonaws\.com|localhost\.localstack\.cloud)(?::\d+)?$")


def service_of(target: str, headers: dict) -> str:
    """The signing name of the service, or "" where nothing tells. `headers` has lower-case keys and bytes for values."""
    found = _SCOPE.search(headers.get(b"authorization", b""))
    if found:
        return found.group(1).decode("latin-1").lower()
    query = target.partition("?")[2]
    if "X-Amz-Credential=" in query:
        scope = unquote(query.split("X-Amz-Credential=", 1)[1].split("&", 1)[0]).split("/")
        if len(scope) == 5:
            return scope[3].lower()
    aws_target = headers.get(b"x-amz-target", b"").decode("latin-1")
    for prefix, service in TARGET_PREFIXES:
        if aws_target.startswith(prefix):
            return service
    host = _AMAZON_HOST.match(headers.get(b"host", b"").decode("latin-1").lower())
    return host.group(1) if host else ""


def operation_of(target: str, headers: dict, body: bytes) -> str:
    """The operation's name, from wherever the service's protocol puts it, or ""."""
    aws_target = headers.get(b"x-amz-target")
    if aws_target:
        return aws_target.decode("latin-1").rpartition(".")[2]
    path, _, query = target.partition("?")
    in_path = _OPERATION_PATH.match(path)
    if in_path:
        return in_path.group(1)
    if "Action=" in query:
        return dict(parse_qsl(query)).get("Action", "")
    # The SDKs write Action first; looking there avoids decoding a whole form on the common path.
    if body.startswith(b"Action="):
        return body[7:].partition(b"&")[0].decode("latin-1")
    if b"Action=" in body:
        return dict(parse_qsl(body.decode("latin-1"))).get("Action", "")
    return ""


def decide(target: str, headers: dict, body: bytes) -> str:
    """The name of the emulator that gets this request."""
    service = service_of(target, headers)
    operation = None
    if not service and body.startswith(b"Action="):
        # Unsigned query calls name no service, but the EC2 operations of the table belong to nobody else.
        operation = operation_of(target, headers, body)
        service = "ec2" if operation in SPOT_FLEET_OPERATIONS else ""
    if service not in _SERVICES_WITH_ROWS:
        return DEFAULT
    if operation is None:
        operation = operation_of(target, headers, body)
    for row in TABLE:
        if row.service == service and (not row.operations or operation in row.operations):
            return row.emulator
    for row_service, operations, prefix, emulator, _reason in FOREIGN_IDS:
        if row_service == service and operation in operations and b"=" + prefix.encode() in body:
            return emulator
    return DEFAULT

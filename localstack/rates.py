"""A stand-in for AWS's own patience: token buckets for the calls of each service, and the refusal that the service answers when one is empty.

Off by default: it makes everything slow, as AWS is. `localstack/up --rates` switches it on, to see that a program lives with it.
The table is data. What AWS publishes is taken from where the row says; what it does not publish is a guess on the strict side, and
the row says that too.
"""

import hashlib
import json
import re
import time
from typing import NamedTuple

# Each row says where its numbers are from: read in AWS's own table (2026-11-26), remembered of the page that has them, or guessed.
# Of EC2 the text of the page was read (100 and 20 for what changes nothing), of load balancers too (40 and 10); the rest of their tables
# is remembered.
_DOCS = "https://docs.aws.amazon.com/"
_EC2 = _DOCS + "ec2/latest/devguide/ec2-api-throttling.html"
_ELB = _DOCS + "elasticloadbalancing/latest/userguide/elb-api-throttling.html"
_ECS = _DOCS + "AmazonECS/latest/APIReference/request-throttling.html"
_CLOUDWATCH = _DOCS + "AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"
_LOGS = _DOCS + "AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"
_WAF = _DOCS + "waf/latest/developerguide/limits.html"
_LAMBDA = _DOCS + "lambda/latest/dg/gettingstarted-limits.html"
_SNS = _DOCS + "general/latest/gr/sns.html"
_SECRETS = _DOCS + "secretsmanager/latest/userguide/reference_limits.html"
_EVENTS = _DOCS + "eventbridge/latest/userguide/eb-quota.html"
_SSM = _DOCS + "general/latest/gr/ssm.html"
_TAGGING = _DOCS + "general/latest/gr/arg.html"
_GUESS = "not published; a guess on the strict side"


def remembered(page: str) -> str:
    """Of a page that has these numbers, as far as somebody remembers it."""
    return "remembered of " + page


class Limit(NamedTuple):
    """Calls of `service` (its model's name) that fit `operations` share a bucket, or have one each."""

    service: str
    operations: str
    size: float
    refill: float
    shared: bool
    source: str


READS = "Describe.*|List.*|Get.*|Search.*"
EACH, TOGETHER = False, True

# The first row that fits wins.
TABLE = (
    Limit("ec2", "CreateTags|DeleteTags", 100, 10, EACH, remembered(_EC2)),
    Limit("ec2", "CreateVpcEndpoint|ModifyVpcEndpoint|DeleteVpcEndpoints", 4, 0.3, EACH, remembered(_EC2)),
    Limit("ec2", "CreateNatGateway|DeleteNatGateway", 10, 10, EACH, remembered(_EC2)),
    Limit("ec2", "DescribeSpotFleetRequests", 50, 3, EACH, remembered(_EC2)),
    Limit("ec2", READS, 100, 20, EACH, _EC2),
    Limit("ec2", ".*", 50, 5, EACH, remembered(_EC2)),
    Limit("elbv2", "CreateLoadBalancer|SetSubnets|SetSecurityGroups|SetIpAddressType", 10, 0.2, EACH, remembered(_ELB)),
    Limit("elbv2", "RegisterTargets|DeregisterTargets", 20, 4, EACH, remembered(_ELB)),
    Limit("elbv2", READS, 40, 10, TOGETHER, _ELB),
    Limit("elbv2", ".*", 20, 3, TOGETHER, remembered(_ELB)),
    Limit("ecs", "CreateCluster|DeleteCluster|UpdateCluster|UpdateClusterSettings|PutClusterCapacityProviders", 20, 1, TOGETHER, _ECS),
    Limit("ecs", "DescribeClusters|ListClusters", 50, 20, TOGETHER, _ECS),
    Limit("ecs", "(Create|Update|Delete)CapacityProvider", 10, 1, TOGETHER, _ECS),
    Limit("ecs", "DescribeCapacityProviders", 50, 20, TOGETHER, _ECS),
    Limit("ecs", "(Create|Update|Delete)Service", 50, 5, TOGETHER, _ECS),
    Limit("ecs", "DescribeServices|ListServices", 100, 20, TOGETHER, _ECS),
    Limit("ecs", "(Register|Deregister)TaskDefinition", 20, 1, TOGETHER, _ECS),
    Limit("ecs", "DeleteTaskDefinitions", 5, 1, TOGETHER, _ECS),
    Limit("ecs", "DescribeTaskDefinition|ListTaskDefinition.*", 50, 20, TOGETHER, _ECS),
    Limit("ecs", "TagResource|UntagResource", 20, 10, TOGETHER, _ECS),
    Limit("ecs", "ListTagsForResource", 50, 20, TOGETHER, _ECS),
    Limit("ecs", "DescribeServiceRevisions", 50, 20, TOGETHER, _ECS),
    Limit("ecs", "DeregisterContainerInstance|RunTask|StopTask", 100, 40, TOGETHER, _ECS),
    Limit("ecs", "DescribeContainerInstances|DescribeTasks|ListContainerInstances|ListTasks", 100, 20, TOGETHER, _ECS),
    Limit("ecs", "RegisterContainerInstance", 200, 120, TOGETHER, _ECS),
    Limit("cloudwatch", "PutMetricAlarm|DeleteAlarms", 3, 3, EACH, _CLOUDWATCH),
    Limit("cloudwatch", "(Enable|Disable)AlarmActions|SetAlarmState", 3, 3, EACH, remembered(_CLOUDWATCH)),
    Limit("cloudwatch", "DescribeAlarmHistory", 20, 20, EACH, _CLOUDWATCH),
    Limit("cloudwatch", "DescribeAlarms|DescribeAlarmsForMetric", 9, 9, EACH, _CLOUDWATCH),
    Limit("cloudwatch", "PutDashboard|DeleteDashboards|GetDashboard|ListDashboards", 10, 10, EACH, _CLOUDWATCH),
    Limit("logs", "DescribeLogStreams", 25, 25, EACH, _LOGS),
    Limit("logs", "CreateLogGroup|DeleteLogGroup|DescribeLogGroups", 10, 10, EACH, _LOGS),
    Limit("logs", "PutRetentionPolicy|DeleteRetentionPolicy|ListTagsForResource|TagResource|UntagResource", 5, 5, EACH, _LOGS),
    Limit("wafv2", "AssociateWebACL|DisassociateWebACL", 1, 0.5, EACH, _WAF),
    Limit("wafv2", "GetWebACLForResource|ListResourcesForWebACL", 1, 1, EACH, _WAF),
    Limit("wafv2", "Get.*|List.*", 5, 5, EACH, _WAF),
    Limit("wafv2", "Create.*|Put.*|Update.*", 1, 1, EACH, _WAF),
    Limit("lambda", "Invoke.*", 1000, 1000, EACH, _LAMBDA),
    Limit("lambda", "GetFunction", 100, 100, EACH, _LAMBDA),
    Limit("lambda", "GetPolicy", 15, 15, EACH, _LAMBDA),
    Limit("lambda", ".*", 15, 15, TOGETHER, _LAMBDA),
    Limit("sns", "TagResource|UntagResource|ListTagsForResource", 10, 10, EACH, remembered(_SNS)),
    Limit("sns", "CreateTopic|DeleteTopic|ListTopics|ListSubscriptions.*|(Get|Set)TopicAttributes|(Get|Set)SubscriptionAttributes", 30, 30, EACH, remembered(_SNS)),
    Limit("secretsmanager", "DescribeSecret|GetSecretValue", 10000, 10000, TOGETHER, _SECRETS),
    Limit("secretsmanager", "PutSecretValue|UpdateSecret|UpdateSecretVersionStage", 50, 50, TOGETHER, _SECRETS),
    Limit("secretsmanager", ".*", 50, 50, EACH, _SECRETS),
    Limit("events", ".*", 50, 50, EACH, remembered(_EVENTS)),
    Limit("ssm", "GetParameter.*", 40, 40, TOGETHER, remembered(_SSM)),
    Limit("resourcegroupstaggingapi", "GetResources", 15, 15, EACH, remembered(_TAGGING)),
    Limit("resourcegroupstaggingapi", "TagResources|UntagResources", 5, 5, EACH, remembered(_TAGGING)),
    Limit("application-autoscaling", READS, 20, 10, EACH, _GUESS),
    Limit("application-autoscaling", ".*", 10, 5, EACH, _GUESS),
    Limit("iam", READS, 40, 20, EACH, _GUESS),
    Limit("iam", ".*", 20, 5, EACH, _GUESS),
    Limit("cloudfront", READS, 20, 10, EACH, _GUESS),
    Limit("cloudfront", ".*", 5, 1, EACH, _GUESS),
    Limit("budgets", READS, 10, 5, EACH, _GUESS),
    Limit("budgets", ".*", 5, 2, EACH, _GUESS),
    Limit("rds", READS, 40, 20, EACH, _GUESS),
    Limit("rds", ".*", 10, 2, EACH, _GUESS),
    Limit("elasticache", READS, 40, 20, EACH, _GUESS),
    Limit("elasticache", ".*", 10, 2, EACH, _GUESS),
    Limit("ce", ".*", 5, 5, EACH, _GUESS),
)
_BY_SERVICE = {}
for _row in TABLE:
    _BY_SERVICE.setdefault(_row.service, []).append((re.compile(_row.operations), _row))

# The code and the status of each service's refusal; the rest answers ThrottlingException in JSON, Throttling in XML.
CODES = {
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "lambda": ("TooManyRequestsException", 429, "Rate exceeded"),
    "elbv2": ("ThrottlingException", 400, "Rate exceeded"),
    "sns": ("ThrottlingException", 400, "Rate exceeded"),
}
# A policy is told with its alarms, which Application Auto Scaling reads in the caller's name: what CloudWatch refuses it, it passes on.
READS_ALARMS = ("application-autoscaling", "DescribeScalingPolicies")
_SCOPE = re.compile(rb"Credential=([^/,\s]*)/[^/]*/([^/]*)/")


class Bucket:
    """Tokens that are taken one by one and come back with time."""

    def __init__(self, limit: Limit, now: float):
        self.limit, self.tokens, self.at = limit, limit.size, now

    def take(self, now: float) -> bool:
        self.tokens = min(self.limit.size, self.tokens + (now - self.at) * self.limit.refill)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def limit_of(service: str, operation: str) -> "Limit | None":
    for pattern, row in _BY_SERVICE.get(service, ()):
        if pattern.fullmatch(operation):
            return row
    return None


class Rates:
    """The buckets of all accounts and regions, and what was refused."""

    def __init__(self, clock=time.monotonic):
        self.clock, self.buckets = clock, {}
        self.passed, self.refused, self.rows, self.longest = {}, {}, {}, {}

    def take(self, service: str, operation: str, place: tuple) -> bool:
        limit = limit_of(service, operation)
        if limit is None:
            return True
        now = self.clock()
        key = (place, limit.service, limit.operations if limit.shared else operation)
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = self.buckets[key] = Bucket(limit, now)
        return bucket.take(now)

    def refusal(self, service: str, operation: str, headers: dict, asked: bytes):
        """Code, status and message of the refusal of a call, or None where it may pass. `asked` is all that was asked for."""
        found = _SCOPE.search(headers.get(b"authorization", b""))
        place = found.groups() if found else (b"", b"")
        if not self.take(service, operation, place):
            said = CODES.get(service, (None, 400, "Rate exceeded"))
        elif (service, operation) == READS_ALARMS and not self.take("cloudwatch", "DescribeAlarms", place):
            said = ("FailedResourceAccessException", 400, "Rate exceeded")
        else:
            said = None
        # The same question may be asked by several at once; each has a number of its own, which the SDK keeps when it repeats. A
        # change is repeated by the program, under another number.
        number = headers.get(b"amz-sdk-invocation-id", b"") if re.fullmatch(READS, operation) else b""
        self.count(f"{service} {operation}", place + (number, hashlib.sha256(asked).digest()), said is not None)
        return said

    def count(self, name: str, call: tuple, refused: bool):
        """How often each operation was refused, and how often at most the same call in a row."""
        key = (name, call)
        if not refused:
            self.passed[name] = self.passed.get(name, 0) + 1
            self.rows.pop(key, None)
            return
        self.refused[name] = self.refused.get(name, 0) + 1
        self.rows[key] = self.rows.get(key, 0) + 1
        self.longest[name] = max(self.longest.get(name, 0), self.rows[key])

    def told(self) -> dict:
        return {"throttled": dict(sorted(self.refused.items())), "most_in_a_row": dict(sorted(self.longest.items())),
                "passed": dict(sorted(self.passed.items()))}


def page_of_policies(body: bytes) -> bytes:
    """AWS answers at most ten scaling policies at a time, whatever is asked for; moto answers fifty."""
    asked = json.loads(body or b"{}")
    asked["MaxResults"] = min(10, asked.get("MaxResults") or 10)
    return json.dumps(asked).encode()

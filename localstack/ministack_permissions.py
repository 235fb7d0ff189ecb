"""What IAM asks of a call, when the local cloud is started with `--enforce`.

MiniStack asks of each call once, on one resource, and knows few condition keys. AWS asks on every resource that a call
touches, tells their tags, what is made with which tags, by which call tags come, to which service a role is given, and which
boundary it has. This says so for the calls that the program makes, as the service authorization reference describes them.

It decides nothing: MiniStack's evaluator does, with the policies that it holds.
"""

import contextvars
import json
import re
from typing import NamedTuple, Optional

ASKED = contextvars.ContextVar("asked", default=None)


class Question(NamedTuple):
    """An action on a resource, with what is known beside it. Without an action it is the call's own."""

    arn: str
    action: Optional[str] = None
    keys: dict = {}
    # Whether what the request tags is this resource.
    tagged: bool = False


def install():
    import ministack.core.iam_actions as actions
    import ministack.core.iam_evaluator as evaluator

    said_by_ministack = actions.extract_resource_arn
    action_of_ministack = actions.extract_iam_action
    enforce = evaluator.enforce

    def extract_iam_action(service, method, path, headers, body, query_params):
        action = action_of_ministack(service, method, path, headers, body, query_params)
        in_path = OPERATION_PATH.search(path)
        if action is None and in_path and service in actions.SERVICE_TO_IAM_NAMESPACE:
            action = f"{actions.SERVICE_TO_IAM_NAMESPACE[service]}:{in_path.group(1)}"
        return RENAMED.get(action, action)

    def extract_resource_arn(service, method, path, headers, body, query_params, region, account_id):
        call = Call(service, method, path, headers, body, query_params, region, account_id)
        # MiniStack reads a body as JSON, or not at all.
        in_json = b"" if call.in_cbor else body
        arn = said_by_ministack(service, method, path, headers, in_json, query_params, region, account_id)
        questions = call.questions(arn)
        ASKED.set((questions, call.tags()))
        return questions[0].arn

    def enforce_all(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        asked = ASKED.get()
        ASKED.set(None)
        if asked is None:
            return enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, service_context=service_context)
        questions, tags = asked
        known = {key: value for key, value in (service_context or {}).items() if not key.lower().startswith("aws:requesttag/")}
        for question in questions:
            keys = {**known, **tags_of(question.arn), **question.keys}
            if question.tagged:
                keys.update({f"aws:RequestTag/{key}": value for key, value in tags.items()})
            denied = enforce(access_key_id, question.action or iam_action, service, region, resource_arn=question.arn,
                             service_context=keys)
            if denied:
                return denied
        return None

    def _resolve_condition_key(key, ctx):
        # To AWS every call is encrypted; here none is, and none leaves the machine.
        return "true" if key.lower() == "aws:securetransport" else told_by_ministack(key, ctx)

    told_by_ministack = evaluator._resolve_condition_key
    evaluator._resolve_condition_key = _resolve_condition_key
    actions.extract_iam_action = extract_iam_action
    actions.extract_resource_arn = extract_resource_arn
    evaluator.enforce = enforce_all


# Where a call in CBOR has its name.
OPERATION_PATH = re.compile(r"/service/[^/]+/operation/([^/?]+)")
# What IAM calls a call, where it is not its name.
RENAMED = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "budgets:CreateSubscriber": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DeleteNotification": "budgets:ModifyBudget",
    "budgets:DeleteSubscriber": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeBudgetNotificationsForAccount": "budgets:ViewBudget",
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "budgets:UpdateNotification": "budgets:ModifyBudget",
    "budgets:UpdateSubscriber": "budgets:ModifyBudget",
    "cloudfront:CreateDistributionWithTags": "cloudfront:CreateDistribution",
}

EC2_KINDS = {"vpc": "vpc", "subnet": "subnet", "igw": "internet-gateway", "nat": "natgateway", "rtb": "route-table",
             "sg": "security-group", "sgr": "security-group-rule", "eipalloc": "elastic-ip", "sfr": "spot-fleet-request",
             "fl": "vpc-flow-log"}
EC2_MADE = {"AllocateAddress": "elastic-ip", "CreateInternetGateway": "internet-gateway", "CreateNatGateway": "natgateway",
            "CreateRouteTable": "route-table", "CreateSecurityGroup": "security-group", "CreateSubnet": "subnet",
            "CreateVpc": "vpc", "CreateFlowLogs": "vpc-flow-log"}
# Which of a call's parameters name a resource that is asked about.
EC2_FIELDS = {"CreateRoute": ["RouteTableId"], "ReplaceRoute": ["RouteTableId"], "DeleteRoute": ["RouteTableId"]}
EC2_ALL_FIELDS = ["VpcId", "SubnetId", "InternetGatewayId", "NatGatewayId", "RouteTableId", "GroupId", "AllocationId"]
NAMES = {
    "rds": {"DBInstanceIdentifier": "db", "SourceDBInstanceIdentifier": "db", "DBParameterGroupName": "pg",
            "DBSubnetGroupName": "subgrp"},
    "elasticache": {"ReplicationGroupId": "replicationgroup", "CacheParameterGroupName": "parametergroup",
                    "CacheSubnetGroupName": "subnetgroup"},
}
LOOKS = ("Describe", "List", "Get", "View")


class Call:
    """A call as it came, and what IAM is asked about it."""

    def __init__(self, service, method, path, headers, body, params, region, account):
        self.service, self.method, self.path, self.body, self.params = service, method, path, body, params
        self.region, self.account, self.headers = region, account, headers
        self.in_cbor = "cbor" in headers.get("content-type", "") or "cbor" in headers.get("smithy-protocol", "")
        self.json = decoded(body, self.in_cbor)
        in_path = OPERATION_PATH.search(path)
        self.action = (self.value("Action") or headers.get("x-amz-target", "").rpartition(".")[2]
                       or (in_path.group(1) if in_path else ""))

    def value(self, name):
        """A parameter, or a text of the body."""
        value = self.params.get(name) or self.json.get(name) or ""
        return (value[0] if value else "") if isinstance(value, list) else value

    def values(self, prefix):
        """The parameters of a list: `ResourceId.1`, `ResourceArns.member.1`."""
        return [self.value(name) for name in self.params if re.fullmatch(rf"{prefix}(\.member)?\.\d+", name)]

    def arn(self, service, resource):
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def tags(self):
        """What the request tags, and with what."""
        tags = {}
        for name in self.params:
            if name.endswith(".Key") and "Tag" in name:
                tags[self.value(name)] = self.value(name[:-3] + "Value")
        for member in ("Tags", "tags", "TagList", "TagsList", "ResourceTags"):
            found = self.json.get(member)
            if isinstance(found, dict):
                tags.update(found)
            for tag in found if isinstance(found, list) else []:
                tags[tag.get("Key", tag.get("key"))] = tag.get("Value", tag.get("value", ""))
        for key, value in re.findall(rb"<Tag>\s*<Key>([^<]*)</Key>\s*<Value>([^<]*)</Value>", self.body):
            tags[key.decode()] = value.decode()
        return tags

    def questions(self, arn):
        ask = getattr(self, "of_" + self.service.replace("-", "_"), None)
        return (ask(arn) if ask else None) or [Question(arn, tagged=True)]

    def made(self, arn, tagging, key=None):
        """What is made is asked about, and its tags once more."""
        questions = [Question(arn, tagged=True)]
        if self.tags():
            questions.append(Question(arn, tagging, {key: self.action} if key else {}, tagged=True))
        return questions

    def given(self, role, service):
        """A role is given to a service."""
        return [Question(role, "iam:PassRole", {"iam:PassedToService": service})] if role else []

    def of_ec2(self, _arn):
        if self.action.startswith(LOOKS):
            return [Question("*")]
        if self.action in ("CreateTags", "DeleteTags"):
            return [Question(self.ec2(one), tagged=True) for one in self.values("ResourceId")]
        questions = []
        if self.action in EC2_MADE:
            questions += self.made(self.arn("ec2", EC2_MADE[self.action] + "/*"), "ec2:CreateTags", "ec2:CreateAction")
        named = [self.value(field) for field in EC2_FIELDS.get(self.action, EC2_ALL_FIELDS)]
        named += self.tables_of(self.value("AssociationId"))
        if self.action in ("CreateFlowLogs", "DeleteFlowLogs"):
            named += self.values("ResourceId") + self.values("FlowLogId")
            questions += self.given(self.value("DeliverLogsPermissionArn"), "vpc-flow-logs.amazonaws.com")
        return questions + [Question(self.ec2(one)) for one in named if one]

    def ec2(self, resource):
        return self.arn("ec2", f"{EC2_KINDS.get(resource.partition('-')[0], 'instance')}/{resource}")

    def tables_of(self, association):
        """The table of an association, which has no tags itself."""
        import ministack.services.ec2 as ec2

        tables = ec2._route_tables.items() if association.startswith("rtbassoc-") else ()
        return [table for table, live in tables if association in json.dumps(live, default=str)]

    def of_s3(self, arn):
        conditions = {f"s3:{name}": self.headers[name] for name in ("if-match", "if-none-match") if name in self.headers}
        return [Question(arn, keys=conditions, tagged=True)]

    def of_iam(self, _arn):
        import ministack.services.iam as iam

        if self.action in ("GetAccountAuthorizationDetails", "ListRoles", "ListInstanceProfiles"):
            return [Question("*")]
        if self.action == "CreateServiceLinkedRole":
            service = self.value("AWSServiceName")
            arn = f"arn:aws:iam::{self.account}:role/aws-service-role/{service}/AWSServiceRole"
            return [Question(arn, keys={"iam:AWSServiceName": service})]
        path = self.value("Path") or "/"
        profile, role = self.value("InstanceProfileName"), self.value("RoleName")
        role_arn = (iam._roles.get(role) or {}).get("Arn") or f"arn:aws:iam::{self.account}:role{path}{role}"
        if profile:
            live = iam._instance_profiles.get(profile) or {}
            arn = live.get("Arn") or f"arn:aws:iam::{self.account}:instance-profile{path}{profile}"
            if self.action == "CreateInstanceProfile":
                return self.made(arn, "iam:TagInstanceProfile")
            given = self.given(role_arn, "ec2.amazonaws.com") if self.action == "AddRoleToInstanceProfile" else []
            return [Question(arn, tagged=True), *given]
        if not role:
            return None
        return self.role(role_arn, iam._roles.get(role) or {})

    def role(self, arn, live):
        asked = self.value("PermissionsBoundary")
        has = live.get("PermissionsBoundary") or ""
        has = has.get("PermissionsBoundaryArn", "") if isinstance(has, dict) else has
        boundary = asked if self.action in ("CreateRole", "PutRolePermissionsBoundary") else has
        keys = {"iam:PermissionsBoundary": boundary} if boundary else {}
        if self.value("PolicyArn"):
            keys["iam:PolicyARN"] = self.value("PolicyArn")
        questions = [Question(arn, keys=keys, tagged=True)]
        if self.action == "CreateRole" and self.tags():
            questions.append(Question(arn, "iam:TagRole", keys, tagged=True))
        return questions

    def of_ecs(self, arn):
        cluster = self.value("cluster").rpartition("/")[2] or "default"
        if self.action.startswith(LOOKS) or self.action == "DeregisterTaskDefinition":
            return [Question("*")]
        if self.action == "CreateCluster":
            name = self.value("clusterName")
            return self.made(self.arn("ecs", f"cluster/{name}"), "ecs:TagResource", "ecs:CreateAction")
        if self.action == "CreateService":
            name = f"service/{cluster}/{self.value('serviceName')}"
            return self.made(self.arn("ecs", name), "ecs:TagResource", "ecs:CreateAction")
        if self.action in ("UpdateService", "DeleteService"):
            service = self.value("service").rpartition("/")[2]
            return [Question(self.arn("ecs", f"service/{cluster}/{service}"))]
        if self.action == "RegisterTaskDefinition":
            name = f"task-definition/{self.value('family')}:1"
            roles = sorted({self.value("taskRoleArn"), self.value("executionRoleArn")})
            return self.made(self.arn("ecs", name), "ecs:TagResource", "ecs:CreateAction") + [
                one for role in roles for one in self.given(role, "ecs-tasks.amazonaws.com")]
        if self.value("resourceArn"):
            return [Question(self.value("resourceArn"), tagged=True)]
        return [Question(arn)]

    def of_elasticloadbalancing(self, arn):
        name, within = self.value("Name"), self.value("LoadBalancerArn") or self.value("ListenerArn")
        tagging = ("elasticloadbalancing:AddTags", "elasticloadbalancing:CreateAction")
        if self.action.startswith(LOOKS):
            return [Question("*")]
        if self.action == "CreateLoadBalancer":
            return self.made(self.arn("elasticloadbalancing", f"loadbalancer/app/{name}/*"), *tagging)
        if self.action == "CreateTargetGroup":
            return self.made(self.arn("elasticloadbalancing", f"targetgroup/{name}/*"), *tagging)
        if self.action in ("CreateListener", "CreateRule"):
            kind = ("listener", "loadbalancer") if self.action == "CreateListener" else ("listener-rule", "listener")
            made = within.replace(f":{kind[1]}/", f":{kind[0]}/") + "/*"
            return [Question(within, tagged=True), *self.made(made, *tagging)[1:]]
        rules = [self.value(name) for name in self.params if name.endswith(".RuleArn")]
        several = self.values("ResourceArns") or rules or [self.value("RuleArn") or arn]
        return [Question(one, tagged=True) for one in several]

    def of_rds(self, arn):
        return self.named(arn, "rds:AddTagsToResource", self.given(self.value("MonitoringRoleArn"), "monitoring.rds.amazonaws.com"))

    def of_elasticache(self, arn):
        return self.named(arn, "elasticache:AddTagsToResource", [])

    def named(self, arn, tagging, given):
        """Groups and what stands in them: the first name is what the call is about."""
        if self.action.startswith("Describe"):
            return [Question("*")]
        if self.value("ResourceName"):
            return [Question(self.value("ResourceName"), tagged=True)]
        kinds = NAMES[self.service]
        named = [self.arn(self.service, f"{kinds[field]}:{self.value(field)}") for field in kinds if self.value(field)]
        if not named:
            return [Question(arn)]
        first = self.made(named[0], tagging) if self.action.startswith("Create") else [Question(named[0])]
        return first + [Question(one) for one in named[1:]] + given

    def of_lambda(self, arn):
        name = self.json.get("FunctionName")
        if self.method == "POST" and self.path.rstrip("/").endswith("/functions") and name:
            made = self.made(self.arn("lambda", f"function:{name}"), "lambda:TagResource")
            return made + self.given(self.json.get("Role"), "lambda.amazonaws.com")
        return [Question(arn, tagged=True)]

    def of_events(self, arn):
        if self.action == "ListRules":
            return [Question("*")]
        rule = self.value("Rule") or self.value("Name")
        arn = self.value("ResourceARN") or (self.arn("events", f"rule/{rule}") if rule else arn)
        given = [one for target in self.json.get("Targets", []) for one in self.given(target.get("RoleArn"), "events.amazonaws.com")]
        return [Question(arn, tagged=True), *given]

    def of_sns(self, arn):
        if self.value("SubscriptionArn"):
            return [Question("*")]
        return [Question(self.value("ResourceArn") or arn, tagged=True)]

    def of_monitoring(self, arn):
        names = self.values("AlarmNames") or self.json.get("AlarmNames") or []
        boards = self.values("DashboardNames") or self.json.get("DashboardNames") or []
        boards = boards or [self.value("DashboardName")] if self.value("DashboardName") or boards else []
        if self.action.startswith("DescribeAlarms") or self.action == "ListDashboards":
            return [Question("*")]
        if self.value("ResourceARN"):
            return [Question(self.value("ResourceARN"), tagged=True)]
        if boards:
            return [Question(f"arn:aws:cloudwatch::{self.account}:dashboard/{name}", tagged=True) for name in boards]
        if names:
            return [Question(self.arn("cloudwatch", f"alarm:{name}")) for name in names]
        name = self.value("AlarmName")
        return [Question(self.arn("cloudwatch", f"alarm:{name}") if name else arn, tagged=True)]

    def of_wafv2(self, arn):
        if self.action == "ListWebACLs":
            return [Question("*")]
        logged = self.json.get("LoggingConfiguration", {}).get("ResourceArn") or self.value("ResourceArn")
        if self.value("ResourceARN") or logged:
            return [Question(self.value("ResourceARN") or logged, tagged=True)]
        if self.value("Name"):
            part = f"webacl/{self.value('Name')}/{self.value('Id') or '*'}"
            return [Question(f"arn:aws:wafv2:us-east-1:{self.account}:global/{part}", tagged=True)]
        return [Question(arn)]

    def of_cloudfront(self, arn):
        place = re.search(r"/(distribution|origin-access-control|response-headers-policy)/([A-Z0-9a-z-]+)", self.path)
        resource = self.value("Resource")
        if resource:
            return [Question(resource, tagged=True)]
        if place:
            return [Question(f"arn:aws:cloudfront::{self.account}:{place.group(1)}/{place.group(2)}")]
        if self.method == "POST" and self.tags():
            made = f"arn:aws:cloudfront::{self.account}:distribution/*"
            return [Question("*", tagged=True), Question(made, "cloudfront:TagResource", tagged=True)]
        return [Question("*")]

    def of_budgets(self, arn):
        name = self.value("BudgetName") or self.json.get("Budget", {}).get("BudgetName") or "*"
        made = self.value("ResourceARN") or f"arn:aws:budgets::{self.account}:budget/{name}"
        if self.action == "CreateBudget":
            return self.made(made, "budgets:TagResource")
        return [Question(made, tagged=True)]

    def of_cur(self, _arn):
        name = self.value("ReportName") or self.json.get("ReportDefinition", {}).get("ReportName")
        return [Question(f"arn:aws:cur:us-east-1:{self.account}:definition/{name}" if name else "*", tagged=True)]

    def of_secretsmanager(self, arn):
        if self.action == "CreateSecret":
            return self.made(arn, "secretsmanager:TagResource")
        return [Question(arn, tagged=True)]

    def of_logs(self, arn):
        if self.action.startswith(("Describe", "Get")):
            return [Question("*")]
        kind = {"PutDeliverySource": "delivery-source", "DeleteDeliverySource": "delivery-source",
                "PutDeliveryDestination": "delivery-destination", "DeleteDeliveryDestination": "delivery-destination"}.get(self.action)
        if kind:
            named = self.arn("logs", f"{kind}:{self.value('name')}")
            about = [Question(self.value("resourceArn"), "cloudfront:AllowVendedLogDeliveryForResource")]
            return (self.made(named, "logs:TagResource") if self.action.startswith("Put") else [Question(named)]) + (
                about if self.action == "PutDeliverySource" else [])
        if self.action == "CreateDelivery":
            source = self.arn("logs", f"delivery-source:{self.value('deliverySourceName')}")
            return self.made(self.arn("logs", "delivery:new"), "logs:TagResource") + [
                Question(source), Question(self.value("deliveryDestinationArn"))]
        if self.action in ("DeleteDelivery", "UpdateDeliveryConfiguration"):
            return [Question(self.arn("logs", f"delivery:{self.value('id')}"))]
        if self.action == "CreateLogGroup":
            return self.made(arn, "logs:TagResource")
        return [Question(arn, tagged=True)]

    def of_ssm(self, arn):
        names = self.json.get("Names") or []
        return [Question(f"arn:aws:ssm:{self.region}::parameter{name}") for name in names] or [Question(arn)]

    def of_servicediscovery(self, arn):
        return [Question("*")] if self.action.startswith(("List", "Create")) else [Question(arn, tagged=True)]


def decoded(body, in_cbor):
    """A body of JSON, or of CBOR as CloudWatch speaks it."""
    try:
        if in_cbor:
            import cbor2

            return cbor2.loads(body) or {}
        return json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        return {}


def tags_of(arn):
    """The tags of a resource as condition keys."""
    import ministack.services.tagging as tagging

    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    for collectors in (tagging._COLLECTORS, tagging._RESOURCE_TAG_COLLECTORS):
        for candidate, tags in collectors[service]() if service in collectors else ():
            if candidate == arn:
                return {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}
    return {}

#!/usr/bin/env python3
"""Reads a whole account of the local cloud with boto3 and prints it as JSON: lists of resources by service and kind.

It knows nothing of the program, and it only reads. With --lines it prints one line a resource instead, without
identifiers, times and addresses, so that two accounts can be compared.
"""

import argparse
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

REGION = "us-east-1"


class Account:
    """One account, seen through boto3."""

    def __init__(self, endpoint, account):
        self.account = account
        self.session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="test", region_name=REGION)
        self.config = Config(retries={"max_attempts": 2}, max_pool_connections=20)
        self.endpoint = endpoint
        self.clients = {}

    def client(self, service):
        if service not in self.clients:
            path_style = Config(s3={"addressing_style": "path"}) if service == "s3" else self.config
            # WAF is asked in two regions: here that is the same one.
            name = service.removeprefix("regional ")
            self.clients[service] = self.session.client(name, endpoint_url=self.endpoint, config=path_style)
        return self.clients[service]

    def all(self, service, operation, member, **arguments):
        """Every page of a listing call."""
        client = self.client(service)
        if client.can_paginate(operation):
            pages = client.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page.get(member) or []]
        return getattr(client, operation)(**arguments).get(member) or []

    def ask(self, service, operation, **arguments):
        """One answer without what belongs to the way of asking; what is not there is None."""
        client = self.client(service)
        try:
            answer = getattr(client, operation)(**arguments)
        except client.exceptions.ClientError as error:
            if any(word in str(error) for word in ("NotFound", "NoSuch", "Nonexistent")):
                return None
            raise
        answer.pop("ResponseMetadata", None)
        return answer


def chunks(items, size):
    return [items[at:at + size] for at in range(0, len(items), size)]


def ec2(account):
    networks = account.all("ec2", "describe_vpcs", "Vpcs")
    for network in networks:
        for attribute in ("enableDnsHostnames", "enableDnsSupport"):
            told = account.ask("ec2", "describe_vpc_attribute", VpcId=network["VpcId"], Attribute=attribute)
            network[attribute] = told[attribute[0].upper() + attribute[1:]]["Value"]
    yield "vpcs", networks
    plain = {
        "subnets": ("describe_subnets", "Subnets"),
        "internet gateways": ("describe_internet_gateways", "InternetGateways"),
        "addresses": ("describe_addresses", "Addresses"),
        "route tables": ("describe_route_tables", "RouteTables"),
        "security groups": ("describe_security_groups", "SecurityGroups"),
        "security group rules": ("describe_security_group_rules", "SecurityGroupRules"),
    }
    for kind, (operation, member) in plain.items():
        yield kind, account.all("ec2", operation, member)
    yield "flow logs", account.all("ec2", "describe_flow_logs", "FlowLogs")
    yield "prefix lists of aws", account.all("ec2", "describe_managed_prefix_lists", "PrefixLists")
    nats = account.all("ec2", "describe_nat_gateways", "NatGateways")
    yield "nat gateways", [nat for nat in nats if nat["State"] != "deleted"]
    fleets = account.all("ec2", "describe_spot_fleet_requests", "SpotFleetRequestConfigs")
    yield "spot fleets", [fleet for fleet in fleets if not fleet["SpotFleetRequestState"].startswith("cancelled")]


def elbv2(account):
    def tagged(things, key):
        tags = {}
        for some in chunks([thing[key] for thing in things], 20):
            for told in account.ask("elbv2", "describe_tags", ResourceArns=some)["TagDescriptions"]:
                tags[told["ResourceArn"]] = told["Tags"]
        return [{**thing, "Tags": tags.get(thing[key], [])} for thing in things]

    balancers = account.all("elbv2", "describe_load_balancers", "LoadBalancers")
    for balancer in balancers:
        arn = balancer["LoadBalancerArn"]
        balancer["Attributes"] = account.ask("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
    yield "load balancers", tagged(balancers, "LoadBalancerArn")
    groups = account.all("elbv2", "describe_target_groups", "TargetGroups")
    for group in groups:
        arn = group["TargetGroupArn"]
        group["Attributes"] = account.ask("elbv2", "describe_target_group_attributes", TargetGroupArn=arn)
    yield "target groups", tagged(groups, "TargetGroupArn")
    listeners = [listener for balancer in balancers for listener in
                 account.all("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"])]
    yield "listeners", tagged(listeners, "ListenerArn")
    rules = [rule for listener in listeners for rule in
             account.all("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])]
    yield "listener rules", tagged([rule for rule in rules if not rule["IsDefault"]], "RuleArn")


def ecs(account):
    clusters = account.all("ecs", "list_clusters", "clusterArns")
    yield "clusters", account.ask("ecs", "describe_clusters", clusters=clusters, include=["SETTINGS", "TAGS"])["clusters"]
    services = []
    for cluster in clusters:
        for some in chunks(account.all("ecs", "list_services", "serviceArns", cluster=cluster), 10):
            services += account.ask("ecs", "describe_services", cluster=cluster, services=some, include=["TAGS"])["services"]
    yield "services", [service for service in services if service["status"] != "INACTIVE"]
    definitions = account.all("ecs", "list_task_definitions", "taskDefinitionArns", status="ACTIVE")
    yield "task definitions", [
        account.ask("ecs", "describe_task_definition", taskDefinition=definition, include=["TAGS"])
        for definition in definitions
    ]


def application_autoscaling(account):
    for space in ("ecs", "ec2"):
        for kind, operation, member in (
            ("scalable targets", "describe_scalable_targets", "ScalableTargets"),
            ("scaling policies", "describe_scaling_policies", "ScalingPolicies"),
            ("scheduled actions", "describe_scheduled_actions", "ScheduledActions"),
        ):
            things = account.all("application-autoscaling", operation, member, ServiceNamespace=space)
            for target in things if member == "ScalableTargets" else []:
                arn = target["ScalableTargetARN"]
                target["Tags"] = account.ask("application-autoscaling", "list_tags_for_resource", ResourceARN=arn)["Tags"]
            yield f"{kind} of {space}", things


def cloudwatch(account):
    alarms = account.all("cloudwatch", "describe_alarms", "MetricAlarms")
    for alarm in alarms:
        alarm["Tags"] = account.ask("cloudwatch", "list_tags_for_resource", ResourceARN=alarm["AlarmArn"])["Tags"]
    yield "alarms", alarms
    names = [entry["DashboardName"] for entry in account.all("cloudwatch", "list_dashboards", "DashboardEntries")]
    yield "dashboards", [account.ask("cloudwatch", "get_dashboard", DashboardName=name) for name in names]


def sns(account):
    topics = account.all("sns", "list_topics", "Topics")
    for topic in topics:
        arn = topic["TopicArn"]
        topic["Attributes"] = account.ask("sns", "get_topic_attributes", TopicArn=arn)["Attributes"]
        topic["Tags"] = account.ask("sns", "list_tags_for_resource", ResourceArn=arn)["Tags"]
    yield "topics", topics
    yield "subscriptions", account.all("sns", "list_subscriptions", "Subscriptions")


def cloudfront(account):
    listed = (account.ask("cloudfront", "list_distributions")["DistributionList"]).get("Items") or []
    yield "distributions", [
        {
            "Id": item["Id"],
            "Config": account.ask("cloudfront", "get_distribution_config", Id=item["Id"])["DistributionConfig"],
            "Tags": account.ask("cloudfront", "list_tags_for_resource", Resource=item["ARN"])["Tags"]["Items"],
        }
        for item in listed
    ]
    controls = account.ask("cloudfront", "list_origin_access_controls")["OriginAccessControlList"]
    yield "origin access controls", controls.get("Items") or []
    policies = account.ask("cloudfront", "list_response_headers_policies", Type="custom")["ResponseHeadersPolicyList"]
    yield "response headers policies", policies.get("Items") or []


def wafv2(account):
    listed = account.ask("wafv2", "list_web_acls", Scope="CLOUDFRONT")["WebACLs"]
    yield "web acls", [
        {
            **account.ask("wafv2", "get_web_acl", Scope="CLOUDFRONT", Id=acl["Id"], Name=acl["Name"])["WebACL"],
            "Tags": account.ask("wafv2", "list_tags_for_resource", ResourceARN=acl["ARN"])["TagInfoForResource"],
            "log": (account.ask("wafv2", "get_logging_configuration", ResourceArn=acl["ARN"]) or {}).get("LoggingConfiguration"),
        }
        for acl in listed
    ]


def regional_wafv2(account):
    ask = lambda operation, **arguments: account.ask("regional wafv2", operation, **arguments)
    listed = ask("list_web_acls", Scope="REGIONAL")["WebACLs"]
    yield "regional web acls", [
        {
            **ask("get_web_acl", Scope="REGIONAL", Id=acl["Id"], Name=acl["Name"])["WebACL"],
            "Tags": ask("list_tags_for_resource", ResourceARN=acl["ARN"])["TagInfoForResource"],
            "log": (ask("get_logging_configuration", ResourceArn=acl["ARN"]) or {}).get("LoggingConfiguration"),
            "resources": ask("list_resources_for_web_acl", WebACLArn=acl["ARN"])["ResourceArns"],
        }
        for acl in listed
    ]


def s3(account):
    parts = ("versioning", "encryption", "policy", "tagging", "lifecycle_configuration", "ownership_controls")
    buckets = []
    for bucket in account.all("s3", "list_buckets", "Buckets"):
        name = bucket["Name"]
        told = {part: account.ask("s3", f"get_bucket_{part}", Bucket=name) for part in parts}
        told["public access"] = account.ask("s3", "get_public_access_block", Bucket=name)
        told["tiering"] = account.ask("s3", "list_bucket_intelligent_tiering_configurations", Bucket=name)
        buckets.append({"Name": name, **told})
    yield "buckets", buckets


def elasticache(account):
    def tagged(things):
        for thing in things:
            told = account.ask("elasticache", "list_tags_for_resource", ResourceName=thing["ARN"])
            thing["Tags"] = (told or {}).get("TagList", [])
        return things

    groups = account.all("elasticache", "describe_replication_groups", "ReplicationGroups")
    yield "replication groups", tagged(groups)
    yield "cache clusters", account.all("elasticache", "describe_cache_clusters", "CacheClusters")
    groups = account.all("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups")
    yield "cache subnet groups", tagged(groups)
    groups = account.all("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups")
    groups = [group for group in groups if not group["CacheParameterGroupName"].startswith("default.")]
    for group in groups:
        name = group["CacheParameterGroupName"]
        group["Parameters"] = account.all(
            "elasticache", "describe_cache_parameters", "Parameters", CacheParameterGroupName=name, Source="user")
    yield "cache parameter groups", tagged(groups)


def rds(account):
    yield "databases", account.all("rds", "describe_db_instances", "DBInstances")
    def tagged(things, key):
        for thing in things:
            thing["Tags"] = account.ask("rds", "list_tags_for_resource", ResourceName=thing[key])["TagList"]
        return things

    groups = account.all("rds", "describe_db_subnet_groups", "DBSubnetGroups")
    yield "database subnet groups", tagged(groups, "DBSubnetGroupArn")
    groups = account.all("rds", "describe_db_parameter_groups", "DBParameterGroups")
    groups = [group for group in groups if not group["DBParameterGroupName"].startswith("default.")]
    for group in groups:
        name = group["DBParameterGroupName"]
        group["Parameters"] = account.all(
            "rds", "describe_db_parameters", "Parameters", DBParameterGroupName=name)
    yield "database parameter groups", tagged(groups, "DBParameterGroupArn")


def secretsmanager(account):
    yield "secrets", account.all("secretsmanager", "list_secrets", "SecretList")


def functions(account):
    listed = account.all("lambda", "list_functions", "Functions")
    for function in listed:
        name = function["FunctionName"]
        function["Policy"] = account.ask("lambda", "get_policy", FunctionName=name)
        function["Tags"] = account.ask("lambda", "get_function", FunctionName=name).get("Tags")
    yield "functions", listed


def events(account):
    rules = account.all("events", "list_rules", "Rules")
    for rule in rules:
        rule["Targets"] = account.all("events", "list_targets_by_rule", "Targets", Rule=rule["Name"])
        rule["Tags"] = account.ask("events", "list_tags_for_resource", ResourceARN=rule["Arn"])["Tags"]
    yield "event rules", rules


def budgets(account):
    listed = account.all("budgets", "describe_budgets", "Budgets", AccountId=account.account)
    for budget in listed:
        of_it = {"AccountId": account.account, "BudgetName": budget["BudgetName"]}
        notifications = account.all("budgets", "describe_notifications_for_budget", "Notifications", **of_it)
        budget["Notifications"] = [
            {
                **notification,
                "Subscribers": account.all(
                    "budgets", "describe_subscribers_for_notification", "Subscribers",
                    Notification={key: notification[key] for key in
                                  ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
                                  if key in notification}, **of_it),
            }
            for notification in notifications
        ]
        arn = f"arn:aws:budgets::{account.account}:budget/{budget['BudgetName']}"
        budget["Tags"] = account.ask("budgets", "list_tags_for_resource", ResourceARN=arn)["ResourceTags"]
    yield "budgets", listed


def costs(account):
    monitors = account.ask("ce", "get_anomaly_monitors")["AnomalyMonitors"]
    for monitor in monitors:
        monitor["Tags"] = account.ask("ce", "list_tags_for_resource", ResourceArn=monitor["MonitorArn"])["ResourceTags"]
    yield "anomaly monitors", monitors
    yield "anomaly subscriptions", account.ask("ce", "get_anomaly_subscriptions")["AnomalySubscriptions"]
    tags = account.ask("ce", "list_cost_allocation_tags", Status="Active")["CostAllocationTags"]
    yield "cost allocation tags", [{"TagKey": tag["TagKey"]} for tag in tags]
    yield "usage reports", account.all("cur", "describe_report_definitions", "ReportDefinitions")


def iam(account):
    # What AWS's own services play is theirs, and stays with the account.
    roles = [role for role in account.all("iam", "list_roles", "Roles") if not role["Path"].startswith("/aws-service-role/")]
    for role in roles:
        name = role["RoleName"]
        role["Inline"] = {
            policy: account.ask("iam", "get_role_policy", RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in account.all("iam", "list_role_policies", "PolicyNames", RoleName=name)
        }
        role["Attached"] = account.all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        role["Tags"] = account.all("iam", "list_role_tags", "Tags", RoleName=name)
    yield "roles", roles
    yield "instance profiles", account.all("iam", "list_instance_profiles", "InstanceProfiles")


def logs(account):
    groups = account.all("logs", "describe_log_groups", "logGroups")
    for group in groups:
        group["tags"] = account.ask("logs", "list_tags_log_group", logGroupName=group["logGroupName"])["tags"]
    yield "log groups", groups
    yield "log sources", account.all("logs", "describe_delivery_sources", "deliverySources")
    yield "log destinations", account.all("logs", "describe_delivery_destinations", "deliveryDestinations")
    yield "log deliveries", account.all("logs", "describe_deliveries", "deliveries")


SERVICES = (
    ec2, elbv2, ecs, application_autoscaling, cloudwatch, sns, cloudfront, wafv2, regional_wafv2, s3, elasticache, rds,
    secretsmanager, functions, events, budgets, costs, iam, logs,
)


def read(account):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda service: list(service(account)), SERVICES))
    return {kind: items for answer in answers for kind, items in answer}


# What differs between two accounts in which all is the same.
PASSING = re.compile(
    r"(time|date|etag|locktoken|revisionid|createdat|updatedat|lastmodified|lastaccessed\w*|address|ipaddress|dnsname|"
    r"hostedzoneid|roleid|instanceprofileid|callerreference|events|deployments|registeredat|registeredby|createdby|"
    r"statetransitionedtimestamp|alarmconfigurationupdatedtimestamp|stateupdatedtimestamp|statereason\w*|uuid|"
    r"creationtime|createdate|attachtime|dhcpoptionsid|associationid|networkinterfaceid|storedbytes|code_?sha256)$", re.I)
IDENTIFIERS = (
    (re.compile(r"\b(vpc|subnet|igw|eipalloc|nat|rtb|rtbassoc|sgr?|eni|acl|r|sfr|dopt|fl)-[0-9a-f]{8,}(-[0-9a-f-]+)?\b"), r"\1-…"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "…"),
    (re.compile(r"/[0-9a-z]{16}\b"), "/…"),
    (re.compile(r"\bE[A-Z0-9]{12,13}\b"), "E…"),
    # The name of a statement is a digest of it, and the account is in it.
    (re.compile(r"\bInfra[0-9A-F]{16}\b"), "Infra…"),
    (re.compile(r"(:secret:[\w/.!…-]+)-\w{6}\b"), r"\1-…"),
    (re.compile(r"(:scalable-target/)\w+"), r"\1…"),
    (re.compile(r"\bdb-[0-9A-Z]{20,}\b"), "db-…"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "…"),
    # Generated values that AWS tells, and what is noted of them.
    (re.compile(r"\b[0-9A-Za-z]{64}\b"), "…"),
    (re.compile(r"(:secret:\S+) [0-9a-f]{16}\b"), r"\1 …"),
    (re.compile(r"\bd[0-9a-z]{13}(\.cloudfront\.net)"), r"…\1"),
    (re.compile(r"-[0-9a-z]{8,}(\.[a-z0-9-]+\.elb\.amazonaws\.com)"), r"-…\1"),
    (re.compile(r"(:task-definition/[\w-]+):\d+"), r"\1:…"),
    (re.compile(r"\b\d+\.\d+\.\d+\.\d+(?!/)\b"), "…"),
)


def settled(value, key=""):
    """The value with its lists in one order, and without what differs between two accounts."""
    if isinstance(value, dict):
        if any(str(value.get(name, "")).startswith("infra:spec") for name in ("Key", "key")):
            return "(spec)"
        items = ((name, settled(inner, name)) for name, inner in value.items() if not PASSING.search(name))
        return {anonymous(name): inner for name, inner in sorted(items) if not name.startswith("infra:spec")}
    if isinstance(value, (list, tuple)):
        return sorted((settled(inner, key) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return anonymous(value) if isinstance(value, str) else value


def anonymous(text):
    """A text without the identifiers in it."""
    for pattern, name in IDENTIFIERS:
        text = pattern.sub(name, text)
    return text


def lines(inventory, account):
    for kind, items in inventory.items():
        for item in items:
            text = json.dumps(settled(json.loads(json.dumps(item, default=str))), ensure_ascii=False)
            yield f"{kind}: {text}".replace(account, "ACCOUNT")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--account", required=True)
    parser.add_argument("--lines", action="store_true")
    arguments = parser.parse_args()
    account = Account(arguments.endpoint, arguments.account)
    inventory = read(account)
    if arguments.lines:
        sys.stdout.write("".join(sorted(f"{line}\n" for line in lines(inventory, arguments.account))))
    else:
        plain = lambda value: value.decode() if isinstance(value, bytes) else str(value)
        json.dump(inventory, sys.stdout, default=plain, indent=1, sort_keys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Looks at a platform that stands, from outside, and says what it keeps of the benchmarks: FSBP and CIS AWS Foundations 3.0.

It shares nothing with the program: it reads AWS's answers through boto3, changes nothing, and finds what is the platform's
by the tag `infra:owner`. Against an account, with the credentials of the shell (the managed policy ReadOnlyAccess is enough):

    posture.py --owner django-microservices/prod [--region us-east-1]

One line a check and resource; it ends with 1 where one fails. A check that finds nothing to look at fails. Python with boto3:
`$(localstack/up --python)`.
"""

import argparse
import base64
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3

import inventory

SERVICES = (
    inventory.ec2, inventory.elbv2, inventory.ecs, inventory.sns, inventory.cloudfront, inventory.wafv2,
    inventory.regional_wafv2, inventory.s3, inventory.elasticache, inventory.rds, inventory.functions, inventory.iam, inventory.logs,
)
CHECKS = {}
WORLD = ("0.0.0.0/0", "::/0")
CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"
# What it is called where the environment gives it no other name.
RECORDS = re.compile(r"infra-\d{12}-[a-z0-9-]+")
SECRET_WORDS = ("PASSWORD", "TOKEN", "SECRET", "CREDENTIAL", "PRIVATE_KEY")


def check(name, standards):
    """A check: a function that yields resource, whether it is well, and what was seen."""
    def keep(function):
        CHECKS[name] = (standards, function)
        return function
    return keep


class Platform:
    """What an account has, and which of it is the platform's."""

    def __init__(self, account, owner):
        self.owner = owner
        self.all = account

    def mine(self, kind):
        return [thing for thing in self.all[kind] if tags(thing).get("infra:owner") == self.owner]

    @property
    def networks(self):
        return [network["VpcId"] for network in self.mine("vpcs")]

    def within(self, kind):
        return [thing for thing in self.all[kind] if thing["VpcId"] in self.networks]

    def group(self, identifier):
        return next(group for group in self.all["security groups"] if group["GroupId"] == identifier)

    @property
    def tasks(self):
        """Each service with the containers that it runs."""
        definitions = {one["taskDefinition"]["taskDefinitionArn"]: one["taskDefinition"]
                       for one in self.all["task definitions"]}
        return [(service, definitions[service["taskDefinition"]]) for service in self.mine("services")]

    @property
    def containers(self):
        for service, definition in self.tasks:
            for container in definition["containerDefinitions"]:
                yield f"{service['serviceName']}/{container['name']}", container

    @property
    def listeners(self):
        """Of our load balancers, whoever has made them."""
        balancers = [balancer["LoadBalancerArn"] for balancer in self.mine("load balancers")]
        return [listener for listener in self.all["listeners"] if listener["LoadBalancerArn"] in balancers]

    @property
    def listener_rules(self):
        places = [listener["ListenerArn"].replace(":listener/", ":listener-rule/") + "/" for listener in self.listeners]
        return [rule for rule in self.all["listener rules"] if rule["RuleArn"].startswith(tuple(places))]

    @property
    def buckets(self):
        """Ours, and the one in which the program keeps its records, which has no tags: it is many environments'."""
        return self.mine("buckets") + [bucket for bucket in self.all["buckets"] if RECORDS.fullmatch(bucket["Name"])]

    @property
    def log_groups(self):
        return {group["logGroupName"]: group for group in self.all["log groups"]}

    @property
    def launches(self):
        """Each way in which the fleet starts a machine."""
        for fleet in self.mine("spot fleets"):
            for launch in fleet["SpotFleetRequestConfig"].get("LaunchSpecifications") or []:
                yield f"{fleet['SpotFleetRequestId']}/{launch['InstanceType']}", launch

    @property
    def firewalls(self):
        return self.mine("web acls") + self.mine("regional web acls")

    def firewall(self, arn):
        return next((acl for acl in self.all["web acls"] if acl["ARN"] == arn), None)


def tags(thing):
    """The tags of anything, however its service writes them."""
    for member in ("Tags", "tags", "TagList", "tagging"):
        found = thing.get(member)
        if not found:
            continue
        if isinstance(found, dict) and not any(member in found for member in ("TagList", "TagSet")):
            return found
        found = found.get("TagList") or found.get("TagSet") or [] if isinstance(found, dict) else found
        return {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in found}
    return {}


def statements(document):
    document = json.loads(document) if isinstance(document, str) else document or {}
    return listed(document.get("Statement"))


def listed(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def everybody(statement):
    """Whether a statement lets in anybody at all."""
    principal = statement.get("Principal")
    named = listed(principal.get("AWS")) if isinstance(principal, dict) else listed(principal)
    return statement["Effect"] == "Allow" and "*" in named and not statement.get("Condition")


def sources(permission):
    """Who a rule of a security group is about."""
    for member, key in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId"),
                        ("UserIdGroupPairs", "GroupId")):
        for one in permission.get(member) or []:
            yield one[key]


def ports(permission):
    first = permission.get("FromPort")
    return "all" if first in (None, -1) else f"{first}-{permission['ToPort']}"


def attributes(thing):
    return {one["Key"]: one["Value"] for one in thing["Attributes"]["Attributes"]}


# The network.

@check("flow-logs", "EC2.6, CIS 3.7")
def flow_logs(platform):
    for network in platform.networks:
        logs = [log for log in platform.all["flow logs"] if log["ResourceId"] == network]
        kept = [log for log in logs if log["FlowLogStatus"] == "ACTIVE" and log.get("LogGroupName") in platform.log_groups]
        yield network, bool(kept), [(log["TrafficType"], log.get("LogGroupName")) for log in logs] or "no flow log"


@check("default-group-empty", "EC2.2, CIS 5.4")
def default_group(platform):
    for group in platform.within("security groups"):
        if group["GroupName"] == "default":
            rules = group["IpPermissions"] + group["IpPermissionsEgress"]
            yield group["GroupId"], not rules, f"{len(rules)} rules"


@check("closed-to-the-world", "EC2.18, EC2.19, CIS 5.2, CIS 5.3")
def closed(platform):
    for group in platform.within("security groups"):
        open_ports = [ports(rule) for rule in group["IpPermissions"] if set(sources(rule)) & set(WORLD)]
        yield group["GroupName"], not open_ports, open_ports or "closed"


@check("no-addresses-by-default", "EC2.15")
def addresses_by_default(platform):
    for subnet in platform.within("subnets"):
        yield subnet["SubnetId"], not subnet["MapPublicIpOnLaunch"], subnet["MapPublicIpOnLaunch"]


@check("addresses-only-of-gateways", "EC2.12")
def addresses(platform):
    used = [one["AllocationId"] for nat in platform.all["nat gateways"] for one in nat["NatGatewayAddresses"]]
    for address in platform.mine("addresses"):
        yield address["AllocationId"], address["AllocationId"] in used, address.get("AssociationId", "not in use")


@check("private-subnets", "ECS.2, RDS.2")
def private_subnets(platform):
    public = set()
    for table in platform.within("route tables"):
        if any(route.get("GatewayId", "").startswith("igw-") for route in table["Routes"]):
            public |= {one.get("SubnetId") for one in table["Associations"]}
    stands = {service["serviceName"]: service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
              for service in platform.mine("services")}
    for database in platform.mine("databases"):
        subnets = database["DBSubnetGroup"]["Subnets"]
        stands[database["DBInstanceIdentifier"]] = [subnet["SubnetIdentifier"] for subnet in subnets]
    for group in platform.mine("cache subnet groups"):
        stands[group["CacheSubnetGroupName"]] = [subnet["SubnetIdentifier"] for subnet in group["Subnets"]]
    for name, subnets in stands.items():
        yield name, not set(subnets) & public, sorted(set(subnets) & public) or "private"


# The load balancer.

@check("balancer-only-through-cdn", "–")
def only_through_cdn(platform):
    lists = [one["PrefixListId"] for one in platform.all["prefix lists of aws"] if one["PrefixListName"] == CLOUDFRONT]
    for balancer in platform.mine("load balancers"):
        rules = [rule for group in balancer["SecurityGroups"] for rule in platform.group(group)["IpPermissions"]]
        callers = sorted({source for rule in rules for source in sources(rule)})
        yield balancer["LoadBalancerName"], bool(callers) and set(callers) <= set(lists), callers


@check("balancer-asks-for-the-key", "–")
def origin_key(platform):
    shown = {(header["HeaderName"].lower(), header["HeaderValue"])
             for distribution in platform.mine("distributions")
             for origin in distribution["Config"]["Origins"]["Items"]
             for header in origin.get("CustomHeaders", {}).get("Items") or []}

    def asks(rule):
        headers = [one["HttpHeaderConfig"] for one in rule["Conditions"] if one["Field"] == "http-header"]
        return any((one["HttpHeaderName"].lower(), value) in shown for one in headers for value in one["Values"])

    for listener in platform.listeners:
        forwards = [action for action in listener["DefaultActions"] if action["Type"] == "forward"]
        yield f"port {listener['Port']}, otherwise", not forwards, listener["DefaultActions"][0]["Type"]
    for rule in platform.listener_rules:
        yield f"rule {rule['Priority']}", asks(rule), [one["Field"] for one in rule["Conditions"]]


@check("balancer-logs", "ELB.5")
def balancer_logs(platform):
    names = [bucket["Name"] for bucket in platform.all["buckets"]]
    for balancer in platform.mine("load balancers"):
        told = attributes(balancer)
        bucket = told.get("access_logs.s3.bucket")
        yield balancer["LoadBalancerName"], told["access_logs.s3.enabled"] == "true" and bucket in names, bucket or "none"


@check("balancer-deletion-protection", "ELB.6")
def balancer_protection(platform):
    for balancer in platform.mine("load balancers"):
        kept = attributes(balancer)["deletion_protection.enabled"]
        yield balancer["LoadBalancerName"], kept == "true", kept


@check("balancer-drops-invalid-headers", "ELB.4, ELB.12")
def balancer_headers(platform):
    for balancer in platform.mine("load balancers"):
        told = attributes(balancer)
        seen = told["routing.http.drop_invalid_header_fields.enabled"], told["routing.http.desync_mitigation_mode"]
        yield balancer["LoadBalancerName"], seen[0] == "true" and seen[1] in ("defensive", "strictest"), seen


@check("balancer-zones", "ELB.13")
def balancer_zones(platform):
    for balancer in platform.mine("load balancers"):
        zones = sorted({zone["ZoneName"] for zone in balancer["AvailabilityZones"]})
        yield balancer["LoadBalancerName"], len(zones) > 1, zones


@check("balancer-https", "ELB.1, ELB.17")
def balancer_https(platform):
    for listener in platform.listeners:
        action = listener["DefaultActions"][0]
        if listener["Protocol"] == "HTTPS":
            policy = listener["SslPolicy"]
            yield f"port {listener['Port']}", "-TLS13-1-2" in policy or "-TLS13-1-3" in policy, policy
        else:
            to = action.get("RedirectConfig", {}).get("Protocol")
            yield f"port {listener['Port']}", to == "HTTPS", action["Type"]


# The content delivery network and its firewall.

def behaviors(distribution):
    config = distribution["Config"]
    yield "default", config["DefaultCacheBehavior"]
    for behavior in config["CacheBehaviors"].get("Items") or []:
        yield behavior["PathPattern"], behavior


@check("cdn-firewall", "CloudFront.6, ELB.16")
def cdn_firewall(platform):
    for distribution in platform.mine("distributions"):
        acl = distribution["Config"]["WebACLId"]
        yield distribution["Id"], platform.firewall(acl) is not None, acl or "none"


@check("firewall-in-every-way-in", "ELB.16")
def every_way_in(platform):
    lists = [one["PrefixListId"] for one in platform.all["prefix lists of aws"] if one["PrefixListName"] == CLOUDFRONT]
    for balancer in platform.mine("load balancers"):
        rules = [rule for group in balancer["SecurityGroups"] for rule in platform.group(group)["IpPermissions"]]
        others = sorted({source for rule in rules for source in sources(rule)} - set(lists))
        own = [acl["Name"] for acl in platform.all["regional web acls"] if balancer["LoadBalancerArn"] in acl["resources"]]
        yield balancer["LoadBalancerName"], not others or bool(own), own or others or "only through the CDN"


@check("firewall-managed-rules", "WAF.10")
def managed_rules(platform):
    wanted = {"AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet"}
    for acl in platform.firewalls:
        groups = {rule["Statement"]["ManagedRuleGroupStatement"]["Name"]: list(rule["OverrideAction"])
                  for rule in acl["Rules"] if "ManagedRuleGroupStatement" in rule["Statement"]}
        refusing = {name for name, action in groups.items() if action == ["None"]}
        yield acl["Name"], wanted <= refusing, groups


@check("firewall-limits", "–")
def limits(platform):
    for acl in platform.mine("web acls"):
        rates = {rule["Name"]: list(rule["Action"]) for rule in acl["Rules"] if "RateBasedStatement" in rule["Statement"]}
        yield acl["Name"], ["Block"] in rates.values(), rates


@check("firewall-logs", "WAF.11")
def firewall_logs(platform):
    for acl in platform.firewalls:
        places = (acl["log"] or {}).get("LogDestinationConfigs", [])
        groups = [place.rsplit(":log-group:", 1)[-1].removesuffix(":*") for place in places]
        yield acl["Name"], any(group in platform.log_groups for group in groups), groups or "none"


@check("cdn-https", "CloudFront.3")
def cdn_https(platform):
    for distribution in platform.mine("distributions"):
        for path, behavior in behaviors(distribution):
            policy = behavior["ViewerProtocolPolicy"]
            yield f"{distribution['Id']} {path}", policy in ("redirect-to-https", "https-only"), policy


@check("cdn-tls", "CloudFront.7, CloudFront.8, CloudFront.15")
def cdn_tls(platform):
    for distribution in platform.mine("distributions"):
        told = distribution["Config"]["ViewerCertificate"]
        seen = told.get("ACMCertificateArn"), told.get("SSLSupportMethod"), told.get("MinimumProtocolVersion")
        modern = (told.get("MinimumProtocolVersion") or "").startswith(("TLSv1.2_", "TLSv1.3_"))
        yield distribution["Id"], bool(seen[0]) and seen[1] == "sni-only" and modern, seen


@check("cdn-origins-encrypted", "CloudFront.9, CloudFront.10")
def cdn_origins(platform):
    for distribution in platform.mine("distributions"):
        for origin in distribution["Config"]["Origins"]["Items"]:
            config = origin.get("CustomOriginConfig")
            if config:
                seen = config["OriginProtocolPolicy"], config["OriginSslProtocols"]["Items"]
                yield origin["Id"], seen[0] == "https-only" and set(seen[1]) == {"TLSv1.2"}, seen


@check("cdn-buckets-closed", "CloudFront.13")
def cdn_buckets(platform):
    for distribution in platform.mine("distributions"):
        for origin in distribution["Config"]["Origins"]["Items"]:
            if "CustomOriginConfig" not in origin:
                control = origin.get("OriginAccessControlId")
                known = [one["Id"] for one in platform.all["origin access controls"]]
                yield origin["Id"], control in known, control or "none"


@check("cdn-headers", "–")
def cdn_headers(platform):
    strict = {policy["ResponseHeadersPolicy"]["Id"]: policy["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
              .get("SecurityHeadersConfig", {}).get("StrictTransportSecurity", {}).get("AccessControlMaxAgeSec", 0)
              for policy in platform.all["response headers policies"]}
    for distribution in platform.mine("distributions"):
        for path, behavior in behaviors(distribution):
            seconds = strict.get(behavior.get("ResponseHeadersPolicyId"), 0)
            yield f"{distribution['Id']} {path}", seconds >= 31_536_000, f"HSTS for {seconds} s"


@check("cdn-root-object", "CloudFront.1")
def cdn_root(platform):
    for distribution in platform.mine("distributions"):
        root = distribution["Config"]["DefaultRootObject"]
        yield distribution["Id"], bool(root), root or "none"


@check("cdn-logs", "CloudFront.5")
def cdn_logs(platform):
    places = {one["arn"]: one["deliveryDestinationConfiguration"]["destinationResourceArn"]
              for one in platform.all["log destinations"]}
    for distribution in platform.mine("distributions"):
        sources = [one["name"] for one in platform.all["log sources"] if one["logType"] == "ACCESS_LOGS"
                   and any(arn.endswith(f"/{distribution['Id']}") for arn in one["resourceArns"])]
        seen = [places.get(one["deliveryDestinationArn"], "") for one in platform.all["log deliveries"]
                if one["deliverySourceName"] in sources]
        groups = [place.rsplit(":log-group:", 1)[-1].removesuffix(":*") for place in seen]
        yield distribution["Id"], any(group in platform.log_groups for group in groups), groups or "none"


# Buckets. That they are encrypted is not asked: S3 encrypts each since January 2023, and nobody can switch it off.

@check("buckets-over-tls", "S3.5, CIS 2.1.1")
def over_tls(platform):
    for bucket in platform.buckets:
        refused = [one for one in statements((bucket["policy"] or {}).get("Policy"))
                   if one["Effect"] == "Deny" and one["Principal"] in ("*", {"AWS": "*"}) and "s3:*" in listed(one["Action"])
                   and listed(one.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")) in (["false"], [False])]
        whole = {f"arn:aws:s3:::{bucket['Name']}", f"arn:aws:s3:::{bucket['Name']}/*"}
        kept = any(whole <= set(listed(one["Resource"])) for one in refused)
        yield bucket["Name"], kept, "refuses HTTP" if kept else "takes HTTP"


@check("buckets-not-public", "S3.8, S3.2, S3.3, CIS 2.1.4")
def not_public(platform):
    for bucket in platform.buckets:
        block = (bucket["public access"] or {}).get("PublicAccessBlockConfiguration", {})
        yield bucket["Name"], len(block) == 4 and all(block.values()), block or "no block"


@check("buckets-let-nobody-in", "S3.6, S3.12")
def lets_nobody_in(platform):
    for bucket in platform.buckets:
        anybody = [one.get("Sid", "?") for one in statements((bucket["policy"] or {}).get("Policy")) if everybody(one)]
        rules = (bucket["ownership_controls"] or {}).get("OwnershipControls", {}).get("Rules", [])
        lists = [rule["ObjectOwnership"] for rule in rules]
        yield bucket["Name"], not anybody and lists == ["BucketOwnerEnforced"], anybody or lists


# What runs.

@check("containers-read-only", "ECS.5")
def read_only(platform):
    for name, container in platform.containers:
        seen = container.get("readonlyRootFilesystem", False)
        yield name, seen, f"read-only: {seen}"


@check("containers-not-root", "ECS.20")
def not_root(platform):
    for name, container in platform.containers:
        user = container.get("user", "")
        yield name, user.partition(":")[0] not in ("", "0", "root"), user or "the image's own user"


@check("containers-confined", "ECS.4")
def confined(platform):
    for name, container in platform.containers:
        held = container.get("linuxParameters", {}).get("capabilities", {})
        seen = container.get("privileged", False), held.get("add") or [], held.get("drop") or []
        yield name, seen == (False, [], ["ALL"]), seen


@check("containers-log", "ECS.9")
def containers_log(platform):
    for name, container in platform.containers:
        group = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group")
        yield name, group in platform.log_groups, group or "none"


@check("no-secret-in-the-open", "ECS.8")
def in_the_open(platform):
    for name, container in platform.containers:
        seen = [one["name"] for one in container["environment"] if any(word in one["name"] for word in SECRET_WORDS)]
        yield name, not seen, seen or "none"


@check("tasks-without-addresses", "ECS.2")
def tasks_without_addresses(platform):
    for service in platform.mine("services"):
        seen = service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"]
        yield service["serviceName"], seen == "DISABLED", seen


@check("tasks-take-no-commands", "–")
def no_commands(platform):
    for service in platform.mine("services"):
        seen = service["enableExecuteCommand"]
        yield service["serviceName"], not seen, f"ECS Exec: {seen}"


@check("group-of-its-own", "EC2.19")
def group_of_its_own(platform):
    groups = {service["serviceName"]: set(service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"])
              for service in platform.mine("services")}
    for name, own in groups.items():
        shared = [other for other, theirs in groups.items() if other != name and own & theirs]
        yield name, bool(own) and not shared, shared or sorted(own)


@check("container-insights", "ECS.12")
def insights(platform):
    for cluster in platform.mine("clusters"):
        seen = {one["name"]: one["value"] for one in cluster["settings"]}.get("containerInsights")
        yield cluster["clusterName"], seen in ("enabled", "enhanced"), seen


@check("workers-encrypted", "EC2.3")
def workers_encrypted(platform):
    for name, launch in platform.launches:
        seen = [disk["DeviceName"] for disk in launch["BlockDeviceMappings"] if not disk["Ebs"].get("Encrypted")]
        yield name, bool(launch["BlockDeviceMappings"]) and not seen, seen or "encrypted"


@check("workers-hide-their-role", "EC2.8")
def workers_role(platform):
    for name, launch in platform.launches:
        kept = "ECS_AWSVPC_BLOCK_IMDS=true" in base64.b64decode(launch["UserData"]).decode()
        yield name, kept, "tasks cannot ask" if kept else "tasks can ask"


@check("workers-want-tokens", "EC2.8, EC2.170, CIS 5.6")
def workers_tokens(platform):
    for name, launch in platform.launches:
        told = launch.get("MetadataOptions", {})
        seen = told.get("HttpTokens"), told.get("HttpPutResponseHopLimit")
        yield name, seen == ("required", 1), seen if told else "nothing is said"


@check("functions-not-public", "Lambda.1")
def functions_not_public(platform):
    for function in platform.mine("functions"):
        seen = [one.get("Sid", "?") for one in statements((function["Policy"] or {}).get("Policy")) if everybody(one)]
        yield function["FunctionName"], not seen, seen or "nobody"


# What holds data.

def reached(platform, groups, port):
    """Who reaches a port of something in these groups, and whether all of them are security groups."""
    rules = [rule for group in groups for rule in platform.group(group)["IpPermissions"]]
    callers = sorted({source for rule in rules for source in sources(rule)})
    ours = all(rule.get("FromPort") == rule.get("ToPort") == port for rule in rules)
    return callers, ours and all(caller.startswith("sg-") for caller in callers)


@check("database-reached-by-the-pool-alone", "–")
def reached_by_the_pool(platform):
    pools = {group for service, task in platform.tasks for container in task["containerDefinitions"]
             if any(one["name"] == "DB_HOST" for one in container["environment"])
             for group in service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]}
    for database in platform.mine("databases"):
        groups = [group["VpcSecurityGroupId"] for group in database["VpcSecurityGroups"]]
        callers, well = reached(platform, groups, 5432)
        yield database["DBInstanceIdentifier"], well and set(callers) == pools, callers


@check("cache-reached-by-groups-alone", "–")
def cache_reached(platform):
    for cluster in platform.all["cache clusters"]:
        if cluster.get("ReplicationGroupId") in [one["ReplicationGroupId"] for one in platform.mine("replication groups")]:
            groups = [group["SecurityGroupId"] for group in cluster["SecurityGroups"]]
            callers, well = reached(platform, groups, 6379)
            yield cluster["CacheClusterId"], well and bool(callers), callers


@check("database-login-is-not-the-master", "RDS.25")
def logins(platform):
    masters = {database["MasterUsername"] for database in platform.mine("databases")}
    for name, container in platform.containers:
        for variable in container["environment"]:
            if variable["name"] in ("DB_USER", "DATABASE_USER"):
                yield name, variable["value"] not in masters, variable["value"]


@check("database-password-of-the-pool-alone", "–")
def passwords(platform):
    held = {}
    for name, container in platform.containers:
        for secret in container.get("secrets", []):
            held.setdefault(secret["valueFrom"].split(":::")[0], []).append((name, secret["name"]))
    for holders in held.values():
        if any(variable == "DB_PASSWORD" for _, variable in holders):
            yield holders[0][0], {variable for _, variable in holders} == {"DB_PASSWORD"}, holders


@check("database-over-tls", "–")
def database_over_tls(platform):
    for group in platform.mine("database parameter groups"):
        forced = {one["ParameterName"]: one.get("ParameterValue") for one in group["Parameters"]}.get("rds.force_ssl")
        # Since PostgreSQL 15 it is on unless somebody turns it off.
        modern = int(group["DBParameterGroupFamily"].removeprefix("postgres")) >= 15
        yield group["DBParameterGroupName"], forced == "1" or forced is None and modern, f"rds.force_ssl={forced}"
    for name, container in platform.containers:
        for variable in container["environment"]:
            if variable["name"] == "SERVER_TLS_SSLMODE":
                yield name, variable["value"] in ("require", "verify-ca", "verify-full"), variable["value"]


def of_databases(name, standards, seen, well, primaries_only=False):
    @check(name, standards)
    def look(platform):
        for database in platform.mine("databases"):
            if not (primaries_only and database.get("ReadReplicaSourceDBInstanceIdentifier")):
                yield database["DBInstanceIdentifier"], well(database.get(seen)), f"{seen}: {database.get(seen)}"


of_databases("database-encrypted", "RDS.3", "StorageEncrypted", bool)
of_databases("database-not-public", "RDS.2, CIS 2.3.3", "PubliclyAccessible", lambda public: not public)
of_databases("database-deletion-protection", "RDS.8, RDS.7", "DeletionProtection", bool)
of_databases("database-monitored", "RDS.6", "MonitoringInterval", lambda seconds: (seconds or 0) > 0)
of_databases("database-logs", "RDS.9", "EnabledCloudwatchLogsExports", lambda logs: "postgresql" in (logs or []))
of_databases("database-patched", "RDS.13, CIS 2.3.2", "AutoMinorVersionUpgrade", bool)
of_databases("database-zones", "RDS.5", "MultiAZ", bool, primaries_only=True)
of_databases("database-backups", "RDS.11", "BackupRetentionPeriod", lambda days: (days or 0) >= 7, primaries_only=True)


def of_caches(name, standards, seen, well):
    @check(name, standards)
    def look(platform):
        for group in platform.mine("replication groups"):
            yield group["ReplicationGroupId"], well(group), {key: group.get(key) for key in seen}


of_caches("cache-encrypted", "ElastiCache.4", ["AtRestEncryptionEnabled"], lambda it: it["AtRestEncryptionEnabled"])
of_caches("cache-over-tls", "ElastiCache.5", ["TransitEncryptionEnabled", "TransitEncryptionMode"],
          lambda it: it["TransitEncryptionEnabled"] and it.get("TransitEncryptionMode") == "required")
of_caches("cache-asks-who", "ElastiCache.6", ["AuthTokenEnabled", "UserGroupIds"],
          lambda it: it["AuthTokenEnabled"] or bool(it.get("UserGroupIds")))
of_caches("cache-zones", "ElastiCache.3", ["AutomaticFailover", "MultiAZ"],
          lambda it: (it["AutomaticFailover"], it["MultiAZ"]) == ("enabled", "enabled"))
of_caches("cache-backups", "ElastiCache.1", ["SnapshotRetentionLimit"], lambda it: it.get("SnapshotRetentionLimit", 0) >= 1)
of_caches("cache-patched", "ElastiCache.2", ["AutoMinorVersionUpgrade"], lambda it: it["AutoMinorVersionUpgrade"])


# Who may what, and what is written down.

@check("roles-trust-somebody", "–")
def roles_trust(platform):
    for role in platform.mine("roles"):
        yield role["RoleName"], not any(map(everybody, statements(role["AssumeRolePolicyDocument"]))), "its trust policy"


@check("roles-are-least", "IAM.1, IAM.21, CIS 1.16")
def roles_least(platform):
    for role in platform.mine("roles"):
        allowed = [one for document in role["Inline"].values() for one in statements(document) if one["Effect"] == "Allow"]
        whole = [action for one in allowed for action in listed(one["Action"]) if action == "*" or action.endswith(":*")]
        # Images and logs of the whole account are nobody's to have: IAM takes a name for each.
        named = ("ecr:BatchGetImage", "logs:PutLogEvents", "secretsmanager:GetSecretValue")
        wide = [action for one in allowed if "*" in listed(one["Resource"])
                for action in listed(one["Action"]) if action in named]
        attached = [one["PolicyName"] for one in role["Attached"] if one["PolicyName"] == "AdministratorAccess"]
        yield role["RoleName"], not whole + wide + attached, whole + wide + attached or "nothing whole"


@check("topics-not-public", "SNS.4")
def topics(platform):
    for topic in platform.mine("topics"):
        seen = [one.get("Sid", "?") for one in statements(topic["Attributes"].get("Policy")) if everybody(one)]
        yield topic["TopicArn"].rsplit(":", 1)[-1], not seen, seen or "nobody"


@check("logs-kept", "CloudWatch.16")
def logs_kept(platform):
    for group in platform.mine("log groups"):
        days = group.get("retentionInDays")
        yield group["logGroupName"], (days or 0) >= 30, f"{days} days" if days else "for ever"


def read(account, services=SERVICES):
    """What boto3 sees of the account, through these services."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda service: list(service(account)), services))
    return {kind: items for answer in answers for kind, items in answer}


def judge(account, owner):
    """What each check says of what was read."""
    platform = Platform(account, owner)
    for name, (standards, look) in CHECKS.items():
        seen = list(look(platform)) or [("–", False, "there is nothing to look at")]
        for resource, well, saw in seen:
            yield {"check": name, "standards": standards, "resource": resource, "passes": bool(well), "saw": saw}


class Real(inventory.Account):
    """An account of AWS, with the credentials of the shell."""

    def __init__(self, region):
        self.session = boto3.Session(region_name=region)
        self.clients = {}
        self.account = self.client("sts").get_caller_identity()["Account"]

    def client(self, service):
        if service not in self.clients:
            # The firewall of CloudFront is kept in one region.
            region = "us-east-1" if service in ("wafv2", "cloudfront") else None
            name = service.removeprefix("regional ")
            self.clients[service] = self.session.client(name, region_name=region)
        return self.clients[service]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--owner", required=True, help="PROJECT/ENVIRONMENT")
    parser.add_argument("--region", help="the shell's, where it is left out")
    parser.add_argument("--endpoint", help="of the local cloud; with --account")
    parser.add_argument("--account", help="of the local cloud")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    local = arguments.endpoint is not None
    account = inventory.Account(arguments.endpoint, arguments.account) if local else Real(arguments.region)
    results = list(judge(read(account), arguments.owner))
    if arguments.json:
        json.dump(results, sys.stdout, default=str, indent=1)
    else:
        for one in results:
            word = "pass" if one["passes"] else "FAIL"
            print(f"{word}  {one['check']} ({one['standards']})  {one['resource']}: {one['saw']}")
    return 0 if local or all(one["passes"] for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())

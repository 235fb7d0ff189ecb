"""The index of all tags of an account: MiniStack's leaves out services, and answers everything on one page.

What lives in another emulator is asked for through the gateway, like anybody asks.
"""

import http.client
import json
import os


def install():
    import ministack.services.tagging as tagging

    tagging._COLLECTORS.update({
        "ec2": networks,
        "iam": instance_profiles,
        "logs": log_groups,
        "rds": kept("rds", "_tags"),
        "elasticloadbalancing": kept("alb", "_tags"),
        "wafv2": kept("waf", "_waf_tags"),
        "cloudwatch": alarms_and_dashboards,
        "budgets": budgets,
        "application-autoscaling": scalable_targets,
        "ce": anomalies,
    })
    answer_in_pages(tagging)


def listed(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def networks():
    import ministack.services.ec2 as ec2
    from ministack.core.responses import get_account_id, get_region

    kinds = {"vpc-": "vpc", "subnet-": "subnet", "igw-": "internet-gateway", "nat-": "natgateway", "rtb-": "route-table",
             "sg-": "security-group", "sgr-": "security-group-rule", "eipalloc-": "elastic-ip", "lt-": "launch-template", "i-": "instance", "fl-": "vpc-flow-log"}
    for resource, tags in ec2._tags.items():
        for prefix, kind in kinds.items():
            if resource.startswith(prefix) and tags:
                yield f"arn:aws:ec2:{get_region()}:{get_account_id()}:{kind}/{resource}", list(tags)


def instance_profiles():
    import ministack.services.iam as iam

    for profile in iam._instance_profiles.values():
        if profile.get("Tags"):
            yield profile["Arn"], list(profile["Tags"])


def log_groups():
    import ministack.services.cloudwatch_logs as logs
    from ministack.core.responses import get_account_id, get_region

    for name, group in logs._log_groups.items():
        if group.get("tags"):
            yield f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}", listed(group["tags"])
    for store in (logs._delivery_sources, logs._delivery_destinations, logs._deliveries):
        for one in store.values():
            if one.get("tags"):
                yield one["arn"], listed(one["tags"])


def kept(module, store):
    """The tags that a service keeps by ARN, as lists."""
    def collect():
        service = __import__(f"ministack.services.{module}", fromlist=[store])
        for arn, tags in getattr(service, store).items():
            if tags:
                yield arn, list(tags)
    return collect


def alarms_and_dashboards():
    import ministack.services.cloudwatch as metrics

    for arn, tags in metrics._resource_tags.items():
        if tags:
            yield arn, listed(tags)


def scalable_targets():
    for namespace in ("ecs", "ec2"):
        for target in ask(SCALING, "DescribeScalableTargets", {"ServiceNamespace": namespace}).get("ScalableTargets", []):
            tags = ask(SCALING, "ListTagsForResource", {"ResourceARN": target["ScalableTargetARN"]}).get("Tags")
            if tags:
                yield target["ScalableTargetARN"], listed(tags)


def budgets():
    import ministack.services.budgets as service

    for arn, tags in service._tags.items():
        if tags:
            yield arn, listed(tags) if isinstance(tags, dict) else list(tags)


def anomalies():
    for operation, member, name in (("GetAnomalyMonitors", "AnomalyMonitors", "MonitorArn"),
                                    ("GetAnomalySubscriptions", "AnomalySubscriptions", "SubscriptionArn")):
        for one in ask(COSTS, operation, {}).get(member, []):
            tags = ask(COSTS, "ListTagsForResource", {"ResourceArn": one[name]}).get("ResourceTags")
            if tags:
                yield one[name], list(tags)


SCALING = ("application-autoscaling", "AnyScaleFrontendService")
COSTS = ("ce", "AWSInsightsIndexService")


def ask(where, operation, body):
    """A call of a service in another emulator, on behalf of whoever is asking."""
    service, target = where
    from ministack.core.responses import get_account_id, get_region

    scope = f"{get_account_id()}/20260101/{get_region()}/{service}/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{target}.{operation}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
    }
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT_OF_GATEWAY"]), timeout=10)
    connection.request("POST", "/", json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return json.loads(text) if answer.status == 200 else {}


def answer_in_pages(tagging):
    """AWS gives 50 resources at a time, 100 at most."""
    whole = tagging._HANDLERS["GetResources"]

    def handle(data):
        status, headers, body = whole(data)
        if status != 200:
            return status, headers, body
        found = sorted(json.loads(body)["ResourceTagMappingList"], key=lambda one: one["ResourceARN"])
        begin, size = int(data.get("PaginationToken") or 0), int(data.get("ResourcesPerPage") or 50)
        token = str(begin + size) if begin + size < len(found) else ""
        return tagging._json({"PaginationToken": token, "ResourceTagMappingList": found[begin:begin + size]})

    tagging._HANDLERS["GetResources"] = handle

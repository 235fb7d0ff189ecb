"""Routes, rules of security groups and flow logs in MiniStack, where it knows the usual ones only.

All are kept as they were sent, in AWS's own fields. Nothing is routed, let through, or written down.
"""

from xml.sax.saxutils import escape

from ministack_patches import in_pages

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = ("GatewayId", "NatGatewayId", "InstanceId", "VpcPeeringConnectionId", "TransitGatewayId", "NetworkInterfaceId",
           "EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn")


def install():
    import ministack.services.ec2 as ec2

    keep_routes_of_every_sort(ec2)
    keep_rules_with_prefix_lists(ec2)
    open_default_groups(ec2)
    keep_flow_logs_whole(ec2)


def keep_routes_of_every_sort(ec2):
    """A route has one destination, which no other route of the table has, and one target."""
    def given(params, names):
        return {name: ec2._p(params, name) for name in names if ec2._p(params, name)}

    def with_route(handle):
        def handler(params):
            table = ec2._route_tables.get(ec2._p(params, "RouteTableId"))
            if table is None:
                return ec2._error("InvalidRouteTableID.NotFound",
                                  f"The route table '{ec2._p(params, 'RouteTableId')}' does not exist", 400)
            destination = given(params, DESTINATIONS)
            if len(destination) != 1:
                return ec2._error("InvalidParameterCombination", "A route has exactly one destination.", 400)
            ((kind, value),) = destination.items()
            known = next((route for route in table["Routes"] if route.get(kind) == value), None)
            return handle(params, table, destination, known, value)
        return handler

    def create(params, table, destination, known, value):
        if known:
            return ec2._error("RouteAlreadyExists", f"The route identified by {value} already exists.", 400)
        target = given(params, TARGETS)
        if len(target) != 1:
            return ec2._error("InvalidParameterCombination", "A route has exactly one target.", 400)
        table["Routes"].append({**destination, **target, "State": "active", "Origin": "CreateRoute"})
        return ec2._xml(200, "CreateRouteResponse", "<return>true</return>")

    def replace(params, _table, destination, known, value):
        if known is None:
            return ec2._error("InvalidParameterValue", f"There is no route defined for '{value}' in the route table. Use CreateRoute instead.", 400)
        target = {"GatewayId": "local"} if ec2._p(params, "LocalTarget") == "true" else given(params, TARGETS)
        known.clear()
        known.update({**destination, **target, "State": "active", "Origin": "CreateRoute"})
        return ec2._xml(200, "ReplaceRouteResponse", "<return>true</return>")

    def delete(_params, table, _destination, known, value):
        if known is None:
            return ec2._error("InvalidRoute.NotFound", f"no route with destination-cidr-block {value} in route table {table['RouteTableId']}", 400)
        table["Routes"].remove(known)
        return ec2._xml(200, "DeleteRouteResponse", "<return>true</return>")

    for name, handle in (("CreateRoute", create), ("ReplaceRoute", replace), ("DeleteRoute", delete)):
        ec2._ACTION_MAP[name] = with_route(handle)


def keep_rules_with_prefix_lists(ec2):
    """A rule may be about the addresses of a prefix list, which MiniStack neither reads nor answers."""
    parse, write = ec2._parse_ip_permissions, ec2._sg_rule_xml

    def parsed(params, prefix):
        rules = parse(params, prefix)
        for number, rule in enumerate(rules, start=1):
            place = f"{prefix}.{number}.PrefixListIds.1"
            if ec2._p(params, f"{place}.PrefixListId"):
                members = {name: ec2._p(params, f"{place}.{name}") for name in ("PrefixListId", "Description")}
                rule["PrefixListIds"] = [{name: value for name, value in members.items() if value}]
        return rules

    def written(group, rule, is_egress=False):
        item = write(group, rule, is_egress=is_egress)
        lists = "".join(f"<prefixListId>{entry['PrefixListId']}</prefixListId>" for entry in rule.get("PrefixListIds", []))
        return item.replace("</toPort>", f"</toPort>{lists}", 1)

    ec2._parse_ip_permissions, ec2._sg_rule_xml = parsed, written


def open_default_groups(ec2):
    """The group that comes with a network lets in what belongs to it; MiniStack's lets in nothing."""
    create = ec2._ACTION_MAP["CreateVpc"]

    def create_vpc(params):
        before = set(ec2._security_groups)
        answer = create(params)
        for number in set(ec2._security_groups) - before:
            pair = {"GroupId": number, "UserId": ec2.get_account_id()}
            ec2._security_groups[number]["IpPermissions"].append(
                {"IpProtocol": "-1", "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": [pair]})
        return answer

    ec2._ACTION_MAP["CreateVpc"] = create_vpc


FORMAT = " ".join("${" + field + "}" for field in (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status"))
# What a flow log is told by: the member that is sent, and the element that is answered.
FLOW_LOG = {"TrafficType": "trafficType", "LogDestinationType": "logDestinationType", "LogDestination": "logDestination",
            "LogGroupName": "logGroupName", "DeliverLogsPermissionArn": "deliverLogsPermissionArn", "LogFormat": "logFormat",
            "MaxAggregationInterval": "maxAggregationInterval"}
FILES = {"FileFormat": "fileFormat", "HiveCompatiblePartitions": "hiveCompatiblePartitions", "PerHourPartition": "perHourPartition"}


def keep_flow_logs_whole(ec2):
    """MiniStack forgets roles, formats, intervals, tags and how files are written, takes equal logs, and repeats a create."""
    def create(params):
        token, resource = ec2._p(params, "ClientToken"), ec2._p(params, "ResourceId.1")
        log = {"LogDestinationType": "cloud-watch-logs", "LogFormat": FORMAT, "MaxAggregationInterval": "600"}
        log.update({name: ec2._p(params, name) for name in FLOW_LOG if ec2._p(params, name)})
        to_bucket = log["LogDestinationType"] == "s3"
        if not to_bucket and not log.get("DeliverLogsPermissionArn"):
            return ec2._error("InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.", 400)
        if to_bucket:
            files = {"FileFormat": "plain-text", "HiveCompatiblePartitions": "false", "PerHourPartition": "false"}
            files.update({name: ec2._p(params, f"DestinationOptions.{name}") for name in FILES if ec2._p(params, f"DestinationOptions.{name}")})
            log["DestinationOptions"] = files
        kept = [one for one in ec2._flow_logs.values() if token and one.get("ClientToken") == token]
        known = resource in (*ec2._vpcs, *ec2._subnets, *ec2._network_interfaces)
        same = lambda one: one["ResourceId"] == resource and {**one["Said"], "MaxAggregationInterval": ""} == {**log, "MaxAggregationInterval": ""}
        if kept:
            number = kept[0]["FlowLogId"]
        elif not known or any(same(one) for one in ec2._flow_logs.values()):
            kind = {"VPC": "Vpc", "Subnet": "Subnet"}.get(ec2._p(params, "ResourceType"), "NetworkInterface")
            code, words = ("FlowLogAlreadyExists", "There is an existing Flow Log with the same configuration and log destination.") if known else (
                f"Invalid{kind}Id.NotFound", f"The ID '{resource}' does not exist")
            return ec2._xml(200, "CreateFlowLogsResponse", f"<flowLogIdSet/><unsuccessful><item><error><code>{code}</code>"
                            f"<message>{words}</message></error><resourceId>{resource}</resourceId></item></unsuccessful>")
        else:
            number = ec2._new_sg_id().replace("sg-", "fl-")
            ec2._flow_logs[number] = {"FlowLogId": number, "ResourceId": resource, "ClientToken": token, "Said": log, "Since": ec2._now_ts()}
            ec2._parse_tag_specs(params, "vpc-flow-log", number)
        return ec2._xml(200, "CreateFlowLogsResponse", f"<flowLogIdSet><item>{number}</item></flowLogIdSet><unsuccessful/>")

    def told(log):
        said = log["Said"]
        plain = "".join(f"<{element}>{escape(said[name])}</{element}>" for name, element in FLOW_LOG.items() if name in said)
        files = "".join(f"<{FILES[name]}>{value}</{FILES[name]}>" for name, value in said.get("DestinationOptions", {}).items())
        files = f"<destinationOptions>{files}</destinationOptions>" if files else ""
        return (f"<item><flowLogId>{log['FlowLogId']}</flowLogId><resourceId>{log['ResourceId']}</resourceId>{plain}{files}"
                f"<flowLogStatus>ACTIVE</flowLogStatus><creationTime>{log['Since']}</creationTime>{ec2._tag_set_xml(log['FlowLogId'])}</item>")

    def describe(params):
        ids, filters = ec2._parse_member_list(params, "FlowLogId"), ec2._parse_filters(params)
        plain = {"flow-log-id": lambda log: log["FlowLogId"], "resource-id": lambda log: log["ResourceId"],
                 "log-group-name": lambda log: log["Said"].get("LogGroupName"), "traffic-type": lambda log: log["Said"]["TrafficType"]}
        fits = lambda log: ((not ids or log["FlowLogId"] in ids) and ec2._resource_matches_tag_filters(log["FlowLogId"], filters)
                            and all(of(log) in filters[name] for name, of in plain.items() if filters.get(name)))
        items = "".join(told(log) for log in ec2._flow_logs.values() if fits(log))
        return ec2._xml(200, "DescribeFlowLogsResponse", f"<flowLogSet>{items}</flowLogSet>")

    def delete(params):
        ids = ec2._parse_member_list(params, "FlowLogId")
        missing = [one for one in ids if one not in ec2._flow_logs]
        if missing:
            return ec2._error("InvalidFlowLogId.NotFound", f"These flow log ids in the input list are not found: [{', '.join(missing)}]", 400)
        for one in ids:
            del ec2._flow_logs[one]
            ec2._tags.pop(one, None)
        return ec2._xml(200, "DeleteFlowLogsResponse", "<unsuccessful/>")

    ec2._ACTION_MAP.update(CreateFlowLogs=create, DescribeFlowLogs=in_pages(describe), DeleteFlowLogs=delete)

"""Routes and rules of security groups in MiniStack, where it knows the usual ones only.

Both are kept as they were sent, in AWS's own fields. Nothing is routed, and nothing is let through.
"""

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = ("GatewayId", "NatGatewayId", "InstanceId", "VpcPeeringConnectionId", "TransitGatewayId", "NetworkInterfaceId",
           "EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn")


def install():
    import ministack.services.ec2 as ec2

    keep_routes_of_every_sort(ec2)
    keep_rules_with_prefix_lists(ec2)


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

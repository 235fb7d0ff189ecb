"""Elastic Load Balancing in MiniStack, where it is laxer than AWS, or forgets what AWS keeps.

Handlers live in a table, so they are wrapped there; what writes answers is looked up at each call, and replaced by name.
"""

from ministack_patches import before, one


def install():
    import ministack.services.alb as elb

    stand_in_the_zones_of_the_subnets(elb)
    have_every_attribute(elb)
    share_out_by_weight(elb)
    look_at_queries(elb)
    refuse_what_exists(elb)
    refuse_what_is_unknown(elb)
    keep_groups_that_are_used(elb)
    delete_with_the_load_balancer(elb)
    protect_from_deletion(elb)


def stand_in_the_zones_of_the_subnets(elb):
    """A load balancer is in the network and in the zones of its subnets, not all in the first zone."""
    import ministack.services.ec2 as ec2

    write, create = elb._lb_xml, elb._ACTION_MAP["CreateLoadBalancer"]

    def lb_xml(balancer):
        text = write(balancer)
        for subnet in balancer.get("Subnets", []):
            known = ec2._subnets.get(subnet) or {}
            text = text.replace(f"<ZoneName>{elb.get_region()}a</ZoneName><SubnetId>{subnet}</SubnetId>",
                                f"<ZoneName>{known.get('AvailabilityZone') or elb.get_region() + 'a'}</ZoneName><SubnetId>{subnet}</SubnetId>")
        return text

    def handle(params):
        for subnet in elb._parse_member_list(params, "Subnets"):
            known = ec2._subnets.get(subnet)
            if known is not None:
                params = {**params, "VpcId": [known["VpcId"]]}
        return create(params)

    elb._lb_xml = lb_xml
    elb._ACTION_MAP["CreateLoadBalancer"] = handle


BALANCER = {
    "routing.http2.enabled": "true", "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.desync_mitigation_mode": "defensive", "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false", "routing.http.xff_header_processing.mode": "append",
    "routing.http.preserve_host_header.enabled": "false", "load_balancing.cross_zone.enabled": "true",
    "client_keep_alive.seconds": "3600", "waf.fail_open.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": "",
    "connection_logs.s3.enabled": "false", "connection_logs.s3.bucket": "", "connection_logs.s3.prefix": "",
    "zonal_shift.config.enabled": "false",
}
GROUP = {
    "stickiness.lb_cookie.duration_seconds": "86400", "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400", "slow_start.duration_seconds": "0",
    "load_balancing.algorithm.type": "round_robin", "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
}


def have_every_attribute(elb):
    """AWS lists all attributes that there are, set or not, and refuses others."""
    def complete(name, things, attributes, initial):
        handler = elb._ACTION_MAP[name]

        def handle(params):
            arn = one(params, things)
            known = attributes.get(arn)
            if known is not None:
                known.extend({"Key": key, "Value": value} for key, value in initial.items()
                             if not any(entry["Key"] == key for entry in known))
                number = 1
                while key := one(params, f"Attributes.member.{number}.Key"):
                    if not any(entry["Key"] == key for entry in known):
                        return elb._error("ValidationError", f"Key '{key}' is not valid")
                    number += 1
            return handler(params)

        elb._ACTION_MAP[name] = handle

    for name in ("DescribeLoadBalancerAttributes", "ModifyLoadBalancerAttributes"):
        complete(name, "LoadBalancerArn", elb._lb_attrs, BALANCER)
    for name in ("DescribeTargetGroupAttributes", "ModifyTargetGroupAttributes"):
        complete(name, "TargetGroupArn", elb._tg_attrs, GROUP)

    create, write = elb._ACTION_MAP["CreateTargetGroup"], elb._tg_xml

    def handle(params):
        answer = create(params)
        for group in elb._tgs.values():
            if group["TargetGroupName"] == one(params, "Name"):
                group["ProtocolVersion"] = one(params, "ProtocolVersion") or "HTTP1"
                if one(params, "Matcher.GrpcCode"):
                    group["GrpcCode"] = one(params, "Matcher.GrpcCode")
        return answer

    def tg_xml(group):
        text = write(group).replace("</TargetType>", f"</TargetType><ProtocolVersion>{group.get('ProtocolVersion', 'HTTP1')}</ProtocolVersion>")
        if "GrpcCode" in group:
            start, end = text.index("<HttpCode>"), text.index("</HttpCode>") + len("</HttpCode>")
            text = f"{text[:start]}<GrpcCode>{group['GrpcCode']}</GrpcCode>{text[end:]}"
        return text

    elb._ACTION_MAP["CreateTargetGroup"] = handle
    elb._tg_xml = tg_xml


def share_out_by_weight(elb):
    """AWS answers a forward in its long form, also when it was asked in the short one; one group alone in both."""
    parse, write = elb._parse_actions, elb._action_xml

    def parse_actions(params, prefix="DefaultActions"):
        actions = parse(params, prefix)
        for number, action in enumerate(actions, 1):
            if action["Type"] != "forward":
                continue
            base = f"{prefix}.member.{number}.ForwardConfig"
            groups, member = [], 1
            while arn := one(params, f"{base}.TargetGroups.member.{member}.TargetGroupArn"):
                groups.append((arn, one(params, f"{base}.TargetGroups.member.{member}.Weight") or "1"))
                member += 1
            if not groups and "TargetGroupArn" in action:
                groups = [(action["TargetGroupArn"], "1")]
            sticky = f"{base}.TargetGroupStickinessConfig"
            action["ForwardConfig"] = {"Groups": groups, "Enabled": one(params, f"{sticky}.Enabled") or "false",
                                       "Seconds": one(params, f"{sticky}.DurationSeconds")}
            if len(groups) == 1:
                action["TargetGroupArn"] = groups[0][0]
            else:
                action.pop("TargetGroupArn", None)
        return actions

    def action_xml(action):
        text = write(action)
        forward = action.get("ForwardConfig")
        if forward is None:
            return text
        groups = "".join(f"<member><TargetGroupArn>{arn}</TargetGroupArn><Weight>{weight}</Weight></member>" for arn, weight in forward["Groups"])
        seconds = f"<DurationSeconds>{forward['Seconds']}</DurationSeconds>" if forward["Seconds"] else ""
        config = (f"<ForwardConfig><TargetGroups>{groups}</TargetGroups><TargetGroupStickinessConfig>"
                  f"<Enabled>{forward['Enabled']}</Enabled>{seconds}</TargetGroupStickinessConfig></ForwardConfig>")
        return text.removesuffix("</member>") + config + "</member>"

    elb._parse_actions = parse_actions
    elb._action_xml = action_xml


def look_at_queries(elb):
    """Conditions on the query are kept."""
    parse, write = elb._parse_conditions, elb._condition_xml

    def parse_conditions(params, prefix="Conditions"):
        conditions = parse(params, prefix)
        for number, condition in enumerate(conditions, 1):
            base, pairs, member = f"{prefix}.member.{number}.QueryStringConfig.Values.member", [], 1
            while value := one(params, f"{base}.{member}.Value"):
                pairs.append((one(params, f"{base}.{member}.Key"), value))
                member += 1
            if pairs:
                condition["Query"] = pairs
        return conditions

    def condition_xml(condition):
        text = write(condition)
        if "Query" not in condition:
            return text
        values = "".join(f"<member>{f'<Key>{elb._esc(key)}</Key>' if key else ''}<Value>{elb._esc(value)}</Value></member>"
                         for key, value in condition["Query"])
        return text.removesuffix("</member>") + f"<QueryStringConfig><Values>{values}</Values></QueryStringConfig></member>"

    elb._parse_conditions = parse_conditions
    elb._condition_xml = condition_xml


def refuse_what_exists(elb):
    """Names, ports and priorities have one bearer. An equal one is answered as made; it keeps its tags."""
    def group(params):
        for known in elb._tgs.values():
            if known["TargetGroupName"] != one(params, "Name"):
                continue
            same = all(str(known.get(name, "")) == one(params, name) for name in ("Protocol", "Port", "VpcId", "TargetType") if one(params, name))
            if not same:
                return elb._error("DuplicateTargetGroupName", f"A target group with the same name '{known['TargetGroupName']}' exists, but with different settings")
            return elb._xml(200, "CreateTargetGroup", f"<TargetGroups>{elb._tg_xml(known)}</TargetGroups>")

    def taken(balancer, port, but=None):
        return any(known["LoadBalancerArn"] == balancer and str(known["Port"]) == str(port) and arn != but
                   for arn, known in elb._listeners.items())

    def listener(params):
        if taken(one(params, "LoadBalancerArn"), one(params, "Port")):
            return elb._error("DuplicateListener", "A listener already exists on this port for this load balancer")

    def moved(params):
        known = elb._listeners.get(one(params, "ListenerArn"))
        if known and one(params, "Port") and taken(known["LoadBalancerArn"], one(params, "Port"), one(params, "ListenerArn")):
            return elb._error("DuplicateListener", "A listener already exists on this port for this load balancer")

    def rule(params):
        if any(known.get("ListenerArn") == one(params, "ListenerArn") and known["Priority"] == one(params, "Priority")
               for known in elb._rules.values()):
            return elb._error("PriorityInUse", f"Priority '{one(params, 'Priority')}' is currently in use")

    def priorities(params):
        wanted, number = {}, 1
        while arn := one(params, f"RulePriorities.member.{number}.RuleArn"):
            if arn not in elb._rules:
                return elb._error("RuleNotFound", f"Rule '{arn}' not found")
            wanted[arn] = one(params, f"RulePriorities.member.{number}.Priority")
            number += 1
        for arn, priority in wanted.items():
            listener_arn = elb._rules[arn]["ListenerArn"]
            if any(known["ListenerArn"] == listener_arn and other != arn and wanted.get(other, known["Priority"]) == priority
                   for other, known in elb._rules.items()):
                return elb._error("PriorityInUse", f"Priority '{priority}' is currently in use")

    for name, check in (("CreateTargetGroup", group), ("CreateListener", listener), ("ModifyListener", moved),
                        ("CreateRule", rule), ("SetRulePriorities", priorities)):
        before(elb._ACTION_MAP, name, check)


def refuse_what_is_unknown(elb):
    """AWS refuses to describe what is not there; MiniStack answers an empty list, which reads as "all is well"."""
    def known(parameter, things, code, words):
        def check(params):
            for wanted in elb._parse_member_list(params, parameter):
                if not things(wanted):
                    return elb._error(code, f"{words} '{wanted}' not found")
        return check

    named = lambda name: any(group["TargetGroupName"] == name for group in elb._tgs.values())
    balancer = lambda params: (one(params, "LoadBalancerArn") and one(params, "LoadBalancerArn") not in elb._lbs
                               and elb._error("LoadBalancerNotFound", "One or more load balancers not found")) or None
    listener = lambda params: (one(params, "ListenerArn") and one(params, "ListenerArn") not in elb._listeners
                               and elb._error("ListenerNotFound", "One or more listeners not found")) or None
    for name, check in (
            ("DescribeTargetGroups", known("Names", named, "TargetGroupNotFound", "Target group")),
            ("DescribeListeners", known("ListenerArns", lambda arn: arn in elb._listeners, "ListenerNotFound", "Listener")),
            ("DescribeListeners", balancer),
            ("DescribeRules", known("RuleArns", lambda arn: arn in elb._rules, "RuleNotFound", "Rule")),
            ("DescribeRules", listener),
            ("DeleteRule", lambda params: None if one(params, "RuleArn") in elb._rules
             else elb._error("RuleNotFound", f"Rule '{one(params, 'RuleArn')}' not found"))):
        before(elb._ACTION_MAP, name, check)


def keep_groups_that_are_used(elb):
    """AWS keeps a target group that a listener or a rule still names, and knows which load balancers name it."""
    def used(arn):
        forwards = [action for known in (*elb._listeners.values(), *elb._rules.values())
                    for action in known.get("DefaultActions", []) + known.get("Actions", [])]
        return any(group == arn for action in forwards for group, _ in action.get("ForwardConfig", {}).get("Groups", []))

    def check(params):
        arn = one(params, "TargetGroupArn")
        if arn in elb._tgs and used(arn):
            return elb._error("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")

    before(elb._ACTION_MAP, "DeleteTargetGroup", check)


def delete_with_the_load_balancer(elb):
    """Listeners and rules go with their load balancer."""
    delete, drop = elb._ACTION_MAP["DeleteLoadBalancer"], elb._ACTION_MAP["DeleteListener"]

    def handle(params):
        arn = one(params, "LoadBalancerArn")
        for listener in [key for key, known in list(elb._listeners.items()) if known["LoadBalancerArn"] == arn]:
            drop({"ListenerArn": [listener]})
        return delete(params)

    elb._ACTION_MAP["DeleteLoadBalancer"] = handle


def protect_from_deletion(elb):
    """What is protected is not deleted."""
    def check(params):
        attributes = elb._lb_attrs.get(one(params, "LoadBalancerArn")) or []
        if any(entry["Key"] == "deletion_protection.enabled" and entry["Value"] == "true" for entry in attributes):
            arn = one(params, "LoadBalancerArn")
            return elb._error("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")

    before(elb._ACTION_MAP, "DeleteLoadBalancer", check)

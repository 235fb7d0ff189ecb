"""Service-linked roles and usage reports in MiniStack, where they differ from AWS in what their kinds rely on."""

# The names that AWS gives. They do not follow from the service's own.
ROLES = {
    "ec2.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_EC2SpotFleetRequest",
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "elasticache.amazonaws.com": "AWSServiceRoleForElastiCache",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "spot.amazonaws.com": "AWSServiceRoleForEC2Spot",
    "spotfleet.amazonaws.com": "AWSServiceRoleForEC2SpotFleet",
}


def install():
    import ministack.services.cur as cur
    import ministack.services.iam as iam

    name_service_linked_roles(iam)
    tag_new_reports(cur)
    answer_reports_in_pages(cur)


def name_service_linked_roles(iam):
    """MiniStack names a role by the first word of its service, so that two services may have to share one."""
    create = iam._IAM_HANDLERS["CreateServiceLinkedRole"]

    def handle(params):
        service = iam._p(params, "AWSServiceName")
        name = ROLES.get(service)
        if name is None:
            return create(params)
        if name in iam._roles:
            return iam._error(400, "InvalidInput", f"Service role name {name} has been taken in this account, "
                              "please try a different suffix.", ns="iam")
        status, headers, body = create(params)
        made = f"AWSServiceRoleFor{service.split('.')[0].capitalize()}"
        role = iam._roles.pop(made)
        role.update(RoleName=name, Arn=role["Arn"].replace(made, name))
        iam._roles[name] = role
        return status, headers, body.replace(made.encode(), name.encode())

    iam._IAM_HANDLERS["CreateServiceLinkedRole"] = handle


def tag_new_reports(cur):
    """AWS takes a report's tags in the call that creates it."""
    put = cur._DISPATCH["PutReportDefinition"]

    def handle(payload):
        answer = put(payload)
        if answer[0] == 200 and payload.get("Tags"):
            cur._tag_resource({"ReportName": payload["ReportDefinition"]["ReportName"], "Tags": payload["Tags"]})
        return answer

    cur._DISPATCH["PutReportDefinition"] = handle


def answer_reports_in_pages(cur):
    """AWS gives five definitions at a time, and no more."""
    def handle(payload):
        start, most = int(payload.get("NextToken") or 0), min(payload.get("MaxResults") or 5, 5)
        reports = list(cur._report_definitions.values())
        answer = {"ReportDefinitions": reports[start:start + most]}
        if start + most < len(reports):
            answer["NextToken"] = str(start + most)
        return cur._json(200, answer)

    cur._DISPATCH["DescribeReportDefinitions"] = handle

"""Changes to MiniStack where it is laxer than AWS in what a program that plans and applies must be able to rely on.

Each change is one function that says why it is there. Handlers are wrapped, never rewritten: where AWS refuses, refuse; where
AWS answers in pages, cut. It never makes MiniStack accept what AWS would refuse.
"""

import ipaddress
import json
import re
from xml.etree import ElementTree


def install():
    import ministack.services.ec2 as ec2
    import ministack.services.iam as iam

    read_all_traffic_without_ports(ec2)
    refuse_what_exists(ec2)
    refuse_what_is_in_use(ec2)
    refuse_what_is_unknown(ec2)
    complete_nat_gateways(ec2)
    forget_tags_of_the_deleted(ec2)
    answer_ec2_in_pages(ec2)
    tell_boundaries(iam)
    answer_iam_in_pages(iam)
    hear_what_is_empty(iam)
    refuse_broken_trust(iam)
    answer_with_the_tags_of_a_new_group(ec2)
    protect_log_groups()
    keep_clusters_with_services()
    keep_providers_whole()
    keep_tags_of_tasks()
    manage_master_passwords()
    know_the_image_for_container_hosts()


def before(actions, name, check):
    """Runs `check` before the handler; what it answers, if anything, is the answer."""
    handler = actions[name]
    actions[name] = lambda params: check(params) or handler(params)


def one(params, name):
    """The only value of a parameter, or ""."""
    value = params.get(name, "")
    return (value[0] if value else "") if isinstance(value, list) else value


def refuse_what_exists(ec2):
    """AWS refuses overlapping subnets and equal rules. Without that, a create that is repeated goes unseen."""
    def subnet(params):
        vpc = ec2._vpcs.get(one(params, "VpcId"))
        if vpc is None:
            return ec2._error("InvalidVpcID.NotFound", f"The vpc ID '{one(params, 'VpcId')}' does not exist", 400)
        try:
            wanted = ipaddress.ip_network(one(params, "CidrBlock"))
        except ValueError:
            return ec2._error("InvalidParameterValue", f"Value ({one(params, 'CidrBlock')}) for parameter cidrBlock is invalid.", 400)
        if not wanted.subnet_of(ipaddress.ip_network(vpc["CidrBlock"])):
            return ec2._error("InvalidSubnet.Range", f"The CIDR '{wanted}' is invalid.", 400)
        for other in ec2._subnets.values():
            if other["VpcId"] == vpc["VpcId"] and wanted.overlaps(ipaddress.ip_network(other["CidrBlock"])):
                return ec2._error("InvalidSubnet.Conflict", f"The CIDR '{wanted}' conflicts with another subnet", 400)

    def peers(rule):
        """One entry for each rule that AWS makes of a permission: it keeps a rule for each range and each group."""
        ports = rule["IpProtocol"], rule.get("FromPort", -1), rule.get("ToPort", -1)
        for key, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId"), ("UserIdGroupPairs", "GroupId")):
            for entry in rule.get(key, []):
                yield (*ports, entry.get(name) if isinstance(entry, dict) else entry)

    def rules(key):
        def check(params):
            group = ec2._security_groups.get(one(params, "GroupId"))
            known = {peer for rule in (group or {key: []})[key] for peer in peers(rule)}
            for rule in ec2._parse_ip_permissions(params, "IpPermissions"):
                if known.intersection(peers(rule)):
                    return ec2._error("InvalidPermission.Duplicate", "the specified rule already exists", 400)
        return check

    before(ec2._ACTION_MAP, "CreateSubnet", subnet)
    before(ec2._ACTION_MAP, "AuthorizeSecurityGroupIngress", rules("IpPermissions"))
    before(ec2._ACTION_MAP, "AuthorizeSecurityGroupEgress", rules("IpPermissionsEgress"))


def read_all_traffic_without_ports(ec2):
    """All traffic has no ports: whoever sends some with it, as Terraform does, means the same rule."""
    parse = ec2._parse_ip_permissions

    def parsed(params, prefix):
        rules = parse(params, prefix)
        for rule in rules:
            if rule["IpProtocol"] == "-1":
                rule.pop("FromPort", None)
                rule.pop("ToPort", None)
        return rules

    ec2._parse_ip_permissions = parsed


def refuse_what_is_in_use(ec2):
    """AWS refuses to delete what others stand on. Without that, a wrong order of deletion goes unseen."""
    def violation(what):
        return ec2._error("DependencyViolation", f"{what} has dependencies and cannot be deleted.", 400)

    def living_nat_gateways():
        return [nat for nat in ec2._nat_gateways.values() if nat["State"] not in ("deleted", "failed")]

    def subnet(params):
        wanted = one(params, "SubnetId")
        if any(nat["SubnetId"] == wanted for nat in living_nat_gateways()) or any(
                card.get("SubnetId") == wanted for card in ec2._network_interfaces.values()):
            return violation(f"The subnet '{wanted}'")

    def security_group(params):
        wanted = one(params, "GroupId")
        for group in ec2._security_groups.values():
            if group["GroupId"] != wanted and any(
                    pair.get("GroupId") == wanted for rule in group["IpPermissions"] + group["IpPermissionsEgress"]
                    for pair in rule.get("UserIdGroupPairs", [])):
                return ec2._error("DependencyViolation", f"resource {wanted} has a dependent object", 400)

    def gateway(params):
        if (ec2._internet_gateways.get(one(params, "InternetGatewayId")) or {}).get("Attachments"):
            return violation(f"The internetGateway '{one(params, 'InternetGatewayId')}'")

    def detach(params):
        vpc = one(params, "VpcId")
        gateway = ec2._internet_gateways.get(one(params, "InternetGatewayId"))
        if gateway is None:
            return ec2._error("InvalidInternetGatewayID.NotFound",
                              f"The internetGateway ID '{one(params, 'InternetGatewayId')}' does not exist", 400)
        if not any(known.get("VpcId") == vpc for known in gateway.get("Attachments", [])):
            return ec2._error("Gateway.NotAttached", f"resource {gateway['InternetGatewayId']} is not attached to network {vpc}", 400)
        if any(nat["VpcId"] == vpc and nat.get("AllocationId") for nat in living_nat_gateways()):
            return ec2._error("DependencyViolation", f"Network {vpc} has some mapped public address(es).", 400)

    def route_table(params):
        table = ec2._route_tables.get(one(params, "RouteTableId"))
        if table and table.get("Associations"):
            return violation(f"The routeTable '{one(params, 'RouteTableId')}'")

    def address(params):
        known = ec2._addresses.get(one(params, "AllocationId"))
        if known and known.get("AssociationId"):
            return ec2._error("InvalidIPAddress.InUse", f"Address {known.get('PublicIp')} is in use.", 400)

    for name, check in (("DeleteSubnet", subnet), ("DeleteSecurityGroup", security_group), ("DeleteInternetGateway", gateway),
                        ("DetachInternetGateway", detach), ("DeleteRouteTable", route_table), ("ReleaseAddress", address)):
        before(ec2._ACTION_MAP, name, check)


def refuse_what_is_unknown(ec2):
    """AWS refuses to describe ids that are not there; MiniStack answers an empty list for some, which reads as "all is well"."""
    def known(parameter, things, code, words):
        def check(params):
            for wanted in ec2._parse_member_list(params, parameter):
                if wanted not in things():
                    return ec2._error(code, words.format(wanted), 400)
        return check

    for name, parameter, things, code, words in (
            ("DescribeNatGateways", "NatGatewayId", lambda: ec2._nat_gateways, "NatGatewayNotFound", "NAT gateway {} was not found"),
            ("DescribeRouteTables", "RouteTableId", lambda: ec2._route_tables, "InvalidRouteTableID.NotFound",
             "The routeTable ID '{}' does not exist"),
            ("DescribeAddresses", "AllocationId", lambda: ec2._addresses, "InvalidAllocationID.NotFound",
             "The allocation ID '{}' does not exist")):
        before(ec2._ACTION_MAP, name, known(parameter, things, code, words))


def complete_nat_gateways(ec2):
    """MiniStack's NAT gateways drop their address and ignore the client token, which is what makes creating one repeatable."""
    create, describe, delete = (ec2._ACTION_MAP[name] for name in ("CreateNatGateway", "DescribeNatGateways", "DeleteNatGateway"))

    def with_addresses(answer):
        def addresses(found):
            nat = ec2._nat_gateways.get(found.group(2)) or {}
            address = ec2._addresses.get(nat.get("AllocationId") or "")
            inner = "" if address is None else (
                f"<item><allocationId>{nat['AllocationId']}</allocationId><publicIp>{address.get('PublicIp', '')}</publicIp>"
                f"<isPrimary>true</isPrimary><status>succeeded</status><associationId>{nat.get('AssociationId', '')}</associationId></item>")
            return f"{found.group(1)}<natGatewayAddressSet>{inner}</natGatewayAddressSet>"
        status, headers, body = answer
        text = re.sub(r"(<natGatewayId>([^<]+)</natGatewayId>(?:(?!</natGatewayId>).)*?)<natGatewayAddressSet/>", addresses,
                      body.decode(), flags=re.DOTALL)
        return status, headers, text.encode()

    def create_nat_gateway(params):
        token, subnet, allocation = (one(params, name) for name in ("ClientToken", "SubnetId", "AllocationId"))
        for nat in ec2._nat_gateways.values():
            if token and nat.get("ClientToken") == token:
                again = describe({"NatGatewayId.1": [nat["NatGatewayId"]]})
                text = again[2].decode().replace("DescribeNatGatewaysResponse", "CreateNatGatewayResponse")
                text = re.sub(r"<natGatewaySet>\s*<item>", "<natGateway>", text)
                text = re.sub(r"</item>\s*</natGatewaySet>", "</natGateway>", text)
                return with_addresses((again[0], again[1], text.encode()))
        if subnet not in ec2._subnets:
            return ec2._error("InvalidSubnetID.NotFound", f"The subnet ID '{subnet}' does not exist", 400)
        address = ec2._addresses.get(allocation) if allocation else None
        if allocation and address is None:
            return ec2._error("InvalidAllocationID.NotFound", f"The allocation ID '{allocation}' does not exist", 400)
        if address and address.get("AssociationId"):
            return ec2._error("Resource.AlreadyAssociated", f"resource {allocation} is already associated", 400)
        answer = create(params)
        made = re.search(rb"<natGatewayId>([^<]+)<", answer[2])
        if made:
            nat = ec2._nat_gateways[made.group(1).decode()]
            nat["ClientToken"] = token
            if address is not None:
                nat["AssociationId"] = address["AssociationId"] = "eipassoc-" + nat["NatGatewayId"][4:]
        return with_addresses(answer)

    def delete_nat_gateway(params):
        answer = delete(params)
        nat = ec2._nat_gateways.get(one(params, "NatGatewayId"))
        address = ec2._addresses.get((nat or {}).get("AllocationId") or "")
        if address and address.get("AssociationId") == nat.get("AssociationId"):
            address["AssociationId"] = None
        return answer

    ec2._ACTION_MAP.update(CreateNatGateway=create_nat_gateway, DeleteNatGateway=delete_nat_gateway,
                           DescribeNatGateways=lambda params: with_addresses(describe(params)))


def forget_tags_of_the_deleted(ec2):
    """MiniStack keeps the tags of what is deleted, so that asking for everything with a tag finds ghosts."""
    ids = {"DeleteVpc": "VpcId", "DeleteSubnet": "SubnetId", "DeleteInternetGateway": "InternetGatewayId",
           "DeleteRouteTable": "RouteTableId", "DeleteSecurityGroup": "GroupId", "ReleaseAddress": "AllocationId"}

    def forgetting(handler, parameter):
        def handle(params):
            answer = handler(params)
            if answer[0] == 200:
                ec2._tags.pop(one(params, parameter), None)
            return answer
        return handle

    for name, parameter in ids.items():
        ec2._ACTION_MAP[name] = forgetting(ec2._ACTION_MAP[name], parameter)


def cut(root, lists, start, most):
    """Keeps `most` of the items from `start` on, counted over all the lists. Answers whether some lie behind."""
    items = [(parent, item) for parent in lists for item in list(parent)]
    for number, (parent, item) in enumerate(items):
        if not start <= number < start + most:
            parent.remove(item)
    return start + most < len(items)


def parse(body):
    """The document, with its namespace kept as the default one when it is written again."""
    root = ElementTree.fromstring(body)
    space = root.tag.partition("}")[0][1:]
    ElementTree.register_namespace("", space)
    return root, "{" + space + "}"


def in_pages(handler):
    """A list of EC2's, cut as it was asked for."""
    def handle(params):
        answer = handler(params)
        most = one(params, "MaxResults")
        if not most or answer[0] != 200:
            return answer
        root, space = parse(answer[2])
        lists = [child for child in root if child.tag not in (space + "requestId", space + "nextToken") and len(child)][:1]
        start = int(one(params, "NextToken") or 0)
        if cut(root, lists, start, int(most)):
            ElementTree.SubElement(root, space + "nextToken").text = str(start + int(most))
        return answer[0], answer[1], ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return handle


def answer_ec2_in_pages(ec2):
    """MiniStack ignores MaxResults, so code that forgets the next page would pass here and fail on AWS."""
    for name, handler in list(ec2._ACTION_MAP.items()):
        if name.startswith("Describe") and not name.endswith("Attribute"):
            ec2._ACTION_MAP[name] = in_pages(handler)


def answer_iam_in_pages(iam):
    """MiniStack answers every list of IAM whole; AWS cuts at 100 even when nothing was asked for."""
    def paged(handler):
        def handle(params):
            answer = handler(params)
            if answer[0] != 200:
                return answer
            start, most = int(one(params, "Marker") or 0), int(one(params, "MaxItems") or 100)
            if not start and answer[2].count(b"<member>") <= most:
                return answer
            root, space = parse(answer[2])
            result = root[0]
            lists = [child for child in result if len(child) and child[0].tag == space + "member"]
            more = cut(root, lists, start, most)
            for old in result.findall(space + "IsTruncated") + result.findall(space + "Marker"):
                result.remove(old)
            ElementTree.SubElement(result, space + "IsTruncated").text = str(more).lower()
            if more:
                ElementTree.SubElement(result, space + "Marker").text = str(start + most)
            return answer[0], answer[1], ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return handle

    for name in list(iam._IAM_HANDLERS):
        if name.startswith("List") or name == "GetAccountAuthorizationDetails":
            iam._IAM_HANDLERS[name] = paged(iam._IAM_HANDLERS[name])


def tell_boundaries(iam):
    """The list of everything tells what bounds a role; MiniStack leaves it out there."""
    details = iam._IAM_HANDLERS["GetAccountAuthorizationDetails"]

    def handle(params):
        status, headers, body = details(params)
        for name, role in iam._roles.items():
            if role.get("PermissionsBoundary"):
                bound = (f"<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>"
                         f"<PermissionsBoundaryArn>{role['PermissionsBoundary']}</PermissionsBoundaryArn></PermissionsBoundary>")
                body = body.replace(f"<RoleName>{name}</RoleName>".encode(), f"<RoleName>{name}</RoleName>{bound}".encode())
        return status, headers, body

    iam._IAM_HANDLERS["GetAccountAuthorizationDetails"] = handle


def hear_what_is_empty(iam):
    """An empty value is a value: it takes away the description of a role. MiniStack hears nothing."""
    parse = iam.parse_qs
    iam.parse_qs = lambda text: parse(text, keep_blank_values=True)


def refuse_broken_trust(iam):
    """MiniStack takes any text as a role's trust policy; AWS refuses what is not a policy."""
    def check(name):
        def trust(params):
            try:
                if json.loads(one(params, name))["Statement"]:
                    return None
            except (ValueError, KeyError, TypeError):
                pass
            return iam._error(400, "MalformedPolicyDocument", "This policy contains invalid Json or no statement", ns="iam")
        return trust

    before(iam._IAM_HANDLERS, "CreateRole", check("AssumeRolePolicyDocument"))
    before(iam._IAM_HANDLERS, "UpdateAssumeRolePolicy", check("PolicyDocument"))


def answer_with_the_tags_of_a_new_group(ec2):
    """AWS answers the tags of a security group in the call that creates it."""
    create = ec2._ACTION_MAP["CreateSecurityGroup"]

    def create_security_group(params):
        status, headers, body = create(params)
        made = re.search(rb"<groupId>([^<]+)</groupId>", body)
        if status == 200 and made and b"<tagSet" not in body:
            tags = ec2._tag_set_xml(made.group(1).decode())
            body = body.replace(b"</CreateSecurityGroupResponse>", tags.encode() + b"</CreateSecurityGroupResponse>")
        return status, headers, body

    ec2._ACTION_MAP["CreateSecurityGroup"] = create_security_group


def protect_log_groups():
    """MiniStack knows no deletion protection of log groups, and our promise that deleting is hard stands on it."""
    import ministack.services.cloudwatch_logs as logs
    from ministack.core.responses import error_response_json, json_response

    handle, create, delete, describe = logs.handle_request, logs._create_log_group, logs._delete_log_group, logs._describe_log_groups

    async def handle_request(method, path, headers, body, query_params):
        if not headers.get("x-amz-target", "").endswith(".PutLogGroupDeletionProtection"):
            return await handle(method, path, headers, body, query_params)
        data = json.loads(body)
        name = data.get("logGroupIdentifier", "").partition(":log-group:")[2] or data.get("logGroupIdentifier", "")
        group = logs._log_groups.get(name.removesuffix(":*"))
        if group is None:
            return error_response_json("ResourceNotFoundException", f"The specified log group does not exist: {name}", 400)
        group["deletionProtectionEnabled"] = bool(data.get("deletionProtectionEnabled"))
        return json_response({})

    def create_log_group(data):
        answer = create(data)
        if answer[0] == 200 and data.get("deletionProtectionEnabled"):
            logs._log_groups[data["logGroupName"]]["deletionProtectionEnabled"] = True
        return answer

    def delete_log_group(data):
        if (logs._log_groups.get(data.get("logGroupName")) or {}).get("deletionProtectionEnabled"):
            return error_response_json("ValidationException", "The log group has deletion protection enabled.", 400)
        return delete(data)

    def describe_log_groups(data):
        status, headers, body = describe(data)
        if status != 200:
            return status, headers, body
        document = json.loads(body)
        for group in document.get("logGroups", []):
            known = logs._log_groups.get(group["logGroupName"]) or {}
            group["deletionProtectionEnabled"] = bool(known.get("deletionProtectionEnabled"))
        return status, headers, json.dumps(document).encode()

    logs.handle_request, logs._create_log_group = handle_request, create_log_group
    logs._delete_log_group, logs._describe_log_groups = delete_log_group, describe_log_groups


def keep_clusters_with_services():
    """AWS refuses to delete a cluster that has services; MiniStack deletes it, and its services can't be described any more."""
    import ministack.services.ecs as ecs
    from ministack.core.responses import error_response_json

    def check(data):
        name = ecs._resolve_cluster_name(data.get("cluster", "default"))
        arn = (ecs._clusters.get(name) or {}).get("clusterArn")
        if any(service.get("clusterArn") == arn and service.get("status") != "INACTIVE" for service in ecs._services.values()):
            return error_response_json("ClusterContainsServicesException",
                                       "The Cluster cannot be deleted while Services are active.", 400)

    before(ecs._ACTION_MAP, "DeleteCluster", check)


def keep_tags_of_tasks():
    """MiniStack's UpdateService forgets whose tags the tasks of a service bear."""
    import ministack.services.ecs as ecs

    update = ecs._ACTION_MAP["UpdateService"]

    def _update_service(data):
        name = ecs._resolve_service_ref(data.get("service", ""))
        service = ecs._services.get(f"{ecs._resolve_cluster_name(data.get('cluster', 'default'))}/{name and name[0]}")
        if service is not None and "propagateTags" in data:
            service["propagateTags"] = data["propagateTags"]
        return update(data)

    ecs._ACTION_MAP["UpdateService"] = _update_service


def keep_providers_whole():
    """MiniStack forgets whether a new capacity provider moves tasks away, and deletes one that clusters still name."""
    import ministack.services.ecs as ecs
    from ministack.core.responses import error_response_json

    create = ecs._ACTION_MAP["CreateCapacityProvider"]

    def _create_capacity_provider(data):
        answer = create(data)
        asked = data.get("autoScalingGroupProvider", {})
        made = ecs._capacity_providers.get(data.get("name", ""), {}).get("autoScalingGroupProvider")
        if made is not None and made.get("autoScalingGroupArn") == asked.get("autoScalingGroupArn"):
            made.setdefault("managedDraining", asked.get("managedDraining", "ENABLED"))
        return answer

    def check(data):
        name = ecs._resolve_capacity_provider_name(data.get("capacityProvider", ""))
        if any(name in cluster.get("capacityProviders", []) for cluster in ecs._clusters.values()):
            return error_response_json("ClientException", "The specified capacity provider is in use and cannot be removed.", 400)

    ecs._ACTION_MAP["CreateCapacityProvider"] = _create_capacity_provider
    before(ecs._ACTION_MAP, "DeleteCapacityProvider", check)


def manage_master_passwords():
    """MiniStack keeps managed master passwords for clusters only; ours are on instances."""
    import ministack.services.rds as rds
    import ministack.services.secretsmanager as secrets
    from ministack.core.responses import get_account_id, get_region, new_uuid

    create, modify, delete, write = (*(rds._ACTION_MAP[f"{verb}DBInstance"] for verb in ("Create", "Modify", "Delete")), rds._instance_xml)

    def in_xml(secret):
        return (f"<MasterUserSecret><SecretArn>{secret['SecretArn']}</SecretArn><SecretStatus>active</SecretStatus>"
                f"<KmsKeyId>{secret['KmsKeyId']}</KmsKeyId></MasterUserSecret><StatusInfos/>")

    def instance_xml(instance):
        text, secret = write(instance), instance.get("MasterUserSecret")
        return text.replace("<StatusInfos/>", in_xml(secret), 1) if secret else text

    def managed(handler):
        def handle(params):
            answer = handler(params)
            wanted, instance = one(params, "ManageMasterUserPassword"), rds._instances.get(one(params, "DBInstanceIdentifier"))
            if answer[0] != 200 or instance is None:
                return answer
            if wanted == "true" and not instance.get("MasterUserSecret"):
                arn = secrets.create_secret_in_process(
                    f"rds!db-{new_uuid()}", json.dumps({"username": instance.get("MasterUsername"), "password": new_uuid()}),
                    description=f"Secret managed by RDS for DB instance {instance['DBInstanceIdentifier']}")
                instance["MasterUserSecret"] = {"SecretArn": arn, "KmsKeyId": one(params, "MasterUserSecretKmsKeyId") or
                                                f"arn:aws:kms:{get_region()}:{get_account_id()}:key/aws-secretsmanager-default"}
                return answer[0], answer[1], answer[2].replace(b"<StatusInfos/>", in_xml(instance["MasterUserSecret"]).encode(), 1)
            if wanted == "false" and instance.get("MasterUserSecret"):
                secrets.delete_secret_in_process(instance.pop("MasterUserSecret")["SecretArn"])
            return answer
        return handle

    def delete_db_instance(params):
        secret = (rds._instances.get(one(params, "DBInstanceIdentifier")) or {}).get("MasterUserSecret")
        answer = delete(params)
        if answer[0] == 200 and secret:
            secrets.delete_secret_in_process(secret["SecretArn"])
        return answer

    rds._instance_xml = instance_xml
    rds._ACTION_MAP.update(CreateDBInstance=managed(create), ModifyDBInstance=managed(modify), DeleteDBInstance=delete_db_instance)


def know_the_image_for_container_hosts():
    """AWS publishes the newest image for ECS hosts as a parameter; MiniStack does not have it."""
    import ministack.services.ec2 as ec2
    import ministack.services.ssm as ssm
    from ministack.core.responses import get_region

    known = ssm._public_parameter

    def public_parameter(name):
        found = known(name)
        if found or not (name or "").startswith("/aws/service/ecs/optimized-ami/"):
            return found
        # One of the images that MiniStack's DescribeImages answers, so that a look-up of it succeeds.
        image = next(stub[0] for stub in ec2._STUB_AMIS if stub[1].startswith("al2023"))
        value = image if name.endswith("/image_id") else json.dumps({"image_id": image, "os": "Amazon Linux 2023", "schema_version": 1})
        return {"Name": name, "Type": "String", "Value": value, "Version": 1, "LastModifiedDate": 0, "DataType": "text",
                "ARN": f"arn:aws:ssm:{get_region()}::parameter{name}"}

    ssm._public_parameter = public_parameter

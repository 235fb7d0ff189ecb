#!/usr/bin/env python3
"""Breaks a platform on the local cloud, one thing after the other, and says which checks of posture.py see it.

    posture_breaks.py ENDPOINT ACCOUNT PROJECT/ENVIRONMENT

Prints for each break the check that it is about, those that have begun to fail since the break before, and those that have
ceased to. What was made for that is deleted at the end; what was changed is left for `infra apply` to mend.
"""

import base64
import copy
import json
import sys

import inventory
import posture

BREAKS = []


def breaks(name, *services, also=()):
    """A break: what it does, through which services it is seen, and which other checks must see it as well."""
    def keep(function):
        BREAKS.append((name, services, also, function))
        return function
    return keep


class Broken:
    """A platform, and what has been made in it for the tests."""

    def __init__(self, endpoint, account, owner):
        self.account = inventory.Account(endpoint, account)
        self.platform = posture.Platform(posture.read(self.account), owner)
        self.owner = owner
        self.made = []

    def client(self, service):
        return self.account.client(service)

    def look(self, *services):
        self.platform.all.update(posture.read(self.account, services))

    def failing(self):
        return {(one["check"], one["resource"]) for one in posture.judge(self.platform.all, self.owner) if not one["passes"]}

    def one(self, kind, member=None, ending=""):
        return next(thing for thing in self.platform.mine(kind) if not member or thing[member].endswith(ending))

    @property
    def tags(self):
        return [{"Key": "infra:owner", "Value": self.owner}]

    def attribute(self, name, value):
        arn = self.one("load balancers")["LoadBalancerArn"]
        self.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": name, "Value": value}])

    def distribution(self, change):
        client, identifier = self.client("cloudfront"), self.one("distributions")["Id"]
        told = client.get_distribution_config(Id=identifier)
        change(told["DistributionConfig"])
        client.update_distribution(Id=identifier, IfMatch=told["ETag"], DistributionConfig=told["DistributionConfig"])

    def firewall(self, change):
        client, acl = self.client("wafv2"), self.one("web acls")
        which = {"Name": acl["Name"], "Id": acl["Id"], "Scope": "CLOUDFRONT"}
        told = client.get_web_acl(**which)
        acl = told["WebACL"]
        client.update_web_acl(**which, LockToken=told["LockToken"], DefaultAction=acl["DefaultAction"],
                              VisibilityConfig=acl["VisibilityConfig"], Rules=change(acl["Rules"]))

    def container(self, ending, change):
        """A new revision of what a service runs, with a change to its container."""
        service = self.one("services", "serviceName", ending)
        client = self.client("ecs")
        task = client.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        change(task["containerDefinitions"][0])
        sent = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes",
                "requiresCompatibilities", "cpu", "memory", "runtimePlatform")
        sent = {name: task[name] for name in sent if task.get(name)}
        self.service(ending, taskDefinition=client.register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"])

    def service(self, ending, **changes):
        service = self.one("services", "serviceName", ending)
        self.client("ecs").update_service(cluster=service["clusterArn"], service=service["serviceName"], **changes)

    def network(self, ending):
        return copy.deepcopy(self.one("services", "serviceName", ending)["networkConfiguration"])

    def let_in(self, group, port, **source):
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
        self.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    def fleet(self, change):
        """Another fleet of ours: one that stands cannot be changed."""
        config = copy.deepcopy(self.one("spot fleets")["SpotFleetRequestConfig"])
        launch = config["LaunchSpecifications"][0]
        change(launch)
        client = self.client("ec2")
        made = client.request_spot_fleet(SpotFleetRequestConfig={
            "IamFleetRole": config["IamFleetRole"], "TargetCapacity": 1, "LaunchSpecifications": [launch],
            "TagSpecifications": [{"ResourceType": "spot-fleet-request", "Tags": self.tags}],
        })["SpotFleetRequestId"]
        self.made.append(lambda: client.cancel_spot_fleet_requests(SpotFleetRequestIds=[made], TerminateInstances=True))

    def database(self, **changes):
        name = self.one("databases", "DBInstanceIdentifier", "-db")["DBInstanceIdentifier"]
        self.client("rds").modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **changes)

    def cache(self, **changes):
        name = self.one("replication groups")["ReplicationGroupId"]
        self.client("elasticache").modify_replication_group(ReplicationGroupId=name, ApplyImmediately=True, **changes)


SOMEBODY = {"IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}


# What cannot be taken from what stands: another one of ours, which comes before what it would stand in is broken.

@breaks("workers-encrypted", inventory.ec2)
def _(it):
    it.fleet(lambda launch: launch["BlockDeviceMappings"][0]["Ebs"].pop("Encrypted"))


@breaks("workers-hide-their-role", inventory.ec2)
def _(it):
    it.fleet(lambda launch: launch.update(UserData=base64.b64encode(b"#!/bin/bash\n").decode()))


@breaks("database-encrypted", inventory.rds)
def _(it):
    like, client = it.one("databases", "DBInstanceIdentifier", "-db"), it.client("rds")
    client.create_db_instance(
        DBInstanceIdentifier="in-the-clear", StorageEncrypted=False, Tags=it.tags, MasterUserPassword="not-a-secret",
        VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in like["VpcSecurityGroups"]],
        DBSubnetGroupName=like["DBSubnetGroup"]["DBSubnetGroupName"], EnableCloudwatchLogsExports=["postgresql"],
        **{name: like[name] for name in (
            "DBInstanceClass", "Engine", "EngineVersion", "AllocatedStorage", "MasterUsername", "MultiAZ", "PubliclyAccessible",
            "BackupRetentionPeriod", "MonitoringInterval", "MonitoringRoleArn", "AutoMinorVersionUpgrade", "DeletionProtection")})

    def delete():
        client.modify_db_instance(DBInstanceIdentifier="in-the-clear", DeletionProtection=False)
        client.delete_db_instance(DBInstanceIdentifier="in-the-clear", SkipFinalSnapshot=True)
    it.made.append(delete)


@breaks("cache-encrypted", inventory.elasticache)
def _(it):
    like, client = it.one("replication groups"), it.client("elasticache")
    client.create_replication_group(
        ReplicationGroupId="in-the-clear", ReplicationGroupDescription="-", Engine="redis", CacheNodeType=like["CacheNodeType"],
        NumCacheClusters=2, AutomaticFailoverEnabled=True, MultiAZEnabled=True, AtRestEncryptionEnabled=False,
        TransitEncryptionEnabled=True, TransitEncryptionMode="required", AuthToken="not-a-secret-at-all",
        SnapshotRetentionLimit=1, AutoMinorVersionUpgrade=True, Tags=it.tags,
        SecurityGroupIds=[it.one("security groups", "GroupName", "-redis")["GroupId"]])
    it.made.append(lambda: client.delete_replication_group(ReplicationGroupId="in-the-clear"))


# What can.

@breaks("flow-logs", inventory.ec2)
def _(it):
    network = it.platform.networks[0]
    logs = [log["FlowLogId"] for log in it.platform.all["flow logs"] if log["ResourceId"] == network]
    it.client("ec2").delete_flow_logs(FlowLogIds=logs)


@breaks("default-group-empty", inventory.ec2)
def _(it):
    groups = it.platform.within("security groups")
    it.let_in(next(group["GroupId"] for group in groups if group["GroupName"] == "default"), 443, **SOMEBODY)


@breaks("closed-to-the-world", inventory.ec2)
def _(it):
    group = it.one("security groups", "GroupName", "-order-service")
    it.let_in(group["GroupId"], 22, IpRanges=[{"CidrIp": "0.0.0.0/0"}])


@breaks("no-addresses-by-default", inventory.ec2)
def _(it):
    subnet = it.one("subnets")["SubnetId"]
    it.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})


@breaks("addresses-only-of-gateways", inventory.ec2)
def _(it):
    client = it.client("ec2")
    tags = [{"ResourceType": "elastic-ip", "Tags": it.tags}]
    made = client.allocate_address(Domain="vpc", TagSpecifications=tags)["AllocationId"]
    it.made.append(lambda: client.release_address(AllocationId=made))


@breaks("private-subnets", inventory.ec2)
def _(it):
    gateway = it.one("internet gateways")["InternetGatewayId"]
    private = next(table for table in it.platform.mine("route tables")
                   if any(route.get("NatGatewayId") for route in table["Routes"]))
    it.client("ec2").replace_route(
        RouteTableId=private["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


@breaks("balancer-only-through-cdn", inventory.ec2, also=["firewall-in-every-way-in"])
def _(it):
    it.let_in(it.one("load balancers")["SecurityGroups"][0], 443, **SOMEBODY)


@breaks("balancer-asks-for-the-key", inventory.elbv2)
def _(it):
    rule = it.one("listener rules")
    paths = [one for one in rule["Conditions"] if one["Field"] == "path-pattern"]
    paths = paths or [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}]
    sent = [{"Field": "path-pattern", "PathPatternConfig": one["PathPatternConfig"]} for one in paths]
    it.client("elbv2").modify_rule(RuleArn=rule["RuleArn"], Conditions=sent)


@breaks("balancer-asks-for-the-key", inventory.elbv2)
def _(it):
    """A rule that somebody else has made beside ours."""
    rule = it.one("listener rules")
    listener = next(one for one in it.platform.listeners
                    if rule["RuleArn"].startswith(one["ListenerArn"].replace(":listener/", ":listener-rule/")))
    made = it.client("elbv2").create_rule(
        ListenerArn=listener["ListenerArn"], Priority=7, Actions=rule["Actions"],
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/back-door"]}}])["Rules"][0]["RuleArn"]
    it.made.append(lambda: it.client("elbv2").delete_rule(RuleArn=made))


@breaks("balancer-logs", inventory.elbv2)
def _(it):
    it.attribute("access_logs.s3.enabled", "false")


@breaks("balancer-deletion-protection", inventory.elbv2)
def _(it):
    it.attribute("deletion_protection.enabled", "false")


@breaks("balancer-drops-invalid-headers", inventory.elbv2)
def _(it):
    it.attribute("routing.http.drop_invalid_header_fields.enabled", "false")


@breaks("balancer-zones", inventory.elbv2)
def _(it):
    balancer = it.one("load balancers")
    zones = [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
    it.client("elbv2").set_subnets(LoadBalancerArn=balancer["LoadBalancerArn"], Subnets=zones[:1])


@breaks("balancer-https", inventory.elbv2)
def _(it):
    listener = next(one for one in it.platform.listeners if one["Protocol"] == "HTTPS")
    it.client("elbv2").modify_listener(ListenerArn=listener["ListenerArn"], SslPolicy="ELBSecurityPolicy-2016-08")


@breaks("firewall-managed-rules", inventory.wafv2)
def _(it):
    def count(rules):
        return [{**rule, "OverrideAction": {"Count": {}}} if "OverrideAction" in rule else rule for rule in rules]
    it.firewall(count)


@breaks("firewall-limits", inventory.wafv2)
def _(it):
    it.firewall(lambda rules: [rule for rule in rules if "OverrideAction" in rule])


@breaks("firewall-logs", inventory.wafv2)
def _(it):
    it.client("wafv2").delete_logging_configuration(ResourceArn=it.one("web acls")["ARN"])


@breaks("cdn-firewall", inventory.cloudfront)
def _(it):
    it.distribution(lambda config: config.update(WebACLId=""))


@breaks("cdn-https", inventory.cloudfront)
def _(it):
    it.distribution(lambda config: config["CacheBehaviors"]["Items"][0].update(ViewerProtocolPolicy="allow-all"))


@breaks("cdn-tls", inventory.cloudfront)
def _(it):
    it.distribution(lambda config: config["ViewerCertificate"].update(MinimumProtocolVersion="TLSv1"))


def origin_of(config, is_bucket):
    return next(one for one in config["Origins"]["Items"] if ("CustomOriginConfig" not in one) == is_bucket)


@breaks("cdn-origins-encrypted", inventory.cloudfront)
def _(it):
    def change(config):
        origin_of(config, False)["CustomOriginConfig"].update(OriginProtocolPolicy="match-viewer")
    it.distribution(change)


@breaks("cdn-buckets-closed", inventory.cloudfront)
def _(it):
    it.distribution(lambda config: origin_of(config, True).update(OriginAccessControlId=""))


@breaks("cdn-headers", inventory.cloudfront)
def _(it):
    it.distribution(lambda config: config["DefaultCacheBehavior"].pop("ResponseHeadersPolicyId"))


@breaks("cdn-root-object", inventory.cloudfront)
def _(it):
    it.distribution(lambda config: config.update(DefaultRootObject=""))


@breaks("cdn-logs", inventory.logs)
def _(it):
    it.client("logs").delete_delivery(id=it.one("log deliveries")["id"])


@breaks("buckets-over-tls", inventory.s3)
def _(it):
    it.client("s3").delete_bucket_policy(Bucket=it.one("buckets", "Name", it.account.account)["Name"])


@breaks("buckets-not-public", inventory.s3)
def _(it):
    bucket = next(one for one in it.platform.mine("buckets") if one["policy"])
    it.client("s3").delete_public_access_block(Bucket=bucket["Name"])


@breaks("buckets-let-nobody-in", inventory.s3)
def _(it):
    """The one that is no longer closed: S3 itself refuses it of the others."""
    bucket = next(one for one in it.platform.mine("buckets") if one["policy"])
    policy = json.loads(bucket["policy"]["Policy"])
    policy["Statement"].append({**ANYBODY, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket['Name']}/*"})
    it.client("s3").put_bucket_policy(Bucket=bucket["Name"], Policy=json.dumps(policy))


@breaks("containers-read-only", inventory.ecs)
def _(it):
    it.container("-order-service", lambda container: container.update(readonlyRootFilesystem=False))


@breaks("containers-not-root", inventory.ecs)
def _(it):
    it.container("-order-service", lambda container: container.update(user="0:0"))


@breaks("containers-confined", inventory.ecs)
def _(it):
    it.container("-order-service", lambda container: container["linuxParameters"]["capabilities"].update(add=["SYS_PTRACE"]))


@breaks("containers-log", inventory.ecs)
def _(it):
    it.container("-order-service", lambda container: container.pop("logConfiguration"))


@breaks("no-secret-in-the-open", inventory.ecs)
def _(it):
    it.container("-order-service", lambda container: container["environment"].append({"name": "API_TOKEN", "value": "x"}))


@breaks("tasks-without-addresses", inventory.ecs)
def _(it):
    network = it.network("-user-service")
    network["awsvpcConfiguration"]["assignPublicIp"] = "ENABLED"
    it.service("-user-service", networkConfiguration=network)


@breaks("tasks-take-no-commands", inventory.ecs)
def _(it):
    it.service("-user-service", enableExecuteCommand=True)


@breaks("group-of-its-own", inventory.ecs)
def _(it):
    it.service("-product-service", networkConfiguration=it.network("-api-gateway"))


@breaks("container-insights", inventory.ecs)
def _(it):
    cluster = it.one("clusters")["clusterName"]
    it.client("ecs").update_cluster_settings(cluster=cluster, settings=[{"name": "containerInsights", "value": "disabled"}])


@breaks("functions-not-public", inventory.functions)
def _(it):
    function, client = it.one("functions")["FunctionName"], it.client("lambda")
    client.add_permission(FunctionName=function, StatementId="anybody", Action="lambda:InvokeFunction", Principal="*")
    it.made.append(lambda: client.remove_permission(FunctionName=function, StatementId="anybody"))


@breaks("database-reached-by-the-pool-alone", inventory.ec2)
def _(it):
    caller = it.one("security groups", "GroupName", "-order-service")["GroupId"]
    group = it.one("databases")["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    it.let_in(group, 5432, UserIdGroupPairs=[{"GroupId": caller}])


@breaks("cache-reached-by-groups-alone", inventory.ec2)
def _(it):
    group = it.one("security groups", "GroupName", "-redis")["GroupId"]
    it.let_in(group, 6379, **SOMEBODY)


@breaks("database-login-is-not-the-master", inventory.ecs)
def _(it):
    master = it.one("databases")["MasterUsername"]

    def change(container):
        next(one for one in container["environment"] if one["name"] == "DB_USER")["value"] = master
    it.container("-pgbouncer", change)


@breaks("database-password-of-the-pool-alone", inventory.ecs)
def _(it):
    secrets = [secret for _, container in it.platform.containers for secret in container.get("secrets", [])]
    password = next(secret["valueFrom"] for secret in secrets if secret["name"] == "DB_PASSWORD")
    it.container("-notification-service",
                 lambda container: container["secrets"].append({"name": "POSTGRES", "valueFrom": password}))


@breaks("database-over-tls", inventory.ecs)
def _(it):
    def change(container):
        next(one for one in container["environment"] if one["name"] == "SERVER_TLS_SSLMODE")["value"] = "prefer"
    it.container("-pgbouncer", change)


@breaks("database-over-tls", inventory.rds)
def _(it):
    it.client("rds").modify_db_parameter_group(
        DBParameterGroupName=it.one("database parameter groups")["DBParameterGroupName"],
        Parameters=[{"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}])


@breaks("database-not-public", inventory.rds)
def _(it):
    it.database(PubliclyAccessible=True)


@breaks("database-deletion-protection", inventory.rds)
def _(it):
    it.database(DeletionProtection=False)


@breaks("database-monitored", inventory.rds)
def _(it):
    it.database(MonitoringInterval=0)


@breaks("database-logs", inventory.rds)
def _(it):
    it.database(CloudwatchLogsExportConfiguration={"DisableLogTypes": ["postgresql"]})


@breaks("database-patched", inventory.rds)
def _(it):
    it.database(AutoMinorVersionUpgrade=False)


@breaks("database-zones", inventory.rds)
def _(it):
    it.database(MultiAZ=False)


@breaks("database-backups", inventory.rds)
def _(it):
    it.database(BackupRetentionPeriod=1)


@breaks("cache-over-tls", inventory.elasticache)
def _(it):
    it.cache(TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")


@breaks("cache-asks-who", inventory.elasticache)
def _(it):
    it.cache(AuthTokenUpdateStrategy="DELETE")


@breaks("cache-zones", inventory.elasticache)
def _(it):
    it.cache(MultiAZEnabled=False)


@breaks("cache-backups", inventory.elasticache)
def _(it):
    it.cache(SnapshotRetentionLimit=0)


@breaks("cache-patched", inventory.elasticache)
def _(it):
    it.cache(AutoMinorVersionUpgrade=False)


@breaks("roles-trust-somebody", inventory.iam)
def _(it):
    document = json.dumps({"Version": "2012-10-17", "Statement": [ANYBODY]})
    it.client("iam").update_assume_role_policy(RoleName=it.one("roles")["RoleName"], PolicyDocument=document)


@breaks("roles-are-least", inventory.iam)
def _(it):
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    it.client("iam").put_role_policy(RoleName=it.one("roles")["RoleName"], PolicyName="more", PolicyDocument=document)


@breaks("topics-not-public", inventory.sns)
def _(it):
    topic = it.one("topics")
    policy = json.loads(topic["Attributes"]["Policy"])
    policy["Statement"].append({**ANYBODY, "Action": "sns:Publish", "Resource": topic["TopicArn"]})
    it.client("sns").set_topic_attributes(
        TopicArn=topic["TopicArn"], AttributeName="Policy", AttributeValue=json.dumps(policy))


@breaks("logs-kept", inventory.logs)
def _(it):
    it.client("logs").put_retention_policy(logGroupName=it.one("log groups")["logGroupName"], retentionInDays=1)


def main():
    it = Broken(*sys.argv[1:4])
    before, told = it.failing(), []
    for name, services, also, break_it in BREAKS:
        break_it(it)
        it.look(*services)
        now = it.failing()
        seen, ceased = ({check for check, _ in changed} for changed in (now - before, before - now))
        told.append({"about": name, "expected": sorted([name, *also]), "seen": sorted(seen), "ceased": sorted(ceased)})
        before = now
    for mend in reversed(it.made):
        mend()
    json.dump({"breaks": told, "checks": list(posture.CHECKS)}, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())

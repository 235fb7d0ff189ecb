"""Tests of the local cloud: which emulator gets a request, how the gateway treats HTTP, and real calls by an independent client.

Run with the Python of the private environment (it has boto3), which `localstack/up` prints with --python:

    "$(localstack/up --quiet --python)" -m unittest discover -s localstack -p 'test_*.py'

The end-to-end part starts a local cloud of its own on a free port and stops it again. It is never skipped: without boto3
it fails and says how to run it. It never touches the local cloud on the usual port.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import gateway  # noqa: E402
import launch  # noqa: E402
import routes  # noqa: E402
import whole  # noqa: E402


def signed(service: str, **more) -> dict:
    scope = f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    return {b"authorization": scope.encode(), **{key.replace("_", "-").encode(): value.encode() for key, value in more.items()}}


class Routing(unittest.TestCase):
    def check(self, emulator, target="/", headers=None, body=b""):
        self.assertEqual(routes.decide(target, headers or {}, body), emulator)

    def test_what_no_row_names_goes_to_the_default(self):
        self.check("ministack", headers=signed("s3"), target="/bucket/key")
        self.check("ministack")

    def test_a_whole_service(self):
        self.check("moto", headers=signed("application-autoscaling", x_amz_target="AnyScaleFrontendService.PutScalingPolicy"))
        self.check("moto", headers=signed("ce", x_amz_target="AWSInsightsIndexService.GetCostAndUsage"))

    def test_some_operations_of_a_service(self):
        self.check("moto", headers=signed("ec2"), body=b"Action=RequestSpotFleet&Version=2016-11-15")
        self.check("moto", headers=signed("ec2"), body=b"Version=2016-11-15&Action=CancelSpotFleetRequests")
        self.check("moto", headers=signed("ec2"), target="/?Action=DescribeSpotFleetRequests&Version=2016-11-15")
        self.check("ministack", headers=signed("ec2"), body=b"Action=DescribeVpcs&Version=2016-11-15")

    def test_tags_follow_the_resource(self):
        self.check("moto", headers=signed("ec2"), body=b"Action=CreateTags&ResourceId.1=sfr-0&Tag.1.Key=a&Tag.1.Value=b")
        self.check("ministack", headers=signed("ec2"), body=b"Action=CreateTags&ResourceId.1=vpc-0&Tag.1.Key=a&Tag.1.Value=b")
        self.check("ministack", headers=signed("ec2"), body=b"Action=DescribeVpcs&Filter.1.Value.1=sfr-0")

    def test_unsigned_requests(self):
        self.check("moto", headers={b"x-amz-target": b"AnyScaleFrontendService.DescribeScalableTargets"})
        self.check("moto", headers={b"host": b"ce.us-east-1.amazonaws.com"})
        self.check("moto", body=b"Action=DescribeSpotFleetRequests&Version=2016-11-15")
        self.check("ministack", headers={b"host": b"bucket.s3.us-east-1.amazonaws.com"})

    def test_a_presigned_address(self):
        self.check("moto", target="/?X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fce%2Faws4_request&X-Amz-Signature=0")

    def test_the_operation_in_the_path(self):
        self.assertEqual(routes.operation_of("/service/GraniteService/operation/PutMetricAlarm", {}, b"\xa0"), "PutMetricAlarm")

    def test_every_row_has_its_reason_and_an_emulator_that_is_started(self):
        for row in routes.TABLE:
            self.assertTrue(row.reason)
            self.assertIn(row.emulator, gateway.HEALTH)


class Chunked(unittest.TestCase):
    def test_any_cut_gives_the_same_body(self):
        message = b"4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\nTrailer: 1\r\n\r\nbehind"
        for cut in range(len(message)):
            chunks = gateway.Chunks(keep=True)
            first = chunks.feed(message[:cut])
            behind = first if first >= 0 else chunks.feed(message[cut:])
            self.assertEqual((bytes(chunks.data), behind + (len(message) - cut if first >= 0 else 0)), (b"Wikipedia ", 6))

    def test_a_size_that_is_no_number(self):
        with self.assertRaises(gateway.BadMessage):
            gateway.Chunks(keep=True).feed(b"many\r\n")


class Pausing(unittest.TestCase):
    def test_a_full_buffer_at_the_end_of_an_answer_does_not_pause_the_next_one(self):
        class Wire:
            paused = False

            def write(self, data):
                self.full()

            def full(self):
                pass

            def is_closing(self):
                return False

            def pause_reading(self):
                self.paused = True

            def resume_reading(self):
                self.paused = False

            def close(self):
                pass

        pool = gateway.Pool("any", 0)
        client, upstream = gateway.Client(None), gateway.Upstream(pool)
        client.transport, upstream.transport = Wire(), Wire()
        upstream.send(client, b"", is_head=False)
        client.upstream, client.transport.full = upstream, client.pause_writing
        upstream.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        self.assertTrue(upstream.transport.paused)
        upstream.data_received(b"12345")
        self.assertEqual((upstream.transport.paused, pool.take()), (False, upstream))


class WholeCloud(whole.Cloud):
    def test_health_looks_like_localstack(self):
        status, body = self.ask("GET", "/_localstack/health")
        document = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual(document["services"]["application-autoscaling"], "available")
        self.assertEqual(document["services"]["s3"], "available")
        self.assertEqual(set(document["emulators"].values()), {"running"})

    def test_pages_from_elsewhere_are_refused_and_nothing_is_opened_to_them(self):
        port = self.port
        for headers in ({"Origin": "http://evil.example"}, {"Host": f"evil.example:{port}"}, {"Sec-Fetch-Site": "cross-site"}):
            status, body = self.ask("GET", "/_infra/health", headers=headers)
            self.assertEqual((status, json.loads(body)["__type"]), (403, "AccessDeniedException"), headers)
        preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
        self.assertEqual(self.ask("OPTIONS", "/bucket/key", headers=preflight)[0], 403)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for headers in ({}, {"Origin": f"http://127.0.0.1:{port}"}):
            connection.request("GET", "/", headers={"Authorization": signed("s3")[b"authorization"].decode(), **headers})
            answer = connection.getresponse()
            answer.read()
            self.assertEqual((answer.status, [name for name in answer.headers if name.lower().startswith("access-control")]), (200, []))
        connection.close()

    def test_no_page_reaches_an_emulator_by_its_own_port(self):
        for process in launch.read_record(self.port)["processes"]:
            connection = http.client.HTTPConnection("127.0.0.1", process["port"], timeout=20)
            connection.request("GET", gateway.HEALTH.get(process["name"], "/_infra/health"), headers={"Origin": "http://evil.example"})
            answer = connection.getresponse()
            answer.read()
            self.assertEqual((answer.status, answer.getheader("Access-Control-Allow-Origin")), (403, None), process["name"])
            connection.close()

    def test_what_aws_would_refuse_is_refused_in_the_protocol_of_each_service(self):
        from botocore.config import Config
        import boto3

        def client(service):
            return boto3.client(service, endpoint_url=f"http://localhost:{self.port}", region_name="us-east-1", aws_access_key_id="test",
                                aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, parameter_validation=False,
                                                                            s3={"addressing_style": "path"}))

        before = json.loads(self.ask("GET", "/_infra/checks")[1])
        for service, call, arguments, code in (
                ("iam", "create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": "{}"}, "ValidationError"),
                ("ec2", "create_subnet", {"CidrBlock": "10.0.0.0/24"}, "MissingParameter"),
                ("rds", "delete_db_instance", {}, "MissingParameter"),
                ("ecs", "create_service", {"serviceName": "a", "launchType": "MAINFRAME"}, "InvalidParameterException"),
                ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "moon"}, "ValidationException"),
                ("lambda", "update_function_configuration", {"FunctionName": "f", "Timeout": 0}, "ValidationException"),
                ("s3", "put_bucket_versioning", {"Bucket": "b", "VersioningConfiguration": {"Status": "On"}}, "MalformedXML"),
                ("cloudfront", "create_invalidation", {"DistributionId": "D", "InvalidationBatch": {"CallerReference": "a"}}, "MalformedXML"),
                ("cloudwatch", "put_metric_alarm", {"AlarmName": "a" * 256, "EvaluationPeriods": 1,
                                                    "ComparisonOperator": "GreaterThanThreshold"}, "ValidationError")):
            self.assertEqual(self.refused(getattr(client(service), call), **arguments), (400, code), f"{service} {call}")
        after = json.loads(self.ask("GET", "/_infra/checks")[1])
        self.assertEqual((after["refused"] - before["refused"], after["failed"]), (9, 0))
        log = Path(next(one for one in launch.read_record(self.port)["processes"] if one["name"] == "gateway")["log"]).read_text()
        self.assertIn("refused: ec2 CreateSubnet: MissingParameter: The request must contain the parameter VpcId", log)

    def test_up_again_changes_nothing(self):
        before = launch.read_record(self.port)
        done = subprocess.run([sys.executable, str(HERE / "up"), "--port", str(self.port)], capture_output=True, text=True)
        self.assertEqual((done.returncode, launch.read_record(self.port)), (0, before))
        self.assertIn("already there", done.stdout)

    def test_a_port_of_somebody_else_is_refused(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            done = subprocess.run([sys.executable, str(HERE / "up"), "--port", str(other.getsockname()[1])], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("busy with something that is not our local cloud", done.stderr)

    def test_http_in_all_its_forms(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="forms")
        # Chunked, in pieces, after waiting for the permission to send; then two requests on one connection.
        scope = signed("s3")[b"authorization"].decode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as raw:
            raw.sendall(f"PUT /forms/key HTTP/1.1\r\nHost: localhost\r\nAuthorization: {scope}\r\nTransfer-Encoding: chunked\r\n"
                        f"Expect: 100-continue\r\n\r\n".encode())
            self.assertTrue(raw.recv(100).startswith(b"HTTP/1.1 100 Continue"))
            for piece in (b"5\r\nhel", b"lo\r\n6\r\n world\r\n", b"0\r\n\r\n"):
                raw.sendall(piece)
                time.sleep(0.02)
            answer = http.client.HTTPResponse(raw)
            answer.begin()
            answer.read()
            self.assertEqual(answer.status, 200)
            raw.sendall(f"HEAD /forms/key HTTP/1.1\r\nHost: localhost\r\nAuthorization: {scope}\r\n\r\n".encode())
            answer = http.client.HTTPResponse(raw, method="HEAD")
            answer.begin()
            self.assertEqual((answer.status, answer.getheader("Content-Length")), (200, "11"))
        self.assertEqual(s3.get_object(Bucket="forms", Key="key")["Body"].read(), b"hello world")
        large = os.urandom(8 << 20)
        s3.put_object(Bucket="forms", Key="large", Body=large)
        self.assertEqual(s3.get_object(Bucket="forms", Key="large")["Body"].read(), large)

    def test_a_slow_reader_holds_up_nobody(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="slow")
        s3.put_object(Bucket="slow", Key="key", Body=bytes(1 << 20))
        scope = signed("s3")[b"authorization"].decode()
        with contextlib.ExitStack() as readers:
            for _ in range(8):
                raw = readers.enter_context(socket.socket())
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                raw.connect(("127.0.0.1", self.port))
                raw.sendall(f"GET /slow/key HTTP/1.1\r\nHost: localhost\r\nAuthorization: {scope}\r\n\r\n".encode())
            time.sleep(0.3)
            for _ in range(20):
                self.assertEqual(self.ask("HEAD", "/slow/key", headers={"Authorization": scope})[0], 200)

    def test_a_request_takes_effect_though_nobody_waits(self):
        scope = signed("s3")[b"authorization"].decode()
        for number in range(20):
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as raw:
                raw.sendall(f"PUT /left-{number} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {scope}\r\nContent-Length: 0\r\n\r\n".encode())
        end = time.monotonic() + 5
        while len(self.client("s3").list_buckets()["Buckets"]) < 20 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(len(self.client("s3").list_buckets()["Buckets"]), 20)

    def test_nonsense_is_refused(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as raw:
            raw.sendall(b"nonsense\r\n\r\n")
            self.assertTrue(raw.recv(100).startswith(b"HTTP/1.1 400 "))

    def test_conditional_writes_have_one_winner(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="locks")
        s3.put_bucket_versioning(Bucket="locks", VersioningConfiguration={"Status": "Enabled"})
        clients = [self.client("s3") for _ in range(16)]

        def race(**condition):
            results, start = [], threading.Barrier(len(clients))

            def write(client, size):
                # Never empty: two equal bodies have equal ETags, and then two writers may rightly win one after the other.
                start.wait()
                results.append(self.refused(client.put_object, Bucket="locks", Key="lock", Body=os.urandom(size), **condition))

            threads = [threading.Thread(target=write, args=(client, 1000 * number + 1000)) for number, client in enumerate(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return sorted(results)

        one_winner = [(200, "")] + [(412, "PreconditionFailed")] * (len(clients) - 1)
        for _ in range(10):
            self.assertEqual(race(IfNoneMatch="*"), one_winner)
            self.assertEqual(race(IfMatch=s3.head_object(Bucket="locks", Key="lock")["ETag"]), one_winner)
            s3.delete_object(Bucket="locks", Key="lock")
        self.assertEqual(self.refused(s3.put_object, Bucket="locks", Key="lock", Body=b"", IfMatch='"0"'), (404, "NoSuchKey"))

    def test_a_network(self):
        ec2 = self.client("ec2")
        tags = lambda kind: [{"ResourceType": kind, "Tags": [{"Key": "infra:owner", "Value": "test"}]}]  # noqa: E731
        ours = [{"Name": "tag:infra:owner", "Values": ["test"]}]
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc"))["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", TagSpecifications=tags("subnet"))["Subnet"]["SubnetId"]
                   for number in range(12)]
        pages = ec2.get_paginator("describe_subnets").paginate(Filters=ours, PaginationConfig={"PageSize": 5})
        self.assertEqual([len(page["Subnets"]) for page in pages], [5, 5, 2])
        self.assertEqual(self.refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.3.0/25"), (400, "InvalidSubnet.Conflict"))
        gateway_id = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway"))["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc)
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip"))["AllocationId"]
        wanted = dict(SubnetId=subnets[0], AllocationId=address, ClientToken="once", TagSpecifications=tags("natgateway"))
        nat = ec2.create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"]
        self.assertEqual(ec2.create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"], nat)
        found = ec2.describe_nat_gateways(Filter=ours)["NatGateways"]
        self.assertEqual([each["NatGatewayAddresses"][0]["AllocationId"] for each in found], [address])
        self.assertEqual(self.refused(ec2.release_address, AllocationId=address), (400, "InvalidIPAddress.InUse"))
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table"))["RouteTable"]["RouteTableId"]
        route = dict(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
        ec2.create_route(**route)
        self.assertEqual(self.refused(ec2.create_route, **route), (400, "RouteAlreadyExists"))
        ec2.delete_nat_gateway(NatGatewayId=nat)
        ec2.release_address(AllocationId=address)
        self.assertEqual(ec2.describe_addresses(Filters=ours)["Addresses"], [])

    def test_security_group_rules(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        front, back = (ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("front", "back"))
        rule = dict(GroupId=back, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
                                                  "UserIdGroupPairs": [{"GroupId": front, "Description": "from the front"}]}])
        made = ec2.authorize_security_group_ingress(**rule, TagSpecifications=[
            {"ResourceType": "security-group-rule", "Tags": [{"Key": "infra:owner", "Value": "test"}]}])["SecurityGroupRules"][0]
        self.assertEqual(self.refused(ec2.authorize_security_group_ingress, **rule), (400, "InvalidPermission.Duplicate"))
        read = ec2.describe_security_group_rules(Filters=[{"Name": "tag:infra:owner", "Values": ["test"]}])["SecurityGroupRules"]
        self.assertEqual([(each["SecurityGroupRuleId"], each["ReferencedGroupInfo"]["GroupId"]) for each in read],
                         [(made["SecurityGroupRuleId"], front)])
        self.assertEqual(self.refused(ec2.delete_security_group, GroupId=front), (400, "DependencyViolation"))
        ec2.revoke_security_group_ingress(GroupId=back, SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])
        ec2.delete_security_group(GroupId=front)

    def test_log_groups_and_their_protection(self):
        logs = self.client("logs")
        logs.create_log_group(logGroupName="/test", tags={"infra:owner": "test"})
        logs.put_retention_policy(logGroupName="/test", retentionInDays=30)
        logs.put_log_group_deletion_protection(logGroupIdentifier="/test", deletionProtectionEnabled=True)
        group = logs.describe_log_groups(logGroupNamePrefix="/test")["logGroups"][0]
        self.assertEqual((group["retentionInDays"], group["deletionProtectionEnabled"]), (30, True))
        self.assertEqual(logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"], {"infra:owner": "test"})
        self.assertEqual(self.refused(logs.delete_log_group, logGroupName="/test")[0], 400)

    def test_roles_in_pages(self):
        iam = self.client("iam")
        trust = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
        for number in range(12):
            iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=trust, Tags=[{"Key": "infra:owner", "Value": "test"}])
        for name, key, more in (("list_roles", "Roles", {}), ("get_account_authorization_details", "RoleDetailList", {"Filter": ["Role"]})):
            pages = iam.get_paginator(name).paginate(PaginationConfig={"PageSize": 5}, **more)
            self.assertEqual([len(page[key]) for page in pages], [5, 5, 2])

    def test_a_bucket_keeps_its_tiering(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="tiering")
        tiering = {"Id": "old", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
        s3.put_bucket_intelligent_tiering_configuration(Bucket="tiering", Id="old", IntelligentTieringConfiguration=tiering)
        read = s3.list_bucket_intelligent_tiering_configurations(Bucket="tiering")
        self.assertEqual(read["IntelligentTieringConfigurationList"], [tiering])
        s3.delete_bucket_intelligent_tiering_configuration(Bucket="tiering", Id="old")
        self.assertNotIn("IntelligentTieringConfigurationList", s3.list_bucket_intelligent_tiering_configurations(Bucket="tiering"))

    def test_a_distribution_takes_a_moment_and_holds_its_access_control(self):
        cdn = self.client("cloudfront")
        access = cdn.create_origin_access_control(OriginAccessControlConfig={
            "Name": "assets", "SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3"})
        origin = {"Id": "assets", "DomainName": "assets.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""},
                  "OriginAccessControlId": access["OriginAccessControl"]["Id"]}
        config = {"CallerReference": "one", "Comment": "", "Enabled": False, "Origins": {"Quantity": 1, "Items": [origin]},
                  "DefaultCacheBehavior": {"TargetOriginId": "assets", "ViewerProtocolPolicy": "allow-all"}}
        made = cdn.create_distribution(DistributionConfig=config)
        name = {"Id": made["Distribution"]["Id"], "IfMatch": made["ETag"]}
        self.assertEqual(made["Distribution"]["Status"], "InProgress")
        with self.assertRaisesRegex(Exception, "DistributionNotDisabled"):
            cdn.delete_distribution(**name)
        with self.assertRaisesRegex(Exception, "OriginAccessControlInUse"):
            cdn.delete_origin_access_control(Id=origin["OriginAccessControlId"], IfMatch=access["ETag"])
        time.sleep(0.5)
        self.assertEqual(cdn.get_distribution(Id=name["Id"])["Distribution"]["Status"], "Deployed")
        cdn.delete_distribution(**name)
        cdn.delete_origin_access_control(Id=origin["OriginAccessControlId"], IfMatch=access["ETag"])

    def test_a_managed_master_password(self):
        rds, secrets = self.client("rds"), self.client("secretsmanager")
        rds.create_db_instance(DBInstanceIdentifier="db", Engine="postgres", DBInstanceClass="db.t4g.micro", AllocatedStorage=20,
                               MasterUsername="admin", ManageMasterUserPassword=True)
        secret = rds.describe_db_instances(DBInstanceIdentifier="db")["DBInstances"][0]["MasterUserSecret"]["SecretArn"]
        self.assertEqual(secrets.describe_secret(SecretId=secret)["ARN"], secret)
        rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
        self.assertEqual(self.refused(secrets.get_secret_value, SecretId=secret)[0], 400)

    def test_a_cluster_with_services_stays(self):
        ecs = self.client("ecs")
        ecs.create_cluster(clusterName="busy")
        ecs.register_task_definition(family="task", containerDefinitions=[{"name": "one", "image": "image", "memory": 64}])
        ecs.create_service(cluster="busy", serviceName="service", taskDefinition="task", desiredCount=0)
        self.assertEqual(self.refused(ecs.delete_cluster, cluster="busy"), (400, "ClusterContainsServicesException"))
        ecs.delete_service(cluster="busy", service="service")
        ecs.delete_cluster(cluster="busy")

    def test_scaling_targets_with_tags(self):
        scaling = self.client("application-autoscaling")
        place = dict(ServiceNamespace="ecs", ResourceId="service/one/two", ScalableDimension="ecs:service:DesiredCount")
        policy = dict(PolicyName="predict", PolicyType="PredictiveScaling", PredictiveScalingPolicyConfiguration={
            "MetricSpecifications": [{"TargetValue": 60.0, "PredefinedMetricPairSpecification": {
                "PredefinedMetricType": "ECSServiceCPUUtilization"}}]}, **place)
        self.assertEqual(self.refused(scaling.put_scaling_policy, **policy), (400, "ObjectNotFoundException"))
        arn = scaling.register_scalable_target(MinCapacity=1, MaxCapacity=3, Tags={"infra:owner": "test"}, **place)["ScalableTargetARN"]
        self.assertEqual(scaling.list_tags_for_resource(ResourceARN=arn)["Tags"], {"infra:owner": "test"})
        first, second = (scaling.put_scaling_policy(**policy)["PolicyARN"] for _ in range(2))
        self.assertEqual(first, second)
        scaling.deregister_scalable_target(**place)
        self.assertEqual(scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"], [])

    def test_a_spot_fleet_is_read_as_it_was_written(self):
        ec2 = self.client("ec2")
        launch_specification = {"ImageId": "ami-1", "InstanceType": "m5.large", "SubnetId": "subnet-1", "UserData": "aGk=",
                                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3", "Encrypted": True}}]}
        config = dict(ClientToken="once", IamFleetRole="arn:aws:iam::000000000000:role/fleet", AllocationStrategy="diversified",
                      TargetCapacity=2, TerminateInstancesWithExpiration=True, LaunchSpecifications=[launch_specification],
                      TagSpecifications=[{"ResourceType": "spot-fleet-request", "Tags": [{"Key": "infra:owner", "Value": "test"}]}])
        first, second = (ec2.request_spot_fleet(SpotFleetRequestConfig=config)["SpotFleetRequestId"] for _ in range(2))
        self.assertEqual(first, second)
        ec2.create_tags(Resources=[first], Tags=[{"Key": "more", "Value": "1"}])
        fleet = ec2.describe_spot_fleet_requests(SpotFleetRequestIds=[first])["SpotFleetRequestConfigs"][0]
        self.assertEqual(fleet["SpotFleetRequestConfig"]["LaunchSpecifications"], [launch_specification])
        self.assertEqual({tag["Key"]: tag["Value"] for tag in fleet["Tags"]}, {"infra:owner": "test", "more": "1"})
        ec2.cancel_spot_fleet_requests(SpotFleetRequestIds=[first], TerminateInstances=True)
        fleet = ec2.describe_spot_fleet_requests(SpotFleetRequestIds=[first])["SpotFleetRequestConfigs"][0]
        self.assertEqual(fleet["SpotFleetRequestState"], "cancelled_terminating")


class Switches(unittest.TestCase):
    """The gateway alone, before an emulator that is not there: what gets so far is answered with 503."""

    def answers(self, body, **environment):
        listener = launch.listen(0)
        port = listener.getsockname()[1]
        process = subprocess.Popen([sys.executable, str(HERE / "gateway.py"), "--listen", str(listener.fileno()),
                                    "--emulator", "ministack=1", "--emulator", "moto=1"], pass_fds=[listener.fileno()],
                                   stderr=subprocess.DEVNULL, env={**os.environ, **environment})
        listener.close()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            for _ in range(4):
                connection.request("POST", "/", body, {"Authorization": signed("wafv2")[b"authorization"].decode(),
                                                       "X-Amz-Target": "AWSWAF_20190729.CreateIPSet"})
                answer = connection.getresponse()
                yield answer.status, json.loads(answer.read())["__type"]
            connection.close()
        finally:
            process.terminate()
            process.wait()

    def test_models_are_on_and_rates_are_off_unless_they_are_switched(self):
        refused, passed = (400, "ValidationException"), (503, "ServiceUnavailable")
        good = json.dumps({"Name": "a", "Scope": "CLOUDFRONT", "IPAddressVersion": "IPV4", "Addresses": []})
        self.assertEqual(list(self.answers("{}")), [refused] * 4)
        self.assertEqual(list(self.answers("{}", **{gateway.MODELS: "off"})), [passed] * 4)
        self.assertEqual(list(self.answers(good)), [passed] * 4)
        self.assertEqual(list(self.answers(good, **{gateway.RATES: "on"})), [passed] + [(400, "ThrottlingException")] * 3)


class DeadEmulator(unittest.TestCase):
    def test_a_dead_emulator_is_named_and_up_repairs_it(self):
        done = subprocess.run([sys.executable, str(HERE / "up"), "--port", "0"], capture_output=True, text=True)
        port = int(re.search(r"http://localhost:(\d+)", done.stdout).group(1))
        try:
            victim = next(one for one in launch.read_record(port)["processes"] if one["name"] == "moto")
            os.killpg(victim["pid"], signal.SIGKILL)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            for _ in range(2):
                connection.request("POST", "/", '{"ServiceNamespace": "ecs"}', {"X-Amz-Target": "AnyScaleFrontendService.DescribeScalableTargets"})
                answer = connection.getresponse()
                self.assertEqual((answer.status, json.loads(answer.read())["emulator"]), (503, "moto"))
            connection.close()
            again = subprocess.run([sys.executable, str(HERE / "up"), "--port", str(port)], capture_output=True, text=True)
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertNotIn("already there", again.stdout)
        finally:
            for _ in range(2):
                done = subprocess.run([sys.executable, str(HERE / "down"), "--port", str(port)], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()

"""Tests of what is held against AWS's models: requests written by hand, good ones and bad ones, in each protocol.

They need botocore and cbor2 and no running cloud; test_gateway.py has what goes through the whole.
"""

import base64
import gzip
import json
import sys
import unittest
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import models  # noqa: E402
import protocols  # noqa: E402
import refusals  # noqa: E402
import shapes  # noqa: E402

READ = models.Models()


def looked_at(service, method="POST", target="/", body=b"", **headers):
    """The refusal of a request, or None; it must be one that is found in a model."""
    if not READ.has(service):
        READ.load(service)
    request = protocols.Request(method, target, {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}, body)
    known = READ.find(service, request)
    assert known is not None, "no operation of a model fits"
    return models.check(request, known)


class Case(unittest.TestCase):
    def accepted(self, refusal):
        self.assertIsNone(refusal, refusal and f"{refusal.code}: {refusal.message}")

    def refused(self, refusal, code, words):
        self.assertIsNotNone(refusal, "it was accepted")
        self.assertEqual((refusal.status, refusal.code), (400, code), refusal.message)
        self.assertIn(words, refusal.message)
        return refusal


class Query(Case):
    TRUST = '{"Version":"2012-10-17","Statement":[]}'

    def iam(self, action, **parameters):
        return looked_at("iam", body=urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode())

    def test_what_the_model_allows(self):
        self.accepted(self.iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=self.TRUST, **{
            "Tags.member.1.Key": "infra:owner", "Tags.member.1.Value": "", "MaxSessionDuration": "3600"}))
        self.accepted(self.iam("ListRoles"))
        # Lists without anything in them are written as a name without a value.
        self.accepted(self.iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=self.TRUST, Tags=""))

    def test_a_name_that_is_too_long_and_a_pattern(self):
        refusal = self.refused(self.iam("CreateRole", RoleName="r" * 65, AssumeRolePolicyDocument=self.TRUST), "ValidationError",
                               f"1 validation error detected: Value '{'r' * 65}' at 'roleName' failed to satisfy constraint: "
                               f"Member must have length less than or equal to 64")
        body = ElementTree.fromstring(refusal.body)
        self.assertEqual(body.find(".//{*}Error/{*}Code").text, "ValidationError")
        self.assertEqual(body.find(".//{*}Error/{*}Type").text, "Sender")
        self.refused(self.iam("CreateRole", RoleName="a b", AssumeRolePolicyDocument=self.TRUST), "ValidationError",
                     "at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+")

    def test_what_is_missing_deep_inside(self):
        self.refused(self.iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=self.TRUST, **{"Tags.member.1.Value": "v"}),
                     "ValidationError", "Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null")

    def test_both_of_two_errors_are_told(self):
        self.refused(self.iam("CreateRole", RoleName="", AssumeRolePolicyDocument=self.TRUST), "ValidationError",
                     "2 validation errors detected: Value '' at 'roleName' failed")

    def test_what_there_is_not_and_what_is_of_another_type(self):
        self.refused(self.iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=self.TRUST, Colour="red"), "ValidationError",
                     "The parameter Colour is not recognized")
        self.refused(self.iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=self.TRUST, **{"Tags.Tag.1.Key": "a"}),
                     "ValidationError", "The parameter Tags.Tag is not recognized")
        self.refused(self.iam("ListRoles", MaxItems="many"), "MalformedInput", "Value (many) for parameter MaxItems is invalid")

    def test_an_enumeration_and_a_range(self):
        arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/a/0"
        fields = {"Action": "CreateListener", "Version": "2015-12-01", "LoadBalancerArn": arn, "Port": "80", "Protocol": "HTTP",
                  "DefaultActions.member.1.Type": "forward"}
        self.accepted(looked_at("elasticloadbalancing", body=urlencode(fields).encode()))
        self.refused(looked_at("elasticloadbalancing", body=urlencode({**fields, "Protocol": "GOPHER"}).encode()), "ValidationError",
                     "Value 'GOPHER' at 'protocol' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, HTTPS")
        self.refused(looked_at("elasticloadbalancing", body=urlencode({**fields, "Port": "65536"}).encode()), "ValidationError",
                     "Value '65536' at 'port' failed to satisfy constraint: Member must have value less than or equal to 65535")

    def test_services_with_words_of_their_own(self):
        fields = {"Action": "DeleteDBInstance", "Version": "2014-10-31"}
        self.refused(looked_at("rds", body=urlencode(fields).encode()), "MissingParameter",
                     "The request must contain the parameter DBInstanceIdentifier")
        fields = {"Action": "CreateReplicationGroup", "Version": "2015-02-02", "ReplicationGroupId": "a",
                  "ReplicationGroupDescription": "a", "NetworkType": "ipv7"}
        self.refused(looked_at("elasticache", body=urlencode(fields).encode()), "InvalidParameterValue", "ipv7")
        fields = {"Action": "TagResource", "Version": "2010-03-31", "ResourceArn": "arn", "Tags.member.1.Key": "k" * 129,
                  "Tags.member.1.Value": "v"}
        self.refused(looked_at("sns", body=urlencode(fields).encode()), "InvalidParameter", "'tags.1.member.key'")

    def test_maps(self):
        fields = {"Action": "CreateTopic", "Version": "2010-03-31", "Name": "topic", "Attributes.entry.1.key": "DisplayName",
                  "Attributes.entry.1.value": "shown"}
        self.accepted(looked_at("sns", body=urlencode(fields).encode()))
        self.refused(looked_at("sns", body=urlencode({**fields, "Attributes.item.1.key": "a"}).encode()), "InvalidParameter",
                     "Attributes.item is not recognized")


class Ec2(Case):
    def ec2(self, action, **parameters):
        return looked_at("ec2", body=urlencode({"Action": action, "Version": "2016-11-15", **parameters}).encode())

    def test_what_the_model_allows(self):
        self.accepted(self.ec2("CreateSubnet", VpcId="vpc-1", CidrBlock="10.0.0.0/24", **{
            "TagSpecification.1.ResourceType": "subnet", "TagSpecification.1.Tag.1.Key": "a", "TagSpecification.1.Tag.1.Value": "b"}))
        self.accepted(self.ec2("DescribeVpcs", **{"Filter.1.Name": "tag:a", "Filter.1.Value.1": "b", "MaxResults": "100"}))

    def test_refusals_in_its_own_words(self):
        refusal = self.refused(self.ec2("CreateSubnet", CidrBlock="10.0.0.0/24"), "MissingParameter",
                               "The request must contain the parameter VpcId")
        self.assertEqual(ElementTree.fromstring(refusal.body).find("Errors/Error/Code").text, "MissingParameter")
        self.refused(self.ec2("CreateVpc", CidrBlok="10.0.0.0/16"), "UnknownParameter", "The parameter CidrBlok is not recognized")
        self.refused(self.ec2("CreateSubnet", VpcId="vpc-1", **{"TagSpecification.1.ResourceType": "underground"}),
                     "InvalidParameterValue", "Value (underground) for parameter TagSpecification.1.ResourceType is invalid")
        self.refused(self.ec2("DescribeVpcs", MaxResults="4"), "InvalidParameterValue", "greater than or equal to 5")
        self.refused(self.ec2("DescribeVpcs", DryRun="perhaps"), "InvalidParameterValue", "of type boolean")


class Json(Case):
    def call(self, service, target, **document):
        return looked_at(service, body=json.dumps(document).encode(), x_amz_target=target, content_type="application/x-amz-json-1.1")

    def test_what_the_model_allows(self):
        self.accepted(self.call("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", serviceName="a", desiredCount=0,
                                loadBalancers=[], deploymentController={"type": "ECS"}, cluster=None))
        self.accepted(self.call("logs", "Logs_20140328.CreateLogGroup", logGroupName="/ecs/a", tags={"infra:owner": "a/b é"}))
        self.accepted(self.call("events", "AWSEvents.PutRule", Name="nightly", ScheduleExpression="rate(1 day)"))

    def test_refusals(self):
        refusal = self.refused(self.call("events", "AWSEvents.PutRule", Name="n" * 65), "ValidationException",
                               "Member must have length less than or equal to 64")
        self.assertEqual((json.loads(refusal.body)["__type"], dict(refusal.headers)["x-amzn-ErrorType"]), ("ValidationException",) * 2)
        self.refused(self.call("logs", "Logs_20140328.CreateLogGroup", logGroupName="a b"), "InvalidParameterException",
                     "Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                     "[\\.\\-_/#A-Za-z0-9]+")
        self.refused(self.call("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", serviceName="a", launchType="MAINFRAME"),
                     "InvalidParameterException", "Value 'MAINFRAME' at 'launchType' failed to satisfy constraint")
        self.refused(self.call("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", serviceName=5), "SerializationException",
                     "serviceName")
        self.refused(self.call("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", serviceName="a", desiredCount=1.5),
                     "SerializationException", "of type integer")
        self.refused(self.call("ecs", "AmazonEC2ContainerServiceV20141113.CreateService", serviceName="a", replicas=1),
                     "SerializationException", "Unexpected field 'replicas'")

    def test_what_is_no_json(self):
        self.refused(looked_at("ecs", body=b"{", x_amz_target="AmazonEC2ContainerServiceV20141113.ListClusters"), "SerializationException",
                     "not JSON")

    def test_plain_values_in_lists_and_maps_are_told_together(self):
        self.refused(self.call("logs", "Logs_20140328.CreateLogGroup", logGroupName="a", tags={"k" * 129: "v"}),
                     "InvalidParameterException", "Map keys must satisfy constraint: [Member must have length less than or equal to 128")
        self.refused(self.call("wafv2", "AWSWAF_20190729.CreateIPSet", Name="a", Scope="CLOUDFRONT", IPAddressVersion="IPV4",
                               Addresses=[""]), "ValidationException", "Member must satisfy constraint: [")

    def test_one_of_two_alternatives(self):
        place = {"Scope": "CLOUDFRONT", "Name": "a", "VisibilityConfig": {"SampledRequestsEnabled": True, "MetricName": "a",
                                                                        "CloudWatchMetricsEnabled": True}}
        self.accepted(self.call("wafv2", "AWSWAF_20190729.CreateWebACL", DefaultAction={"Allow": {}}, **place))
        self.refused(self.call("wafv2", "AWSWAF_20190729.CreateWebACL", DefaultAction={"Allow": {}}, Description="", **place),
                     "ValidationException", "2 validation errors detected: Value '' at 'description' failed to satisfy constraint")

    def test_no_secret_is_told(self):
        refusal = self.refused(self.call("secretsmanager", "secretsmanager.CreateSecret", Name="a", SecretString="s3cr3t" * 20000),
                               "ValidationException", "Value at 'secretString' failed")
        self.assertNotIn(b"s3cr3t", refusal.body)


class RestJson(Case):
    CODE = {"ZipFile": base64.b64encode(b"PK").decode()}

    def create(self, **more):
        document = {"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Code": self.CODE, "Runtime": "provided.al2023",
                    "Handler": "bootstrap", **more}
        return looked_at("lambda", target="/2015-03-31/functions", body=json.dumps(document).encode())

    def test_what_the_model_allows(self):
        self.accepted(self.create(MemorySize=128, Environment={"Variables": {"PORT": "b"}}))
        self.accepted(looked_at("lambda", "GET", "/2015-03-31/functions/f?Qualifier=1"))
        self.accepted(looked_at("lambda", "DELETE", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af"))

    def test_refusals(self):
        refusal = self.refused(self.create(Timeout=0), "ValidationException",
                               "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1")
        self.assertEqual(dict(refusal.headers)["x-amzn-ErrorType"], "ValidationException")
        self.refused(self.create(Role="nobody"), "ValidationException", "at 'role' failed to satisfy constraint")
        # A name of one letter is one of those that nobody expects.
        self.refused(self.create(Environment={"Variables": {"A": "b"}}), "ValidationException", "Map keys must satisfy constraint: [")
        self.refused(self.create(Memory=128), "SerializationException", "Unexpected field 'memory'")

    def test_the_path_and_the_query_too(self):
        self.refused(looked_at("lambda", "GET", f"/2015-03-31/functions/{'f' * 257}"), "ValidationException", "at 'functionName' failed")
        self.refused(looked_at("lambda", "GET", "/2015-03-31/functions?MaxItems=0"), "ValidationException", "Value '0' at 'maxItems'")
        self.refused(looked_at("lambda", "GET", "/2015-03-31/functions?MaxItems=many"), "SerializationException", "maxItems")


class RestXml(Case):
    def bucket(self, target, document, method="PUT"):
        return looked_at("s3", method, target, document.encode())

    def test_what_the_model_allows(self):
        self.accepted(self.bucket("/b?versioning", '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                                                   "<Status>Enabled</Status></VersioningConfiguration>"))
        self.accepted(looked_at("s3", "PUT", "/b/a/key", b"anything", x_amz_server_side_encryption="AES256"))
        self.accepted(looked_at("s3", "GET", "/b?list-type=2&prefix=a"))
        self.accepted(looked_at("s3", "GET", "/"))

    def test_which_operation_is_meant(self):
        def meant(method, target, **headers):
            request = protocols.Request(method, target, {name.encode().replace(b"_", b"-"): value.encode() for name, value in headers.items()}, b"")
            if not READ.has("s3"):
                READ.load("s3")
            return READ.find("s3", request).call.operation

        self.assertEqual(meant("PUT", "/b/k"), "PutObject")
        self.assertEqual(meant("PUT", "/b/k", x_amz_copy_source="a/b"), "CopyObject")
        self.assertEqual(meant("PUT", "/b/k?partNumber=1&uploadId=2"), "UploadPart")
        self.assertEqual(meant("DELETE", "/b/k?uploadId=2"), "AbortMultipartUpload")
        self.assertEqual(meant("GET", "/b/k"), "GetObject")
        self.assertEqual(meant("PUT", "/b?lifecycle"), "PutBucketLifecycleConfiguration")
        self.assertEqual(meant("GET", "/b/"), "ListObjects")
        self.assertEqual(meant("GET", "/b?list-type=2"), "ListObjectsV2")
        self.assertEqual(meant("GET", "/b?intelligent-tiering"), "ListBucketIntelligentTieringConfigurations")
        self.assertEqual(meant("GET", "/b?intelligent-tiering&id=a"), "GetBucketIntelligentTieringConfiguration")
        self.assertEqual(meant("GET", "/k", host="b.s3.localhost:4566"), "GetObject")

    def test_refusals(self):
        refusal = self.refused(self.bucket("/b?versioning", "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>"),
                               "MalformedXML", "enum value set: [Enabled, Suspended]")
        self.assertEqual(ElementTree.fromstring(refusal.body).find("Code").text, "MalformedXML")
        self.refused(self.bucket("/b?versioning", "<VersioningConfiguration>"), "MalformedXML", "not well-formed")
        self.refused(self.bucket("/b?versioning", "<Versions/>"), "MalformedXML", "should be VersioningConfiguration")
        self.refused(self.bucket("/b?tagging", "<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>"), "MalformedXML",
                     "Value null at 'tagging.tagSet.1.member.value'")
        self.refused(looked_at("s3", "PUT", "/b/key", b"", x_amz_server_side_encryption="rot13"), "InvalidArgument", "rot13")

    def test_cloudfront(self):
        config = ("<OriginAccessControlConfig><Name>{}</Name><SigningProtocol>sigv4</SigningProtocol><SigningBehavior>{}</SigningBehavior>"
                  "<OriginAccessControlOriginType>s3</OriginAccessControlOriginType></OriginAccessControlConfig>")
        target = "/2020-05-31/origin-access-control"
        self.accepted(looked_at("cloudfront", target=target, body=config.format("a", "always").encode()))
        refusal = self.refused(looked_at("cloudfront", target=target, body=config.format("a", "sometimes").encode()), "MalformedXML",
                               "at 'originAccessControlConfig.signingBehavior' failed to satisfy constraint")
        self.assertEqual(ElementTree.fromstring(refusal.body).find("Error/Code").text, "MalformedXML")
        self.refused(looked_at("cloudfront", target=target, body=config.replace("<Name>{}</Name>", "").format("always").encode()),
                     "MalformedXML", "Value null at 'originAccessControlConfig.name'")


class Cbor(Case):
    def call(self, operation, **document):
        import cbor2
        return looked_at("monitoring", target=f"/service/GraniteServiceVersion20100801/operation/{operation}",
                         body=cbor2.dumps(document), smithy_protocol="rpc-v2-cbor")

    def alarm(self, **more):
        return self.call("PutMetricAlarm", **{"AlarmName": "a", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold",
                                              "Threshold": 1.5, **more})

    def test_what_the_model_allows(self):
        self.accepted(self.alarm(Dimensions=[{"Name": "a", "Value": "b"}]))
        self.accepted(self.alarm(Threshold=1))

    def test_refusals(self):
        import cbor2
        refusal = self.refused(self.alarm(ComparisonOperator="Roughly"), "ValidationError", "Value 'Roughly' at 'comparisonOperator'")
        self.assertTrue(cbor2.loads(refusal.body)["__type"].endswith("#ValidationError"))
        self.assertEqual(dict(refusal.headers)["smithy-protocol"], "rpc-v2-cbor")
        self.refused(self.alarm(EvaluationPeriods=0), "ValidationError", "Member must have value greater than or equal to 1")
        self.refused(self.alarm(Threshold="high"), "SerializationException", "of type double")
        self.refused(self.alarm(Loud=True), "SerializationException", "Unexpected field 'loud'")

    def test_what_is_packed(self):
        import cbor2
        values = {"Namespace": "shop", "MetricData": [{"MetricName": "a", "Value": 1.0}]}
        place = dict(target="/service/GraniteServiceVersion20100801/operation/PutMetricData", smithy_protocol="rpc-v2-cbor",
                     content_encoding="gzip")
        self.accepted(looked_at("monitoring", body=gzip.compress(cbor2.dumps(values)), **place))
        self.refused(looked_at("monitoring", body=gzip.compress(cbor2.dumps({**values, "Namespace": ""})), **place), "ValidationError",
                     "at 'namespace'")
        self.refused(looked_at("monitoring", body=b"no", **place), "SerializationException", "cannot be unpacked")

    def test_the_same_service_in_a_form(self):
        fields = {"Action": "DescribeAlarms", "Version": "2010-08-01", "MaxRecords": "101"}
        self.refused(looked_at("monitoring", body=urlencode(fields).encode()), "ValidationError", "less than or equal to 100")


class Patterns(unittest.TestCase):
    def test_all_patterns_of_the_services_in_use_are_understood(self):
        for service in ("application-autoscaling", "budgets", "ce", "cloudfront", "cur", "ec2", "ecs", "elasticache", "elasticloadbalancing",
                        "events", "iam", "lambda", "logs", "monitoring", "rds", "s3", "secretsmanager", "sns", "ssm", "sts", "tagging", "wafv2"):
            if not READ.has(service):
                READ.load(service)
            raw = READ.loaded[READ.folder(service)].shapes.raw
            for name, shape in raw.items():
                if "pattern" in shape:
                    self.assertIsNotNone(shapes.compiled(shape["pattern"]), f"{service} {name}: {shape['pattern']}")

    def test_javas_classes(self):
        self.assertTrue(shapes.compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*").fullmatch("infra:owner é ü/1"))
        self.assertFalse(shapes.compiled(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*").fullmatch("a*"))
        self.assertTrue(shapes.compiled(r"\p{Print}+").fullmatch("a b"))
        self.assertFalse(shapes.compiled(r"\p{Print}+").fullmatch("a\n"))
        self.assertTrue(shapes.compiled(r"[\w-_]*").fullmatch("a-b_c"))


class Table(unittest.TestCase):
    def test_every_exception_has_its_reason_and_its_shape(self):
        for service, shape, reason in models.LENIENT_ENUMS:
            if service not in READ.loaded:
                READ.load(service)
            self.assertIn("enum", READ.loaded[service].shapes.raw[shape])
            self.assertTrue(reason)

    def test_what_botocore_does_not_know_is_passed_on(self):
        read = models.Models()
        read.load("no-such-service")
        self.assertTrue(read.has("no-such-service"))
        self.assertIsNone(read.find("no-such-service", protocols.Request("GET", "/", {}, b"")))


if __name__ == "__main__":
    unittest.main()

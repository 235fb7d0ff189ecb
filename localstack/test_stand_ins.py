"""Tests of what stands in for CloudFront, WAF, budgets and what costs are told by: that it refuses what AWS refuses, and keeps what it
is given. The docstring of test_gateway.py says how to run them."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import whole  # noqa: E402

METRIC = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "edge"}
SUBSCRIBERS = [{"Address": "ops@example.com", "Type": "EMAIL"}]


def distribution(reference: str, **more) -> dict:
    origin = {"Id": "assets", "DomainName": "assets.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    behavior = {"TargetOriginId": "assets", "ViewerProtocolPolicy": "allow-all", **more.pop("behavior", {})}
    return {"CallerReference": reference, "Comment": "", "Enabled": False, "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behavior, **more}


class Edge(whole.Cloud):
    def headers_policy(self, cdn) -> dict:
        config = {"Name": "headers", "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}}
        return cdn.create_response_headers_policy(ResponseHeadersPolicyConfig=config)

    def web_acl(self, waf, **more) -> dict:
        given = {"Name": "edge", "Scope": "CLOUDFRONT", "DefaultAction": {"Allow": {}}, "VisibilityConfig": METRIC, **more}
        return waf.create_web_acl(**given)["Summary"]

    def test_a_distribution_that_is_enabled_or_has_changed_meanwhile_is_not_deleted(self):
        cdn = self.client("cloudfront")
        made = cdn.create_distribution(DistributionConfig=distribution("one", Enabled=True))
        name = made["Distribution"]["Id"]
        time.sleep(0.5)
        self.assertEqual(self.refused(cdn.delete_distribution, Id=name, IfMatch=made["ETag"]), (409, "DistributionNotDisabled"))
        changed = cdn.update_distribution(Id=name, IfMatch=made["ETag"], DistributionConfig=distribution("one"))
        time.sleep(0.5)
        self.assertEqual(self.refused(cdn.delete_distribution, Id=name, IfMatch=made["ETag"]), (412, "PreconditionFailed"))
        self.assertEqual(self.refused(cdn.update_distribution, Id=name, IfMatch=made["ETag"],
                                      DistributionConfig=distribution("one"))[0], 412)
        cdn.delete_distribution(Id=name, IfMatch=changed["ETag"])
        self.assertEqual(self.refused(cdn.get_distribution, Id=name), (404, "NoSuchDistribution"))

    def test_a_headers_policy_stays_while_a_distribution_has_it(self):
        cdn = self.client("cloudfront")
        policy = self.headers_policy(cdn)
        name = policy["ResponseHeadersPolicy"]["Id"]
        self.assertEqual(self.refused(self.headers_policy, cdn=cdn), (409, "ResponseHeadersPolicyAlreadyExists"))
        made = cdn.create_distribution(DistributionConfig=distribution("one", behavior={"ResponseHeadersPolicyId": name}))
        delete = {"Id": name, "IfMatch": policy["ETag"]}
        self.assertEqual(self.refused(cdn.delete_response_headers_policy, **delete), (409, "ResponseHeadersPolicyInUse"))
        time.sleep(0.5)
        cdn.delete_distribution(Id=made["Distribution"]["Id"], IfMatch=made["ETag"])
        cdn.delete_response_headers_policy(**delete)

    def test_a_web_acl_has_a_name_of_its_own_and_a_lock(self):
        waf = self.client("wafv2")
        made = self.web_acl(waf)
        self.assertEqual(self.refused(self.web_acl, waf=waf), (400, "WAFDuplicateItemException"))
        place = {"Name": "edge", "Scope": "CLOUDFRONT", "Id": made["Id"]}
        update = {**place, "DefaultAction": {"Block": {}}, "VisibilityConfig": METRIC, "LockToken": made["LockToken"]}
        waf.update_web_acl(**update, Description="What may come in")
        self.assertEqual(self.refused(waf.update_web_acl, **update), (400, "WAFOptimisticLockException"))
        self.assertEqual(self.refused(waf.delete_web_acl, **place, LockToken=made["LockToken"]), (400, "WAFOptimisticLockException"))
        read = waf.get_web_acl(**place)
        self.assertEqual((read["WebACL"]["Description"], read["WebACL"]["DefaultAction"]), ("What may come in", {"Block": {}}))
        waf.delete_web_acl(**place, LockToken=read["LockToken"])
        self.assertEqual(self.refused(waf.get_web_acl, **place), (400, "WAFNonexistentItemException"))

    def test_a_web_acl_stays_while_a_distribution_has_it(self):
        cdn, waf = self.client("cloudfront"), self.client("wafv2")
        acl = self.web_acl(waf)
        made = cdn.create_distribution(DistributionConfig=distribution("one", WebACLId=acl["ARN"]))
        delete = {"Name": "edge", "Scope": "CLOUDFRONT", "Id": acl["Id"], "LockToken": acl["LockToken"]}
        self.assertEqual(self.refused(waf.delete_web_acl, **delete), (400, "WAFAssociatedItemException"))
        time.sleep(0.5)
        cdn.delete_distribution(Id=made["Distribution"]["Id"], IfMatch=made["ETag"])
        waf.delete_web_acl(**delete)

    def test_a_web_acl_of_a_region_goes_with_a_load_balancer_and_stays_while_it_has_it(self):
        waf, elb, ec2 = self.client("wafv2"), self.client("elbv2"), self.client("ec2")
        network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=network, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
                   ["Subnet"]["SubnetId"] for number, zone in enumerate("ab")]
        balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        acl = self.web_acl(waf, Scope="REGIONAL")
        here = {"ResourceArn": balancer}
        self.assertNotIn("WebACL", waf.get_web_acl_for_resource(**here))
        of_cdn = self.web_acl(waf)["ARN"]
        self.assertEqual(self.refused(waf.associate_web_acl, **here, WebACLArn=of_cdn), (400, "WAFInvalidParameterException"))
        nowhere = {"ResourceArn": balancer + "0"}
        for call in (waf.get_web_acl_for_resource, waf.disassociate_web_acl):
            self.assertEqual(self.refused(call, **nowhere), (400, "WAFNonexistentItemException"))
        waf.associate_web_acl(**here, WebACLArn=acl["ARN"])
        self.assertEqual(waf.get_web_acl_for_resource(**here)["WebACL"]["ARN"], acl["ARN"])
        delete = {"Name": "edge", "Scope": "REGIONAL", "Id": acl["Id"], "LockToken": acl["LockToken"]}
        self.assertEqual(self.refused(waf.delete_web_acl, **delete), (400, "WAFAssociatedItemException"))
        elb.delete_load_balancer(LoadBalancerArn=balancer)
        waf.delete_web_acl(**delete)

    def test_a_web_acl_has_names_that_waf_takes(self):
        waf = self.client("wafv2")
        rule = {"Name": "too many", "Priority": 0, "Action": {"Block": {}}, "VisibilityConfig": METRIC,
                "Statement": {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}}}
        self.assertEqual(self.refused(self.web_acl, waf=waf, Rules=[rule])[0], 400)
        self.web_acl(waf, Rules=[{**rule, "Name": "many"}])


class Costs(whole.Cloud):
    def report(self, cur, name: str, **more):
        cur.put_report_definition(ReportDefinition={
            "ReportName": name, "TimeUnit": "DAILY", "Format": "Parquet", "Compression": "Parquet", "AdditionalSchemaElements": [],
            "S3Bucket": "reports", "S3Prefix": "usage", "S3Region": "us-east-1"}, **more)

    def test_usage_reports_are_told_five_at_a_time_with_their_tags(self):
        cur = self.client("cur")
        for number in range(7):
            self.report(cur, f"usage-{number}", Tags=[{"Key": "Project", "Value": str(number)}])
        first = cur.describe_report_definitions()
        rest = cur.describe_report_definitions(NextToken=first["NextToken"])
        self.assertEqual((len(first["ReportDefinitions"]), len(rest["ReportDefinitions"]), "NextToken" in rest), (5, 2, False))
        self.assertEqual(cur.list_tags_for_resource(ReportName="usage-3")["Tags"], [{"Key": "Project", "Value": "3"}])
        self.assertEqual(self.refused(self.report, cur=cur, name="usage-3"), (400, "DuplicateReportNameException"))

    def test_subscriptions_are_to_monitors_that_there_are(self):
        ce = self.client("ce")
        subscription = {"SubscriptionName": "costs", "Subscribers": SUBSCRIBERS, "Frequency": "DAILY",
                        "ThresholdExpression": {"Dimensions": {"Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "Values": ["100"],
                                                               "MatchOptions": ["GREATER_THAN_OR_EQUAL"]}}}
        nobody = f"arn:aws:ce::000000000000:anomalymonitor/{'0' * 8}-0000-0000-0000-{'0' * 12}"
        self.assertEqual(self.refused(ce.create_anomaly_subscription, AnomalySubscription={**subscription, "MonitorArnList": [nobody]}),
                         (400, "UnknownMonitorException"))
        monitor = ce.create_anomaly_monitor(AnomalyMonitor={
            "MonitorName": "costs", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"})["MonitorArn"]
        made = ce.create_anomaly_subscription(AnomalySubscription={**subscription, "MonitorArnList": [monitor]})["SubscriptionArn"]
        self.assertEqual(ce.get_anomaly_subscriptions(SubscriptionArnList=[made])["AnomalySubscriptions"][0]["MonitorArnList"], [monitor])
        ce.delete_anomaly_subscription(SubscriptionArn=made)
        self.assertEqual(self.refused(ce.update_anomaly_subscription, SubscriptionArn=made, Frequency="WEEKLY"),
                         (400, "UnknownSubscriptionException"))
        ce.delete_anomaly_monitor(MonitorArn=monitor)
        self.assertEqual(self.refused(ce.get_anomaly_monitors, MonitorArnList=[monitor]), (400, "UnknownMonitorException"))

    def test_the_tags_of_monitors_are_their_own(self):
        ce = self.client("ce")
        monitor = ce.create_anomaly_monitor(
            AnomalyMonitor={"MonitorName": "costs", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"},
            ResourceTags=[{"Key": "Project", "Value": "shop"}])["MonitorArn"]
        ce.tag_resource(ResourceArn=monitor, ResourceTags=[{"Key": "Name", "Value": "costs"}])
        ce.untag_resource(ResourceArn=monitor, ResourceTagKeys=["Project"])
        self.assertEqual(ce.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"], [{"Key": "Name", "Value": "costs"}])

    def test_a_role_that_the_account_has_once_is_named_by_aws_and_made_once(self):
        iam = self.client("iam")
        made = iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")["Role"]
        self.assertEqual(made["RoleName"], "AWSServiceRoleForEC2Spot")
        self.assertTrue(made["Arn"].endswith(":role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"), made["Arn"])
        self.assertEqual(self.refused(iam.create_service_linked_role, AWSServiceName="spot.amazonaws.com"), (400, "InvalidInput"))


if __name__ == "__main__":
    import unittest
    unittest.main()

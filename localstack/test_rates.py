"""Tests of the rates: buckets by a clock that is moved by hand, and the refusal of each protocol. They need no running cloud."""

import json
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import models  # noqa: E402
import rates  # noqa: E402


def credentials(account="000000000000", region="us-east-1"):
    return {b"authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/any/aws4_request, Signature=0".encode()}


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Buckets(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.rates = rates.Rates(self.clock)

    def call(self, service, operation, asked=b"", **whose):
        return self.rates.refusal(service, operation, credentials(**whose), asked)

    def test_three_alarms_a_second(self):
        self.assertEqual([bool(self.call("cloudwatch", "PutMetricAlarm")) for _ in range(5)], [False] * 3 + [True] * 2)
        self.clock.now += 0.34
        self.assertEqual([bool(self.call("cloudwatch", "PutMetricAlarm")) for _ in range(2)], [False, True])
        self.clock.now += 60
        self.assertEqual([bool(self.call("cloudwatch", "PutMetricAlarm")) for _ in range(4)], [False] * 3 + [True])

    def test_accounts_and_regions_have_buckets_of_their_own(self):
        for whose in ({}, {"account": "111111111111"}, {"region": "eu-west-1"}):
            self.assertIsNone(self.call("wafv2", "CreateWebACL", **whose))
            self.assertIsNotNone(self.call("wafv2", "CreateWebACL", **whose))

    def test_some_operations_share_a_bucket_and_others_do_not(self):
        self.assertEqual(sum(self.call("elbv2", name) is None for name in ("DescribeRules", "DescribeTags") for _ in range(30)), 40)
        self.assertEqual(sum(self.call("ec2", name) is None for name in ("CreateVpc", "CreateSubnet") for _ in range(60)), 100)

    def test_each_service_has_a_refusal_of_its_own(self):
        for service, operation, code, status in (("ec2", "CreateVpc", "RequestLimitExceeded", 503), ("iam", "CreateRole", None, 400),
                                                 ("lambda", "CreateFunction", "TooManyRequestsException", 429)):
            said = [self.call(service, operation) for _ in range(60)][-1]
            self.assertEqual(said[:2], (code, status))

    def test_policies_are_told_with_alarms_and_these_have_rates_too(self):
        for _ in range(9):
            self.call("cloudwatch", "DescribeAlarms")
        self.assertEqual(self.call("application-autoscaling", "DescribeScalingPolicies")[0], "FailedResourceAccessException")

    def test_what_was_refused_is_counted(self):
        for asked in (b"one", b"two", b"two", b"two"):
            self.call("wafv2", "CreateIPSet", asked)
        self.clock.now += 1
        self.call("wafv2", "CreateIPSet", b"two")
        self.call("wafv2", "CreateIPSet", b"two")
        self.assertEqual(self.rates.told(), {"throttled": {"wafv2 CreateIPSet": 4}, "most_in_a_row": {"wafv2 CreateIPSet": 3},
                                             "passed": {"wafv2 CreateIPSet": 2}})

    def test_ten_policies_a_page(self):
        self.assertEqual(json.loads(rates.page_of_policies(b'{"ServiceNamespace":"ecs"}')), {"ServiceNamespace": "ecs", "MaxResults": 10})
        self.assertEqual(json.loads(rates.page_of_policies(b'{"MaxResults":50}'))["MaxResults"], 10)
        self.assertEqual(json.loads(rates.page_of_policies(b'{"MaxResults":5}'))["MaxResults"], 5)


class Table(unittest.TestCase):
    def test_every_row_is_of_a_service_has_operations_and_says_where_it_is_from(self):
        read = models.Models()
        for row in rates.TABLE:
            if row.service not in read.loaded:
                read.load(row.service)
            names = read.loaded[row.service].operations
            self.assertTrue(any(rates.limit_of(row.service, name) is row for name in names), row)
            self.assertTrue(row.source.removeprefix("remembered of ").startswith("https://docs.aws.amazon.com/") or row.source == rates._GUESS, row)
            self.assertTrue(row.size >= 1 and row.refill > 0, row)


if __name__ == "__main__":
    unittest.main()

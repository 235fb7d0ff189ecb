"""A local cloud of their own for tests: on a free port, started once for each class and stopped again."""

import http.client
import re
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Cloud(unittest.TestCase):
    """Each test finds it empty."""

    @classmethod
    def setUpClass(cls):
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise AssertionError("boto3 is missing: run these tests as the docstring of test_gateway.py says") from None
        done = subprocess.run([sys.executable, str(HERE / "up"), "--port", "0"], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(done.stderr)
        cls.port = int(re.search(r"http://localhost:(\d+)", done.stdout).group(1))
        cls.client = staticmethod(lambda service: boto3.client(
            service, endpoint_url=f"http://localhost:{cls.port}", region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})))

    @classmethod
    def tearDownClass(cls):
        subprocess.run([sys.executable, str(HERE / "down"), "--port", str(cls.port), "--quiet"], check=True)

    def setUp(self):
        status, _ = self.ask("POST", "/_infra/reset")
        self.assertEqual(status, 200)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def refused(self, call, **arguments):
        from botocore.exceptions import ClientError
        try:
            call(**arguments)
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        return 200, ""

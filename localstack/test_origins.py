"""Tests of who may speak to the local cloud. They need no running cloud; test_gateway.py has what goes through the whole."""

import asyncio
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import origins  # noqa: E402

PORT = 4566


def said(**headers):
    return origins.refusal({name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}, PORT)


class Origins(unittest.TestCase):
    def test_programs_of_this_machine(self):
        for host in ("localhost:4566", "127.0.0.1:4566", "[::1]:4566", "LOCALHOST:4566", "localhost", "127.0.0.1:9999",
                     "bucket.s3.localhost:4566", "bucket.s3.us-east-1.localhost.localstack.cloud:4566",
                     "localhost.localstack.cloud:4566"):
            self.assertIsNone(said(host=host), host)
        self.assertIsNone(said())

    def test_names_that_somebody_may_lead_here(self):
        for host in ("evil.example:4566", "evil.example", "localhost.evil.example:4566", "notlocalhost:4566", "127.0.0.1.evil.example",
                     "10.0.0.1:4566", "evil-localhost.localstack.cloud.example"):
            self.assertIn("is not this machine", said(host=host) or "", host)

    def test_pages(self):
        self.assertIsNone(said(host="localhost:4566", origin="http://localhost:4566"))
        self.assertIsNone(said(host="127.0.0.1:4566", origin="http://127.0.0.1:4566"))
        for origin in ("http://evil.example", "null", "https://localhost:4566", "http://localhost:3000", "http://localhost", "",
                       "http://localhost:4566.evil.example"):
            self.assertIn("is not the local cloud's own", said(host="localhost:4566", origin=origin) or "", origin)

    def test_what_a_browser_marks(self):
        self.assertIsNone(said(host="localhost:4566", sec_fetch_site="none"))
        for site in ("cross-site", "same-site"):
            self.assertIn("a page from elsewhere", said(host="localhost:4566", sec_fetch_site=site) or "", site)

    def test_headers_that_end_at_the_gateway(self):
        self.assertTrue(origins.is_permissive(b"Access-Control-Allow-Origin: *"))
        self.assertFalse(origins.is_permissive(b"Content-Type: text/xml"))
        self.assertTrue(origins.is_of_a_browser(b"Origin: http://localhost:4566"))
        self.assertFalse(origins.is_of_a_browser(b"Original: yes"))


class Emulators(unittest.TestCase):
    def test_no_page_speaks_to_ministack_itself(self):
        reached, sent = [], []

        async def application(scope, _receive, _send):
            reached.append(scope["type"])

        async def send(message):
            sent.append(message.get("status") or message["type"])

        def ask(kind, *headers):
            asyncio.run(origins.asgi(application)({"type": kind, "headers": list(headers)}, None, send))

        ask("lifespan")
        ask("http", (b"host", b"127.0.0.1:36501"))
        self.assertEqual((reached, sent), (["lifespan", "http"], []))
        ask("http", (b"host", b"127.0.0.1:36501"), (b"origin", b"http://127.0.0.1:36501"))
        ask("http", (b"host", b"evil.example"))
        ask("websocket", (b"host", b"127.0.0.1:36501"), (b"origin", b"http://evil.example"))
        self.assertEqual((reached, sent), (["lifespan", "http"], [403, "http.response.body", 403, "http.response.body", "websocket.close"]))

    def test_no_page_speaks_to_moto_itself(self):
        answered = []
        guarded = origins.wsgi(lambda environ, start_response: [b"moto"])
        self.assertEqual(guarded({"HTTP_HOST": "127.0.0.1:36901"}, None), [b"moto"])
        for strange in ({"HTTP_HOST": "evil.example"}, {"HTTP_HOST": "127.0.0.1:36901", "HTTP_ORIGIN": "http://evil.example"}):
            guarded(strange, lambda status, headers: answered.append(status))
        self.assertEqual(answered, ["403 Forbidden"] * 2)


if __name__ == "__main__":
    unittest.main()

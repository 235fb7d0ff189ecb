"""One endpoint in front of the emulators: reads a request, asks `routes.decide`, passes it on, streams the answer back.

Written on asyncio protocols with no layer between, because it is on the path of everything that is measured locally.
It never interprets what an emulator answers and never repeats a request: a call that was sent may have had its effect.
What it answers itself: pages from elsewhere are refused (origins.py), and what AWS's models forbid (models.py), and, where that is
switched on, what comes too fast (rates.py).
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections import deque

import models
import origins
import protocols
import rates
import refusals
import routes

# Long enough for any answer of an emulator (a Lambda may run 900 s), short enough that nothing hangs for ever.
ANSWER_TIMEOUT = 960.0
# Shorter than the emulators' own keep-alive (75 s), so that they never close a connection that we are about to use.
IDLE_LIMIT = 30.0
MAX_HEAD = 64 * 1024
MAX_BODY = 1024 * 1024 * 1024
HOP_BY_HOP = (b"connection:", b"keep-alive:", b"proxy-connection:", b"expect:", b"te:", b"upgrade:", b"transfer-encoding:",
              b"content-length:")
RESETS = {"ministack": "/_ministack/reset", "moto": "/moto-api/reset"}
HEALTH = {"ministack": "/_ministack/health", "moto": "/moto-api/"}
REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 502: "Bad Gateway",
           503: "Service Unavailable"}
# Variables of the environment that switch off what is on, and on what is off.
MODELS, RATES = "INFRA_LOCAL_CLOUD_MODELS", "INFRA_LOCAL_CLOUD_RATES"


class BadMessage(Exception):
    """What arrived is not HTTP/1.x as we can read it."""


def parse_head(head: bytes):
    """First line and headers (lower-case names, the last of equal names wins) of a message head without its blank line."""
    first, *lines = head.split(b"\r\n")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise BadMessage("a header line without a colon")
        headers[name.lower()] = value.strip()
    return first, headers, lines


class Chunks:
    """Follows the framing of a chunked body. Holds decoded data only if asked to keep it."""

    def __init__(self, keep: bool):
        self.data = bytearray() if keep else None
        self.rest = bytearray()
        self.missing = 0
        self.state = "size"

    def feed(self, data: bytes) -> int:
        """Takes bytes of the body; answers how many of the last ones lie behind its end, or -1 while it goes on."""
        self.rest += data
        while True:
            if self.state == "data":
                take = min(self.missing, len(self.rest))
                if self.data is not None:
                    self.data += self.rest[:take]
                del self.rest[:take]
                self.missing -= take
                if self.missing:
                    return -1
                self.state = "line end"
            end = self.rest.find(b"\r\n")
            if end < 0:
                if len(self.rest) > MAX_HEAD:
                    raise BadMessage("a chunk size without end")
                return -1
            line = bytes(self.rest[:end])
            del self.rest[:end + 2]
            if self.state == "size":
                try:
                    self.missing = int(line.partition(b";")[0], 16)
                except ValueError:
                    raise BadMessage("a chunk size that is no number") from None
                self.state = "data" if self.missing else "trailers"
            elif self.state == "line end":
                self.state = "size"
            elif not line:
                return len(self.rest)


class Upstream(asyncio.Protocol):
    """A connection to an emulator, lent to one client at a time."""

    def __init__(self, pool):
        self.pool = pool
        self.client = None
        self.transport = None
        self.idle_since = 0.0
        self.closed = False

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, client, request: bytes, is_head: bool):
        self.client, self.is_head = client, is_head
        self.buffer, self.headed, self.chunks, self.missing = bytearray(), False, None, 0
        self.reusable = True
        self.transport.write(request)

    def data_received(self, data):
        if self.client is None:
            # An answer nobody asked for: the connection can't be trusted any more.
            self.transport.abort()
            return
        try:
            self.read(data)
        except BadMessage as bad:
            self.transport.abort()
            self.fail(f"answered with something that is not HTTP: {bad}")

    def read(self, data):
        while not self.headed:
            self.buffer += data
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self.buffer) > MAX_HEAD:
                    raise BadMessage("a head without end")
                return
            head, data = bytes(self.buffer[:end]), bytes(self.buffer[end + 4:])
            self.buffer.clear()
            first, headers, lines = parse_head(head)
            try:
                status = int(first.split(b" ", 2)[1])
            except (IndexError, ValueError):
                raise BadMessage("no status line") from None
            if status < 200:
                continue
            self.headed = True
            self.begin(first, status, headers, lines)
        if self.chunks is not None:
            behind = self.chunks.feed(data)
            if behind >= 0:
                self.finish(data[:len(data) - behind] if behind else data, behind)
            else:
                self.client.answer(data)
        elif self.missing is None:
            self.client.answer(data)
        else:
            behind = len(data) - self.missing
            if behind >= 0:
                self.finish(data[:self.missing], behind)
            else:
                self.missing -= len(data)
                self.client.answer(data)

    def begin(self, first, status, headers, lines):
        """Decides how the body ends, and passes the head on without what concerns only this connection."""
        if first.startswith(b"HTTP/1.0") or headers.get(b"connection", b"").lower() == b"close":
            self.reusable = first.startswith(b"HTTP/1.0") and headers.get(b"connection", b"").lower() == b"keep-alive"
        kept = [line for line in lines
                if not line.lower().startswith((b"connection:", b"keep-alive:")) and not origins.is_permissive(line)]
        if self.is_head or status in (204, 304):
            self.missing = 0
        elif headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            self.chunks = Chunks(keep=False)
        elif b"content-length" in headers:
            try:
                self.missing = int(headers[b"content-length"])
            except ValueError:
                raise BadMessage("a content length that is no number") from None
        else:
            self.missing, self.reusable, self.client.keep_alive = None, False, False
        if not self.client.keep_alive:
            kept.append(b"Connection: close")
        self.client.answer(b"\r\n".join([b"HTTP/1.1" + first[8:], *kept, b"", b""]))

    def finish(self, data, behind):
        client, self.client = self.client, None
        if behind or not self.reusable:
            self.transport.close()
        else:
            self.transport.resume_reading()
            self.pool.give_back(self)
        client.answered(data)

    def fail(self, why):
        client, self.client = self.client, None
        if client is not None:
            client.upstream_failed(self.pool.name, why, self.headed)

    def connection_lost(self, _error):
        self.closed = True
        if self.client is None:
            return
        if self.headed and self.missing is None:
            client, self.client = self.client, None
            client.answered(b"")
        else:
            self.fail("closed the connection before it had answered")


class Pool:
    """The connections to one emulator; the one used last is used first."""

    def __init__(self, name: str, port: int):
        self.name, self.port, self.idle = name, port, deque()

    def give_back(self, upstream):
        upstream.idle_since = time.monotonic()
        self.idle.append(upstream)
        while self.idle and self.idle[0].idle_since < upstream.idle_since - IDLE_LIMIT:
            self.idle.popleft().transport.close()

    def take(self):
        """An open idle connection, or None."""
        oldest = time.monotonic() - IDLE_LIMIT
        while self.idle:
            upstream = self.idle.pop()
            if upstream.closed or upstream.transport.is_closing():
                continue
            if upstream.idle_since >= oldest:
                return upstream
            upstream.transport.close()
        return None

    async def connect(self):
        _transport, upstream = await asyncio.get_running_loop().create_connection(
            lambda: Upstream(self), "127.0.0.1", self.port)
        return upstream

    async def call(self, method: str, path: str) -> tuple:
        """A request of the gateway's own: status and body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        first, headers, _ = parse_head(head)
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            chunks = Chunks(keep=True)
            chunks.feed(body)
            body = bytes(chunks.data)
        return int(first.split(b" ", 2)[1]), body


class Client(asyncio.Protocol):
    """A connection from a program. Requests are answered one after the other, in the order in which they came."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.buffer = bytearray()
        self.busy = False
        self.upstream = None
        self.keep_alive = True
        self.head = None
        self.to_head = False
        self.timer = None

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, _error):
        # As with AWS, a request that has arrived takes effect even if nobody waits for the answer: the emulator is left to finish.
        if self.upstream is not None:
            self.upstream.transport.resume_reading()

    def pause_writing(self):
        if self.upstream is not None:
            self.upstream.transport.pause_reading()

    def resume_writing(self):
        if self.upstream is not None:
            self.upstream.transport.resume_reading()

    def data_received(self, data):
        self.buffer += data
        if not self.busy:
            self.advance()
        elif len(self.buffer) > MAX_HEAD:
            self.transport.pause_reading()

    def advance(self):
        """Reads one whole request from the buffer, if it is there, and passes it on."""
        try:
            request = self.next_request()
        except BadMessage as bad:
            self.keep_alive = False
            self.refuse(400, f"the gateway can't read this request: {bad}")
            return
        if request is not None:
            self.busy = True
            self.gateway.handle(self, *request)

    def next_request(self):
        if self.head is None:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self.buffer) > MAX_HEAD:
                    raise BadMessage("a head without end")
                return None
            self.head = parse_head(bytes(self.buffer[:end]).lstrip(b"\r\n"))
            del self.buffer[:end + 4]
            first, headers, _ = self.head
            if first.count(b" ") != 2:
                raise BadMessage("no request line")
            connection = headers.get(b"connection", b"").lower()
            self.keep_alive = connection != b"close" and (first.endswith(b"1.1") or connection == b"keep-alive")
            self.chunks = Chunks(keep=True) if headers.get(b"transfer-encoding", b"").lower() == b"chunked" else None
            try:
                self.length = int(headers.get(b"content-length", b"0"))
            except ValueError:
                raise BadMessage("a content length that is no number") from None
            if not 0 <= self.length <= MAX_BODY:
                raise BadMessage("a body that is too large")
            if headers.get(b"expect", b"").lower() == b"100-continue":
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.chunks is not None:
            data = bytes(self.buffer)
            self.buffer.clear()
            behind = self.chunks.feed(data)
            if len(self.chunks.data) > MAX_BODY:
                raise BadMessage("a body that is too large")
            if behind < 0:
                return None
            self.buffer += data[len(data) - behind:]
            body = bytes(self.chunks.data)
        else:
            if len(self.buffer) < self.length:
                return None
            body = bytes(self.buffer[:self.length])
            del self.buffer[:self.length]
        head, self.head = self.head, None
        self.to_head = head[0].startswith(b"HEAD ")
        return (*head, body)

    def answer(self, data):
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def answered(self, data):
        # First let go of the emulator's connection: it is somebody else's now, and a full buffer of ours must not pause it.
        self.upstream = None
        self.answer(data)
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.transport.is_closing():
            return
        if not self.keep_alive:
            self.transport.close()
            return
        self.busy = False
        self.transport.resume_reading()
        if self.buffer:
            self.advance()

    def refuse(self, status: int, message: str, **more):
        self.respond(status, {"__type": {403: "AccessDeniedException", 503: "ServiceUnavailable"}.get(status, "BadRequest"),
                              "message": message, **more})

    def respond(self, status: int, document: dict):
        self.reply(status, (("Content-Type", "application/json"),), json.dumps(document).encode() + b"\n")

    def reply(self, status: int, headers: tuple, body: bytes):
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}"]
        if not self.keep_alive:
            lines.append("Connection: close")
        # What is asked with HEAD is answered without a body.
        self.answered("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + (b"" if self.to_head else body))

    def upstream_failed(self, name: str, why: str, headed: bool):
        if headed:
            # Half an answer is out; only a closed connection says that the rest won't come.
            self.transport.abort()
            return
        self.refuse(503, f"the emulator {name} {why}; see its log, or restart with localstack/down and localstack/up",
                    emulator=name)

    def time_out(self):
        upstream = self.upstream
        if upstream is not None:
            upstream.transport.abort()


class Gateway:
    """Knows the emulators; hands each request to one of them or answers it itself."""

    def __init__(self, emulators: dict, port: int, checked: "Checked"):
        self.pools = {name: Pool(name, at) for name, at in emulators.items()}
        self.port, self.checked = port, checked
        self.tasks = set()

    def handle(self, client, first, headers, lines, body):
        method, target, _version = first.decode("latin-1").split(" ")
        why = origins.refusal(headers, self.port)
        if why:
            print(f"refused: {method} {target.partition('?')[0]}: {why}", file=sys.stderr)
            client.refuse(403, why)
            return
        if target.startswith("/_"):
            path = target.partition("?")[0]
            if path in ("/_localstack/health", "/_infra/health") and method == "GET":
                return self.spawn(self.health(client))
            if path == "/_infra/checks" and method == "GET":
                return client.respond(200, self.checked.told())
            if path == "/_infra/reset" and method == "POST":
                return self.spawn(self.reset(client))
        request = protocols.Request(method, target, headers, body)
        service = routes.service_of(target, headers)
        if self.checked.is_ready(service):
            self.check_and_pass(client, service, request, lines)
        else:
            self.spawn(self.read_model_and_pass(client, service, request, lines))

    async def read_model_and_pass(self, client, service, request, lines):
        await self.checked.get_ready(service)
        self.check_and_pass(client, service, request, lines)

    def check_and_pass(self, client, service, request, lines):
        refusal, body = self.checked.look_at(service, request)
        if refusal is not None:
            client.reply(refusal.status, refusal.headers, refusal.body)
        else:
            self.pass_on(client, request, lines, body)

    def pass_on(self, client, asked, lines, body):
        method, target, headers = asked.method, asked.target, asked.headers
        pool = self.pools[routes.decide(target, headers, body)]
        # The body is passed on whole, so its length is known, whatever framing it came in.
        kept = [line for line in lines if not line.lower().startswith(HOP_BY_HOP) and not origins.is_of_a_browser(line)]
        if body or b"content-length" in headers or b"transfer-encoding" in headers:
            kept.append(b"Content-Length: %d" % len(body))
        request = b"\r\n".join([f"{method} {target} HTTP/1.1".encode("latin-1"), *kept, b"", body])
        upstream = pool.take()
        if upstream is not None:
            self.forward(client, upstream, request, method)
        else:
            self.spawn(self.forward_anew(client, pool, request, method))

    def forward(self, client, upstream, request, method):
        client.upstream = upstream
        client.timer = asyncio.get_running_loop().call_later(ANSWER_TIMEOUT, client.time_out)
        upstream.send(client, request, method == "HEAD")

    async def forward_anew(self, client, pool, request, method):
        try:
            upstream = await pool.connect()
        except OSError as error:
            client.upstream_failed(pool.name, f"does not answer ({error.strerror or error})", headed=False)
            return
        self.forward(client, upstream, request, method)

    def spawn(self, coroutine):
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def ask_all(self, method: str, paths: dict) -> dict:
        """Asks every emulator side by side: its name to (status, body), or None for one that is not there."""
        async def ask(pool):
            try:
                return await asyncio.wait_for(pool.call(method, paths[pool.name]), 20)
            except (OSError, BadMessage, ValueError, IndexError, asyncio.TimeoutError):
                return None
        pools = list(self.pools.values())
        return dict(zip((pool.name for pool in pools), await asyncio.gather(*map(ask, pools))))

    async def health(self, client):
        """Answers in the shape of LocalStack's health, with the state of each emulator beside it."""
        answers = await self.ask_all("GET", HEALTH)
        emulators = {name: "running" if answer and answer[0] == 200 else "not answering" for name, answer in answers.items()}
        services = {}
        if emulators.get("ministack") == "running":
            services.update(json.loads(answers["ministack"][1]).get("services", {}))
        for row in routes.TABLE:
            if not row.operations:
                services[row.service] = "available" if emulators.get(row.emulator) == "running" else "error"
        client.respond(200, {"services": services, "edition": "infra-local-cloud", "version": "4.14.0", "emulators": emulators})

    async def reset(self, client):
        answers = await self.ask_all("POST", RESETS)
        failed = sorted(name for name, answer in answers.items() if not answer or answer[0] != 200)
        if failed:
            client.respond(502, {"message": f"could not reset {', '.join(failed)}"})
        else:
            client.respond(200, {"reset": sorted(answers)})


class Checked:
    """What is looked at before a request is passed on: AWS's models, and how fast calls come. Counts what it costs."""

    def __init__(self, with_models: bool, with_rates: bool):
        self.models = models.Models()
        self.with_models, self.rates = with_models, rates.Rates() if with_rates else None
        self.reading = {}
        self.requests, self.unknown, self.refused, self.failed, self.seconds, self.slowest = 0, 0, 0, 0, 0.0, 0.0

    def is_ready(self, service: str) -> bool:
        return not self.with_models and self.rates is None or self.models.has(service)

    async def get_ready(self, service: str):
        """Reads a model once, however many requests wait for it, and in a thread, so that the others do not."""
        if service not in self.reading:
            self.reading[service] = asyncio.get_running_loop().run_in_executor(None, self.models.load, service)
        await asyncio.shield(self.reading[service])

    def look_at(self, service: str, request):
        """The refusal of a request, or None, and the body to pass on."""
        if not self.with_models and self.rates is None:
            return None, request.body
        began = time.perf_counter()
        try:
            return self.decide(service, request)
        except Exception:
            # A fault of ours is no reason to hold up a program; the tests ask whether there was one.
            self.failed += 1
            traceback.print_exc()
            return None, request.body
        finally:
            took = time.perf_counter() - began
            self.requests, self.seconds, self.slowest = self.requests + 1, self.seconds + took, max(self.slowest, took)

    def decide(self, service: str, request):
        known = self.models.find(service, request)
        if known is None:
            self.unknown += 1
            return None, request.body
        refusal = self.too_fast(known, request) or (models.check(request, known) if self.with_models else None)
        if refusal is not None:
            self.refused += 1
            print(f"refused: {known.model.name} {known.call.operation}: {refusal.code}: {refusal.message[:2000]}", file=sys.stderr)
        if self.rates is not None and (known.model.name, known.call.operation) == rates.READS_ALARMS:
            return refusal, rates.page_of_policies(request.body)
        return refusal, request.body

    def too_fast(self, known, request):
        if self.rates is None:
            return None
        said = self.rates.refusal(known.model.name, known.call.operation, request.headers, request.target.encode() + request.body)
        if said is None:
            return None
        code, status, message = said
        code = code or ("Throttling" if known.model.protocol in (protocols.QUERY, protocols.REST_XML) else "ThrottlingException")
        return refusals.written(known.model, known.call, code, message, status)

    def told(self) -> dict:
        """What was looked at so far, for whoever measures."""
        return {"models": "on" if self.with_models else "off", "rates": "on" if self.rates else "off", "requests": self.requests,
                "unknown": self.unknown, "refused": self.refused, "failed": self.failed, "milliseconds": round(self.seconds * 1000, 1),
                "slowest_milliseconds": round(self.slowest * 1000, 1), **(self.rates.told() if self.rates else {})}


def switches() -> Checked:
    """What the environment switches off and on."""
    return Checked(with_models=os.environ.get(MODELS, "on") != "off", with_rates=os.environ.get(RATES, "off") == "on")


async def serve(listener: socket.socket, emulators: dict):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(emulators, listener.getsockname()[1], switches())
    server = await loop.create_server(lambda: Client(gateway), sock=listener, backlog=1024)
    await stop.wait()
    server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True, help="file descriptor of the listening socket")
    parser.add_argument("--emulator", action="append", default=[], metavar="NAME=PORT")
    parser.add_argument("--mark", help="ignored; tells this process from others in the list of processes")
    arguments = parser.parse_args()
    emulators = {name: int(port) for name, _, port in (text.partition("=") for text in arguments.emulator)}
    try:
        import uvloop  # Twice as fast where it is installed; nothing depends on it.
        uvloop.install()
    except ImportError:
        pass
    asyncio.run(serve(socket.socket(fileno=arguments.listen), emulators))


if __name__ == "__main__":
    main()

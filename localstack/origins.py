"""Who may speak to the local cloud: programs of this machine, and no page in a browser that came from elsewhere.

Emulators run code (functions start processes), believe any signature, and allow any origin. Listening on the loopback address keeps
other machines out, but not a page that somebody here looks at: its scripts can send to localhost, and a name of its own that is
made to lead to 127.0.0.1 makes it look like the same site. So a foreign `Origin`, a foreign `Host`, and whatever a browser itself
marks as coming from elsewhere are refused. Pure but for the two wrappers, which put the same in front of an emulator's own port.
"""

import json
import re

# Names that lead to this machine whatever a name server says, and LocalStack's for buckets in the host.
_OWN = re.compile(r"^(?:(?:.+\.)?localhost|127\.0\.0\.1|\[::1\]|(?:.+\.)?localhost\.localstack\.cloud)$")
_PLACE = re.compile(r"^(.*?)(?::(\d+))?$")


def refusal(headers: dict, port: int) -> "str | None":
    """Why a request is refused, or None. `headers` has lower-case keys and bytes for values; `port` is the endpoint's own."""
    host = headers.get(b"host", b"").decode("latin-1").lower()
    name = _PLACE.match(host).group(1)
    # Any port: behind a proxy of this machine it is the proxy's. It is the name that a page can make its own.
    if host and not _OWN.match(name):
        return f"the host '{host}' is not this machine: the local cloud answers to localhost, 127.0.0.1 and [::1]"
    origin = headers.get(b"origin")
    if origin is not None and not is_own(origin.decode("latin-1").lower(), port):
        return f"the origin '{origin.decode('latin-1')}' is not the local cloud's own: pages from elsewhere may not call it"
    # A form, an image or a link of another page has no origin; browsers mark it all the same. Programs send no such header.
    if headers.get(b"sec-fetch-site", b"none").lower() not in (b"none", b"same-origin"):
        return "a page from elsewhere sent this: the local cloud answers to programs, and to what is typed into a browser"
    return None


def is_own(origin: str, port: int) -> bool:
    scheme, _, place = origin.partition("://")
    name, given = _PLACE.match(place).groups()
    return scheme == "http" and bool(_OWN.match(name)) and int(given or 80) == port


def is_permissive(line: bytes) -> bool:
    """Whether a header line of an emulator's answer lets pages from elsewhere read it."""
    return line.lower().startswith(b"access-control-")


def is_of_a_browser(line: bytes) -> bool:
    """Whether a header line says which page sent a request: it ends here, emulators refuse what still has one."""
    return line.lower().startswith((b"origin:", b"sec-fetch-"))


def asgi(application):
    """The same in front of MiniStack's own port, which any page could find by trying: there, no page has any business."""
    async def guarded(scope, receive, send):
        if scope["type"] == "websocket" and strange(dict(scope["headers"])):
            await send({"type": "websocket.close"})
        elif scope["type"] == "http" and strange(dict(scope["headers"])):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"application/json")]})
            await send({"type": "http.response.body", "body": _REFUSED})
        else:
            await application(scope, receive, send)
    return guarded


def wsgi(application):
    """The same in front of moto's."""
    def guarded(environ, start_response):
        names = {b"host": "HTTP_HOST", b"origin": "HTTP_ORIGIN", b"sec-fetch-site": "HTTP_SEC_FETCH_SITE"}
        if strange({name: environ[key].encode("latin-1") for name, key in names.items() if key in environ}):
            start_response("403 Forbidden", [("Content-Type", "application/json")])
            return [_REFUSED]
        return application(environ, start_response)
    return guarded


def strange(headers: dict) -> bool:
    return b"origin" in headers or refusal(headers, 0) is not None


_REFUSED = json.dumps({"message": "this emulator answers to the local cloud's gateway only"}).encode()

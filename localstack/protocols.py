"""Reads requests: which operation of a model one calls, and with what, under the members' own names.

One reader for each protocol of AWS. What cannot be a value of the model at all (a member that there is not, a list written as a
text) is noted on the way; whether the values may be so is for shapes.py.
"""

import gzip
import json
import re
import zlib
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from shapes import INSTANT, Check, Place

EC2, QUERY, JSON, REST_JSON, REST_XML, CBOR = "ec2", "query", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"
# What a form holds beside the members of its operation.
ENVELOPE = frozenset({"Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SecurityToken",
                      "Timestamp", "Expires"})
_CBOR_PATH = re.compile(r"^/service/[^/]+/operation/([^/?]+)")
_BUCKET_HOST = re.compile(r"^(.+)\.s3[.-]")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


class Malformed(Exception):
    """The body is not what its protocol says: no JSON, no XML."""


class Request(NamedTuple):
    """A request as it came."""

    method: str
    target: str
    headers: dict
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")


class Call(NamedTuple):
    """Which operation is called, in which protocol, and for REST with what in its path."""

    operation: str
    protocol: str
    labels: dict


def call_of(request: Request, model) -> "Call | None":
    """The operation of `model` that is called, or None where it has none that fits: then the emulator says so itself."""
    in_path = _CBOR_PATH.match(request.path)
    if in_path and request.header(b"smithy-protocol") == "rpc-v2-cbor":
        return named(model, in_path.group(1), CBOR)
    if b"x-amz-target" in request.headers:
        return named(model, request.header(b"x-amz-target").rpartition(".")[2], JSON)
    if model.protocol in (REST_JSON, REST_XML):
        return model.routes.find(request)
    form = dict(parse_form(request))
    if "Version" in form and form["Version"] != model.version:
        return None
    return named(model, form.get("Action", ""), EC2 if model.protocol == EC2 else QUERY)


def named(model, operation: str, protocol: str):
    return Call(operation, protocol, {}) if operation in model.operations else None


def values_of(request: Request, call: Call, model, check: Check):
    """The values of a call under the members' own names; what cannot be one is noted in `check`."""
    shape = model.input(call.operation)
    if shape is None:
        return None, {}
    if call.protocol != REST_XML and request.header(b"content-encoding").lower() == "gzip":
        request = request._replace(body=unpacked(request.body))
    if call.protocol in (EC2, QUERY):
        return shape, Form(check, call.protocol).structure(shape, nested(parse_form(request)), None)
    if call.protocol == CBOR:
        return shape, cbor(request.body)
    if call.protocol == JSON:
        return shape, json_object(request.body)
    return shape, rest(request, call, model, shape, check)


def unpacked(body: bytes) -> bytes:
    """SDKs pack what is large, such as many values of metrics. Objects of S3 are whatever they are."""
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        raise Malformed("the body says that it is packed, and cannot be unpacked") from None


# --- forms: query and EC2 ---------------------------------------------------------------------------------------------

def parse_form(request: Request) -> list:
    text = request.query
    if request.body and not text.startswith("Action="):
        text = request.body.decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True)


def nested(pairs: list) -> dict:
    """Tag.1.Key=a as {Tag: {1: {Key: a}}}."""
    tree = {}
    for name, value in pairs:
        if name in ENVELOPE or name.startswith("X-Amz-"):
            continue
        *above, last = name.split(".")
        node = tree
        for part in above:
            inner = node.get(part)
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        node[last] = value
    return tree


class Form:
    """Reads a nested form by shapes. EC2 has names and lists of its own."""

    def __init__(self, check: Check, protocol: str):
        self.check, self.of_ec2 = check, protocol == EC2

    def names(self, shape) -> dict:
        """The members of a structure by the names that they have in a form."""
        cache = "_ec2_names" if self.of_ec2 else "_query_names"
        if cache not in shape.__dict__:
            shape.__dict__[cache] = {self.name(member): member for member in shape.members.values()}
        return shape.__dict__[cache]

    def name(self, member) -> str:
        if self.of_ec2:
            if "queryName" in member.raw:
                return member.raw["queryName"]
            return member.wire[:1].upper() + member.wire[1:]
        if member.shape.type == "list" and flattened(member) and "locationName" in member.shape.raw["member"]:
            return member.shape.raw["member"]["locationName"]
        return member.wire

    def structure(self, shape, tree, place):
        if tree == "":
            return {}
        if not isinstance(tree, dict):
            return tree
        names, read = self.names(shape), {}
        for wire, node in tree.items():
            member = names.get(wire)
            if member is None:
                self.check.note("unknown", Place(place, wire), None, "")
                continue
            read[member.name] = self.value(member.shape, node, Place(place, member.name, wire), self.of_ec2 or flattened(member))
        return read

    def value(self, shape, node, place, flat=False):
        if shape.type == "structure":
            return self.structure(shape, node, place)
        if shape.type == "list":
            return self.items(shape, node, place, flat)
        if shape.type == "map":
            return self.entries(shape, node, place, flat)
        # An inner node where a value belongs is told as a wrong type.
        return node

    def items(self, shape, node, place, flat):
        if node == "":
            return []
        if not flat and not self.of_ec2 and isinstance(node, dict):
            node = self.only(node, shape.raw["member"].get("locationName", "member"), place)
        return [self.value(shape.item, inner, Place(place, f"{number}.member", number)) for number, inner in self.numbered(node, place)]

    def entries(self, shape, node, place, flat):
        if node == "":
            return {}
        if not flat and isinstance(node, dict):
            node = self.only(node, "entry", place)
        key, value = shape.raw["key"].get("locationName", "key"), shape.raw["value"].get("locationName", "value")
        read = {}
        for number, entry in self.numbered(node, place):
            if isinstance(entry, dict) and isinstance(entry.get(key), str):
                read[entry[key]] = self.value(shape.value, entry.get(value, ""), Place(place, f"{entry[key]}.member", number))
            else:
                self.check.note("type", place, None, "a map")
        return read

    def only(self, node: dict, name: str, place) -> dict:
        for other in node:
            if other != name:
                self.check.note("unknown", Place(place, other), None, "")
        return node.get(name, {})

    def numbered(self, node, place) -> list:
        if not isinstance(node, dict):
            self.check.note("type", place, node, "a list")
            return []
        for number in node:
            if not number.isdigit():
                self.check.note("unknown", Place(place, number), None, "")
        return sorted(((number, inner) for number, inner in node.items() if number.isdigit()), key=lambda pair: int(pair[0]))


def flattened(member) -> bool:
    return bool(member.raw.get("flattened") or member.shape.raw.get("flattened"))


# --- documents: JSON and CBOR -----------------------------------------------------------------------------------------

def json_object(body: bytes) -> dict:
    try:
        read = json.loads(body) if body.strip() else {}
    except ValueError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(read, dict):
        raise Malformed("the body is not a JSON object")
    return read


def cbor(body: bytes) -> dict:
    # Here and not above: whoever only reads forms and JSON needs no package for it.
    import cbor2
    try:
        read = cbor2.loads(body) if body else {}
    except Exception:
        raise Malformed("the body is not CBOR") from None
    if not isinstance(read, dict):
        raise Malformed("the body is not a CBOR map")
    return read


# --- REST -------------------------------------------------------------------------------------------------------------

class Routes:
    """Finds an operation by method, path and query, as `http` of each operation says."""

    def __init__(self, model):
        self.model, self.by_method = model, {}
        for name, operation in model.operations.items():
            if operation.get("deprecated"):
                # It has the same path as what took its place, and other members.
                continue
            path, _, query = operation["http"]["requestUri"].partition("?")
            parts = [part for part in path.split("/") if part]
            literals = dict(parse_qsl(query, keep_blank_values=True))
            self.by_method.setdefault(operation["http"]["method"], []).append((name, parts, literals))

    def find(self, request: Request):
        path = request.path
        bucket = _BUCKET_HOST.match(request.header(b"host")) if self.model.name == "s3" else None
        if bucket:
            path = f"/{bucket.group(1)}{path}"
        parts = [part for part in path.split("/")[1:]]
        while parts and not parts[-1]:
            parts.pop()
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        fitting = []
        for name, wanted, literals in self.by_method.get(request.method, ()):
            labels = match(wanted, parts)
            if labels is not None and all(query.get(key) == value for key, value in literals.items()):
                needed = self.needed(name)
                present = sum(wire in query if location == "querystring" else wire.encode() in request.headers
                              for location, wire in needed)
                fixed = sum(not part.startswith("{") for part in wanted)
                # What needs something that is not there comes last; of the others, what asks for most is meant.
                fitting.append((present == len(needed), len(literals), present, fixed, name, labels))
        if not fitting:
            return None
        *_, name, labels = max(fitting, key=lambda one: one[:4])
        return Call(name, self.model.protocol, labels)

    def needed(self, name: str) -> list:
        shape = self.model.input(name)
        if shape is None:
            return []
        if "_needed" not in shape.__dict__:
            members = [shape.members[member] for member in shape.required]
            shape.__dict__["_needed"] = [(member.location, member.wire.lower() if member.location == "header" else member.wire)
                                         for member in members if member.location in ("querystring", "header")]
        return shape.__dict__["_needed"]


def match(wanted: list, parts: list):
    """The labels of a path, or None where it does not fit."""
    labels = {}
    for number, part in enumerate(wanted):
        if part.startswith("{") and part.endswith("+}"):
            if number >= len(parts):
                return None
            labels[part[1:-2]] = unquote("/".join(parts[number:]))
            return labels
        if number >= len(parts):
            return None
        if part.startswith("{"):
            labels[part[1:-1]] = unquote(parts[number])
        elif part != parts[number]:
            return None
    return labels if len(parts) == len(wanted) else None


def rest(request: Request, call: Call, model, shape, check: Check) -> dict:
    """Path, query, headers and body of a REST call together. What is text in the first three is brought to its type."""
    read = dict(body_of(request, call, model, shape, check))
    query = parse_qsl(request.query, keep_blank_values=True) if request.query else []
    for member in shape.members.values():
        value = None
        if member.location == "uri":
            value = call.labels.get(member.wire)
        elif member.location == "querystring":
            given = [text for name, text in query if name == member.wire]
            value = (given if member.shape.type == "list" else given[-1]) if given else None
        elif member.location == "header":
            value = request.headers.get(member.wire.lower().encode())
            value = value.decode("utf-8", "replace") if value is not None else None
        if value is not None:
            read[member.name] = typed(member.shape, value)
    return read


def typed(shape, text):
    """Texts outside of the body as JSON would have them; what is none of its type stays a text, and is told as that."""
    try:
        if shape.type in ("integer", "long"):
            return int(text)
        if shape.type in ("float", "double"):
            return float(text)
        if shape.type == "boolean" and text.lower() in ("true", "false"):
            return text.lower() == "true"
    except (ValueError, AttributeError):
        pass
    if shape.type == "timestamp" and INSTANT.match(text):
        return 0
    return text.split(",") if shape.type == "list" and isinstance(text, str) else text


def body_of(request: Request, call: Call, model, shape, check: Check) -> dict:
    payload = shape.raw.get("payload")
    if payload:
        member = shape.members[payload]
        if not request.body:
            return {}
        if member.shape.type == "blob":
            # Objects and packages: whatever the bytes are.
            return {payload: request.body}
        if member.shape.type == "string":
            return {payload: request.body.decode("utf-8", "replace")}
        if call.protocol == REST_JSON:
            return {payload: json_object(request.body)}
        return {payload: Xml(check).root(member.shape, request, member.wire, Place(None, member.name))}
    if not any(not member.location for member in shape.members.values()) or not request.body:
        return {}
    if call.protocol == REST_JSON:
        names = {member.wire: member.name for member in shape.members.values() if not member.location}
        return {names.get(name, name): value for name, value in json_object(request.body).items()}
    return Xml(check).root(shape, request, model.operations[call.operation]["input"].get("locationName", ""), None)


class Xml:
    """Reads XML by shapes. Numbers and truths are brought to their types, because path and headers are beside them."""

    def __init__(self, check: Check):
        self.check = check

    def root(self, shape, request: Request, name: str, place):
        if b"aws-chunked" in request.headers.get(b"content-encoding", b""):
            raise Malformed("a document in signed chunks is not read here")
        try:
            root = ElementTree.fromstring(request.body)
        except ElementTree.ParseError:
            raise Malformed("The XML you provided was not well-formed or did not validate against our published schema") from None
        if name and local(root.tag) != name:
            raise Malformed(f"The XML you provided was not well-formed or did not validate against our published schema: its root is "
                            f"{local(root.tag)} and should be {name}")
        return self.structure(shape, root, place)

    def structure(self, shape, element, place) -> dict:
        if "_xml_names" not in shape.__dict__:
            shape.__dict__["_xml_names"] = {member.wire: member for member in shape.members.values() if not member.location}
        names, read = shape.__dict__["_xml_names"], {}
        for attribute, text in element.attrib.items():
            member = names.get(attribute.replace(_XSI, "xsi:"))
            if member is not None and member.raw.get("xmlAttribute"):
                read[member.name] = text
        for child in element:
            wire = local(child.tag)
            member = names.get(wire)
            if member is None:
                self.check.note("unknown", Place(place, wire), None, "")
            elif member.shape.type == "list" and flattened(member):
                items = read.setdefault(member.name, [])
                items.append(self.value(member.shape.item, child, Place(place, f"{member.name}.{len(items) + 1}.member", wire)))
            else:
                read[member.name] = self.value(member.shape, child, Place(place, member.name, wire))
        return read

    def value(self, shape, element, place):
        if shape.type == "structure":
            return self.structure(shape, element, place)
        if shape.type == "list":
            name, items = shape.raw["member"].get("locationName", "member"), []
            for child in element:
                if local(child.tag) != name:
                    self.check.note("unknown", Place(place, local(child.tag)), None, "")
                else:
                    items.append(self.value(shape.item, child, Place(place, f"{len(items) + 1}.member", name)))
            return items
        if shape.type == "map":
            key, value = shape.raw["key"].get("locationName", "key"), shape.raw["value"].get("locationName", "value")
            inner = [{local(part.tag): part.text or "" for part in entry} for entry in element]
            return {entry.get(key, ""): entry.get(value, "") for entry in inner}
        if len(element):
            self.check.note("type", place, None, f"of type {shape.type}", shape)
        return typed(shape, element.text or "")


def local(tag: str) -> str:
    return tag.rpartition("}")[2]

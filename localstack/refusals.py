"""Refusals as AWS words and writes them: the code and the sentence of each service, in the wire format of each protocol.

Pure. What a service says of a violation was taken from its API reference ("Common Errors") and from what people report of it.
"""

import json
from typing import NamedTuple
from xml.sax.saxutils import escape

from protocols import CBOR, EC2, JSON, QUERY, REST_JSON

REQUEST_ID = "00000000-0000-0000-0000-000000000000"


class Refusal(NamedTuple):
    """An answer in place of an emulator's."""

    status: int
    headers: tuple
    body: bytes
    code: str
    message: str


class Words(NamedTuple):
    """The codes of a service. `plain` ones name one parameter in a sentence of their own, the others count validation errors."""

    missing: str
    invalid: str
    malformed: str
    unknown: str
    plain: bool = False


_OF_PROTOCOL = {
    "ec2": Words("MissingParameter", "InvalidParameterValue", "InvalidParameterValue", "UnknownParameter", plain=True),
    "query": Words("ValidationError", "ValidationError", "MalformedInput", "ValidationError"),
    "json": Words("ValidationException", "ValidationException", "SerializationException", "SerializationException"),
    "rest-json": Words("ValidationException", "ValidationException", "SerializationException", "SerializationException"),
    "rest-xml": Words("MalformedXML", "MalformedXML", "MalformedXML", "MalformedXML"),
    "smithy-rpc-v2-cbor": Words("ValidationError", "ValidationError", "SerializationException", "SerializationException"),
}
_OF_SERVICE = {
    "rds": Words("MissingParameter", "InvalidParameterValue", "InvalidParameterValue", "InvalidParameterCombination", plain=True),
    "elasticache": Words("MissingParameter", "InvalidParameterValue", "InvalidParameterValue", "InvalidParameterCombination", plain=True),
    "sns": Words("InvalidParameter", "InvalidParameter", "MalformedInput", "InvalidParameter"),
    "logs": Words("InvalidParameterException", "InvalidParameterException", "SerializationException", "SerializationException"),
    "ecs": Words("InvalidParameterException", "InvalidParameterException", "SerializationException", "SerializationException"),
    "budgets": Words("InvalidParameterException", "InvalidParameterException", "SerializationException", "SerializationException"),
    "resourcegroupstaggingapi": Words("InvalidParameterException", "InvalidParameterException", "SerializationException",
                                      "SerializationException"),
}


def of_violations(model, call, found: list) -> Refusal:
    """The refusal of a request for what was found in it. What cannot be read is told before what may not be."""
    words = _OF_SERVICE.get(model.name) or _OF_PROTOCOL[model.protocol]
    for kind, code in (("type", words.malformed), ("unknown", words.unknown)):
        first = next((one for one in found if one.kind == kind), None)
        if first is not None:
            return written(model, call, code, plainly(first, words, model, call))
    if words.plain:
        first = found[0]
        return written(model, call, words.missing if first.kind == "missing" else words.invalid, plainly(first, words, model, call))
    if model.name == "s3":
        first = found[0]
        code = "InvalidArgument" if first.place.above is None else words.invalid
        return written(model, call, code, f"{counted(found)} ({model.name} {call.operation})")
    return written(model, call, words.missing if found[0].kind == "missing" else words.invalid, counted(found))


def of_malformed(model, call, why: str) -> Refusal:
    words = _OF_SERVICE.get(model.name) or _OF_PROTOCOL[model.protocol]
    return written(model, call, words.malformed, why)


def counted(found: list) -> str:
    """N validation errors detected: …; …"""
    told = []
    for one in found:
        value = "null " if one.kind == "missing" else "" if one.value is None else f"'{one.value}' "
        told.append(f"Value {value}at '{one.place.told()}' failed to satisfy constraint: {one.constraint}")
    return f"{len(told)} validation error{'s' if len(told) > 1 else ''} detected: {'; '.join(told)}"


def plainly(one, words: Words, model, call) -> str:
    """One violation in a sentence."""
    of_form = call.protocol in (EC2, QUERY)
    where = one.place.sent(call.protocol == EC2) if of_form else one.place.told()
    if one.kind == "unknown":
        told = f"The parameter {where} is not recognized" if of_form else f"Unexpected field '{where}'"
        return f"{told}: {call.operation} of {model.name} {model.version} has no such member here"
    if one.kind == "missing":
        return f"The request must contain the parameter {where}"
    value = "" if one.value is None else f"({one.value}) "
    must = f"It must be {one.constraint}" if one.kind == "type" else one.constraint
    return f"Value {value}for parameter {where} is invalid. {must}"


def written(model, call, code: str, message: str, status: int = 400) -> Refusal:
    """A refusal in the wire format of the call's protocol."""
    if call.protocol == CBOR:
        import cbor2
        body = cbor2.dumps({"__type": f"com.amazonaws.{model.name}#{code}", "message": message, "Message": message})
        headers = (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), ("x-amzn-query-error", f"{code};Sender"))
    elif call.protocol == JSON:
        body = json.dumps({"__type": code, "message": message}).encode()
        headers = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code))
    elif call.protocol == REST_JSON:
        body = json.dumps({"Type": "User", "message": message, "Message": message}).encode()
        headers = (("Content-Type", "application/json"), ("x-amzn-ErrorType", code))
    else:
        body = xml(model, call, code, message).encode()
        headers = (("Content-Type", "text/xml"),)
    return Refusal(status, (*headers, ("x-amzn-RequestId", REQUEST_ID)), body, code, message)


def xml(model, call, code: str, message: str) -> str:
    told = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if call.protocol == EC2:
        inner = f"<Response><Errors><Error>{told}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    elif model.name == "s3":
        inner = f"<Error>{told}<RequestId>{REQUEST_ID}</RequestId></Error>"
    else:
        namespace = f' xmlns="{escape(model.namespace)}"' if model.namespace else ""
        inner = f"<ErrorResponse{namespace}><Error><Type>Sender</Type>{told}</Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{inner}\n'

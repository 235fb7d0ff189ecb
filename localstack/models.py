"""Holds every request against AWS's own models, which come with botocore: what AWS would refuse, the local cloud refuses too.

Emulators take nearly anything; a program that was only ever tried on them fails on AWS for a name that is too long. This file finds
the model of a request and what breaks it, never what an emulator thinks of it. A model is read when it is first needed.
"""

import sys
from functools import cached_property
from typing import NamedTuple

import protocols
import refusals
from protocols import Malformed, Request
from shapes import Check, Shapes

# Names under which services sign, where the folder of their model is called otherwise.
FOLDERS = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2", "tagging": "resourcegroupstaggingapi", "email": "ses",
           "execute-api": "", "states": "stepfunctions", "es": "opensearch", "bedrock": "bedrock-runtime", "s3express": "s3"}

# Enumerations that servers do not hold to, or that are behind what they take: service, shape, and why.
LENIENT_ENUMS = (
)
_LENIENT = {}
for _service, _shape, _reason in LENIENT_ENUMS:
    _LENIENT.setdefault(_service, set()).add(_shape)


class Model:
    """The part of a service's model that requests need: its operations and the shapes of what goes in."""

    def __init__(self, name: str, raw: dict):
        metadata = raw["metadata"]
        self.name, self.version, self.namespace = name, metadata["apiVersion"], metadata.get("xmlNamespace", "")
        self.protocol = metadata["protocol"]
        self.operations = raw["operations"]
        self.shapes = Shapes(raw["shapes"])

    def input(self, operation: str):
        """The shape of what goes into an operation, or None where nothing does."""
        shape = self.operations[operation].get("input")
        return self.shapes[shape["shape"]] if shape else None

    @cached_property
    def routes(self) -> protocols.Routes:
        return protocols.Routes(self)


class Known(NamedTuple):
    """A request whose model and operation are known."""

    model: Model
    call: protocols.Call


class Models:
    """The models that were needed so far."""

    def __init__(self):
        self.loaded = {}

    def folder(self, service: str) -> str:
        return FOLDERS.get(service, service)

    def has(self, service: str) -> bool:
        """Whether nothing has to be read for this service any more."""
        return not service or self.folder(service) in self.loaded

    def load(self, service: str):
        """Reads the model of a service: some tenths of a second for the largest. Safe to call from a thread."""
        from botocore.exceptions import DataNotFoundError, UnknownServiceError
        from botocore.loaders import Loader

        folder = self.folder(service)
        try:
            raw = Loader().load_service_model(folder, "service-2") if folder else None
        except (UnknownServiceError, DataNotFoundError):
            raw = None
        if raw is None:
            print(f"not held against a model: botocore has none of '{service}'", file=sys.stderr)
        else:
            without_words(raw)
        self.loaded[folder] = Model(folder, raw) if raw else None

    def find(self, service: str, request: Request):
        """What a request calls, or None where no model or no operation of it fits. The model must have been read."""
        model = self.loaded.get(self.folder(service)) if service else None
        if model is None:
            return None
        call = protocols.call_of(request, model)
        return Known(model, call) if call else None


def without_words(raw: dict):
    """A third of a model in memory is documentation, which nobody reads here."""
    for shape in raw["shapes"].values():
        shape.pop("documentation", None)
        for member in shape.get("members", {}).values():
            member.pop("documentation", None)
    for operation in raw["operations"].values():
        operation.pop("documentation", None)


def check(request: Request, known: Known):
    """The refusal that AWS would answer, or None for a request that its model allows."""
    model, call = known
    found = Check(textual=call.protocol in (protocols.EC2, protocols.QUERY), lenient_enums=_LENIENT.get(model.name, frozenset()))
    try:
        shape, values = protocols.values_of(request, call, model, found)
    except Malformed as malformed:
        return refusals.of_malformed(model, call, str(malformed))
    if shape is not None:
        if isinstance(values, dict):
            found.structure(shape, values, None)
        if found.found:
            return refusals.of_violations(model, call, found.found)
    return None

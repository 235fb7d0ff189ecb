"""What a value must be: the shapes of a service's model, and the ways in which a value breaks them.

Pure: it knows neither requests nor files. Values come as the readers of protocols.py leave them, under the members' own names;
what came as text (forms, XML, headers) is still text, so numbers and truths are told from the text.
"""

import base64
import binascii
import math
import re
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

INTEGERS = {"integer": 31, "long": 63}
FRACTIONS = ("float", "double")
_NOT_NUMBERS = ("NaN", "Infinity", "-Infinity")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d|\w{3}, \d\d \w{3} \d{4} |-?\d+(\.\d*)?$")


class Place:
    """Where a value stands in a request. It is a chain, and a text only when somebody asks: most places are never told."""

    __slots__ = ("above", "name", "wire")

    def __init__(self, above, name: str, wire: str = ""):
        self.above, self.name, self.wire = above, name, wire or name

    def _names(self, which: str) -> list:
        here, names = self, []
        while here is not None:
            names.append(getattr(here, which))
            here = here.above
        return names[::-1]

    def told(self) -> str:
        """As most services tell it: distributionConfig.origins.items.1.member.id."""
        return ".".join(name[:1].lower() + name[1:] for name in self._names("name"))

    def sent(self, capitals: bool) -> str:
        """As it is written in a form: TagSpecification.1.Tag.1.Key. EC2 writes every name with a capital, whatever its model says."""
        return ".".join(name[:1].upper() + name[1:] if capitals else name for name in self._names("wire"))


class Violation(NamedTuple):
    """One way in which a request is not what the model says. `kind`: missing, constraint, type, unknown or union."""

    kind: str
    place: Place
    value: "str | None"
    constraint: str


class Member(NamedTuple):
    """A member of a structure: its own name, where and under which name it travels, and what it must be."""

    name: str
    location: str
    wire: str
    raw: dict
    shape: "Shape"


class Shape:
    """One shape of a model. What follows from it is worked out once, when it is first needed: models are large, requests small."""

    def __init__(self, shapes: "Shapes", name: str, raw: dict):
        self.shapes, self.name, self.raw = shapes, name, raw
        self.type = "document" if raw.get("document") else raw["type"]
        self.required = raw.get("required", ())
        self.least, self.most = raw.get("min"), raw.get("max")
        self.enum = raw.get("enum")
        self.sensitive = bool(raw.get("sensitive"))
        self.pattern = raw.get("pattern")
        self.bounded = self.least is not None or self.most is not None or self.enum is not None or self.pattern is not None

    @cached_property
    def members(self) -> dict:
        found = {}
        for name, raw in self.raw.get("members", {}).items():
            found[name] = Member(name, raw.get("location", ""), raw.get("locationName", name), raw, self.shapes[raw["shape"]])
        return found

    @cached_property
    def item(self) -> "Shape":
        return self.shapes[self.raw["member"]["shape"]]

    @cached_property
    def key(self) -> "Shape":
        return self.shapes[self.raw["key"]["shape"]]

    @cached_property
    def value(self) -> "Shape":
        return self.shapes[self.raw["value"]["shape"]]

    @cached_property
    def expression(self):
        """The pattern as Python has it, or None where it cannot be had."""
        return compiled(self.pattern)


class Shapes(dict):
    """The shapes of one service by name, each made when it is first asked for."""

    def __init__(self, raw: dict):
        super().__init__()
        self.raw = raw

    def __missing__(self, name: str) -> Shape:
        shape = self[name] = Shape(self, name, self.raw[name])
        return shape


# --- patterns ---------------------------------------------------------------------------------------------------------

_SPACES = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Java's classes as Python can say them inside brackets. The underscore that \w adds is in every pattern of AWS beside them.
_CLASSES = {"L": r"\w", "N": r"\d", "Z": _SPACES, "M": r"\u0300-\u036f", "P": r"!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u2027",
            "S": r"$+<=>^`|~", "ASCII": r"\x00-\x7f", "Print": r"\x20-\x7e", "Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z"}
_CLASS = re.compile(r"\\p\{(?:Is)?(\w+)\}")
_patterns = {}


def compiled(pattern: str):
    """Models have Java's patterns. What Python says in another way is translated; None for what is left, which is not checked."""
    if pattern not in _patterns:
        try:
            _patterns[pattern] = re.compile(translated(pattern), 0 if _CLASS.search(pattern) else re.ASCII)
        except (re.error, KeyError):
            _patterns[pattern] = None
    return _patterns[pattern]


def translated(pattern: str) -> str:
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff")
    if not pattern.startswith("(?i)"):
        # Python takes it at the start only; there it is about the words of a script tag.
        pattern = pattern.replace("(?i)", "")
    said, bracketed, after_class, at = [], False, False, 0
    while at < len(pattern):
        found = _CLASS.match(pattern, at)
        piece = found.group() if found else pattern[at:at + 2] if pattern[at] == "\\" else pattern[at]
        at += len(piece)
        is_class = bool(found) or piece[1:] in tuple("wdsWDS")
        if found:
            piece = _CLASSES[found.group(1)] if bracketed else f"[{_CLASSES[found.group(1)]}]"
        elif piece == "-" and bracketed and after_class and pattern[at] != "]":
            # A hyphen after a class is a hyphen to Java, and half a range to Python.
            piece = r"\-"
        elif piece == "[":
            piece, bracketed = r"\[" if bracketed else "[", True
        elif piece == "]":
            bracketed = False
        said.append(piece)
        after_class = is_class
    return "".join(said)


# --- the check --------------------------------------------------------------------------------------------------------

class Check:
    """Goes through one request's values and notes what is wrong with them."""

    def __init__(self, textual: bool, lenient_enums=frozenset()):
        self.textual, self.lenient_enums, self.found = textual, lenient_enums, []

    def note(self, kind, place, value, constraint, shape=None):
        self.found.append(Violation(kind, place, shown(value, shape), constraint))

    def structure(self, shape: Shape, value: dict, place):
        for name in shape.required:
            if value.get(name) is None:
                member = shape.members[name]
                self.note("missing", Place(place, name, member.wire), None, "Member must not be null")
        members = shape.members
        for name, inner in value.items():
            if inner is None:
                continue
            member = members.get(name)
            if member is None:
                if name != "__type":
                    self.note("unknown", Place(place, name), None, "")
                continue
            self.value(member.shape, inner, Place(place, name, member.wire))
        if shape.raw.get("union") and sum(inner is not None for inner in value.values()) != 1:
            self.note("union", place or Place(None, shape.name), None, "Member must have exactly one of its alternatives")

    def value(self, shape: Shape, value, place):
        kind = shape.type
        if kind == "string":
            if not isinstance(value, str):
                return self.wrong_type(shape, value, place)
            if shape.bounded:
                for constraint in self.broken(shape, value):
                    self.note("constraint", place, value, constraint, shape)
        elif kind == "structure":
            if not isinstance(value, dict):
                return self.wrong_type(shape, value, place)
            self.structure(shape, value, place)
        elif kind == "list":
            if not isinstance(value, list):
                return self.wrong_type(shape, value, place)
            self.items(shape, value, place)
        elif kind == "map":
            if not isinstance(value, dict):
                return self.wrong_type(shape, value, place)
            self.entries(shape, value, place)
        elif kind != "document":
            self.scalar(shape, value, place)

    def items(self, shape, value, place):
        if shape.bounded:
            for constraint in outside(len(value), shape, "length"):
                self.note("constraint", place, value, constraint, shape)
        item = shape.item
        if item.type in ("structure", "list", "map"):
            for number, inner in enumerate(value, 1):
                self.value(item, inner, Place(place, f"{number}.member", str(number)))
        else:
            self.together(item, value, place, "Member must satisfy constraint", value, shape)

    def entries(self, shape, value, place):
        if shape.bounded:
            for constraint in outside(len(value), shape, "length"):
                self.note("constraint", place, value, constraint, shape)
        self.together(shape.key, value, place, "Map keys must satisfy constraint", value, shape)
        if shape.value.type in ("structure", "list", "map"):
            for key, inner in value.items():
                if inner is not None:
                    self.value(shape.value, inner, Place(place, f"{key}.member", key))
        else:
            self.together(shape.value, [inner for inner in value.values() if inner is not None], place,
                          "Map value must satisfy constraint", value, shape)

    def together(self, shape, values, place, words, whole, whole_shape):
        """Of plain values in a list, AWS tells what all of them must be, not which of them is not."""
        for inner in values:
            before = len(self.found)
            self.value(shape, inner, place)
            if len(self.found) > before:
                new = self.found[before:]
                del self.found[before:]
                if new[0].kind != "constraint":
                    self.found.append(new[0])
                else:
                    self.note("constraint", place, None if shape.sensitive else whole, f"{words}: [{', '.join(self.rules(shape))}]",
                              whole_shape)
                return

    def scalar(self, shape, value, place):
        kind = shape.type
        if kind in INTEGERS or kind in FRACTIONS:
            number = self.number(kind, value)
            if number is None:
                return self.wrong_type(shape, value, place)
            if shape.bounded and not isinstance(number, str):
                for constraint in outside(number, shape, "value"):
                    self.note("constraint", place, value, constraint, shape)
        elif kind == "boolean":
            if not (isinstance(value, str) and value.lower() in ("true", "false") if self.textual else isinstance(value, bool)):
                self.wrong_type(shape, value, place)
        elif kind == "timestamp":
            if not self.is_instant(shape, value):
                self.wrong_type(shape, value, place)
        elif kind == "blob":
            size = blob_size(value)
            if size is None:
                return self.wrong_type(shape, value, place)
            if shape.bounded:
                for constraint in outside(size, shape, "length"):
                    self.note("constraint", place, None, constraint, shape)

    def number(self, kind, value):
        """The number that a value is, a text that stands for none, or None."""
        if isinstance(value, bool):
            return None
        if isinstance(value, str):
            if kind in FRACTIONS and value in _NOT_NUMBERS:
                return value
            if not self.textual:
                return None
            try:
                value = int(value) if kind in INTEGERS else float(value)
            except ValueError:
                return None
        if not isinstance(value, (int, float)):
            return None
        if kind in INTEGERS:
            if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
                return None
            if not -(1 << INTEGERS[kind]) <= value < 1 << INTEGERS[kind]:
                return None
        return value

    def is_instant(self, shape, value) -> bool:
        if isinstance(value, str):
            return (self.textual or shape.raw.get("timestampFormat") == "iso8601") and bool(INSTANT.match(value))
        return isinstance(value, (int, float, datetime)) and not isinstance(value, bool)

    def wrong_type(self, shape, value, place):
        self.note("type", place, value, {"structure": "a structure", "list": "a list", "map": "a map"}.get(shape.type, f"of type {shape.type}"),
                  shape)

    def broken(self, shape: Shape, value: str):
        yield from outside(len(value), shape, "length")
        if shape.pattern is not None and shape.expression is not None and not shape.expression.fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {shape.pattern}"
        if shape.enum is not None and value not in shape.enum and shape.name not in self.lenient_enums:
            yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"

    def rules(self, shape: Shape):
        """All that a plain value must be."""
        what = "value" if shape.type in INTEGERS or shape.type in FRACTIONS else "length"
        if shape.most is not None:
            yield f"Member must have {what} less than or equal to {shape.most}"
        if shape.least is not None:
            yield f"Member must have {what} greater than or equal to {shape.least}"
        if shape.pattern is not None:
            yield f"Member must satisfy regular expression pattern: {shape.pattern}"
        if shape.enum is not None:
            yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def outside(number, shape: Shape, what: str):
    if shape.most is not None and number > shape.most:
        yield f"Member must have {what} less than or equal to {shape.most}"
    if shape.least is not None and number < shape.least:
        yield f"Member must have {what} greater than or equal to {shape.least}"


def blob_size(value):
    """How many bytes a blob has, or None where it is none."""
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    try:
        return len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError, TypeError):
        return None


def shown(value, shape):
    """A value as AWS repeats it, or None for what is secret or large: then AWS says "Value at"."""
    if value is None or isinstance(value, (dict, bytes)) or shape is not None and shape.sensitive:
        return None
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]" if all(isinstance(one, (str, int, float)) for one in value) else None
    return str(value) if not isinstance(value, bool) else str(value).lower()

"""Reads settings into dataclasses, and finds every problem of their shape at once, each with its path.

What the types say is worked out when the policy is compiled; a call only reads. This file touches nothing but its
arguments.
"""

import json
import re
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from wit_world.imports.types import Priority, Target, Target_Person, Target_Receiver, Target_Schedule

Problems = list[tuple[str, str]]
Read = Callable[[Any, str, Problems], Any]


def reader(settings: type) -> Callable[[str], tuple[Any, Problems]]:
    read = read_of(settings)

    def read_text(text: str) -> tuple[Any, Problems]:
        problems: Problems = []
        try:
            document = json.loads(text)
        except ValueError as error:
            return None, [("", f"the settings are not JSON: {error}")]
        return read(document, "", problems), problems

    return read_text


def read_of(kind: Any) -> Read:
    """The function that reads a value of a type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return arguments[1]
    if kind == Target:
        return read_target
    if is_dataclass(kind):
        return read_dataclass(kind)
    if origin is list:
        return read_list(read_of(arguments[0]))
    if origin is dict:
        return read_dict(read_of(arguments[1]))
    if origin in (Union, UnionType) and NoneType in arguments and len(arguments) == 2:
        return read_optional(read_of(next(argument for argument in arguments if argument is not NoneType)))
    if kind in READERS:
        return READERS[kind]
    raise TypeError(f"settings cannot have a field of the type {kind}")


def read_dataclass(kind: type) -> Read:
    hints = get_type_hints(kind, include_extras=True)
    known = {field.name: (field, read_of(hints[field.name])) for field in fields(kind)}
    needed = [name for name, (field, _) in known.items() if field.default is field.default_factory is MISSING]

    def read(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return wrong("an object", value, path, problems)
        before = len(problems)
        given = {}
        for name, part in value.items():
            if name in known:
                given[name] = known[name][1](part, member(path, name), problems)
            else:
                problems.append((member(path, name), f"unknown: expected {', '.join(known)}"))
        problems.extend((member(path, name), "is missing") for name in needed if name not in value)
        return kind(**given) if len(problems) == before else None

    return read


def read_list(read_one: Read) -> Read:
    def read(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, list):
            return wrong("a list", value, path, problems)
        return [read_one(part, f"{path}[{index}]", problems) for index, part in enumerate(value)]

    return read


def read_dict(read_one: Read) -> Read:
    def read(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return wrong("an object", value, path, problems)
        return {name: read_one(part, member(path, name), problems) for name, part in value.items()}

    return read


def read_optional(read_one: Read) -> Read:
    return lambda value, path, problems: None if value is None else read_one(value, path, problems)


def read_plain(expected: str, *kinds: type) -> Read:
    def read(value: Any, path: str, problems: Problems) -> Any:
        # For Python, True is a number.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            return wrong(expected, value, path, problems)
        return value

    return read


def read_parsed(parse: Callable[[str], Any]) -> Read:
    def read(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, str):
            return wrong("a text", value, path, problems)
        try:
            return parse(value)
        except ValueError as error:
            problems.append((path, str(error)))

    return read


def read_targets(value: Any, path: str, problems: Problems) -> Any:
    if isinstance(value, str):
        return [read_target(value, path, problems)]
    if not isinstance(value, list):
        return wrong("a target or a list of targets", value, path, problems)
    if not value:
        problems.append((path, "needs at least one target"))
    return [read_target(part, f"{path}[{index}]", problems) for index, part in enumerate(value)]


def target(text: str) -> Target:
    """`NAME`, `receiver:NAME`, `person:NAME` or `schedule:NAME`."""
    kind, colon, name = text.partition(":")
    if not colon:
        kind, name = "receiver", text
    if not name:
        raise ValueError("a target needs a name")
    if kind not in KINDS:
        raise ValueError(f'unknown kind of target "{kind}": expected receiver, person or schedule')
    return KINDS[kind](name)


def span(text: str) -> timedelta:
    """Elapsed time, written as `90s`, `5m`, `1h30m`, `2d` or `0`: a day is 24 hours."""
    if text != "0" and not SPAN.fullmatch(text):
        raise ValueError('expected a length of time such as "90s", "5m", "1h30m" or "2d"')
    milliseconds = sum(int(count) * UNITS[unit] for count, unit in PART.findall(text))
    if milliseconds > 3650 * UNITS["d"]:
        raise ValueError("is longer than ten years")
    return timedelta(milliseconds=milliseconds)


def priority(text: str) -> Priority:
    if text not in Priority.__members__:
        raise ValueError(f'unknown priority "{text}": expected P1, P2, P3 or P4')
    return Priority[text]


def wrong(expected: str, value: Any, path: str, problems: Problems) -> None:
    names = {dict: "an object", list: "a list"}
    problems.append((path, f"expected {expected}, not {names.get(type(value)) or json.dumps(value)}"))


def member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


KINDS = {"receiver": Target_Receiver, "person": Target_Person, "schedule": Target_Schedule}
UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
PART = re.compile(r"([0-9]{1,12})(ms|[smhdw])")
SPAN = re.compile(r"([0-9]{1,12}(ms|[smhdw]))+")
read_target = read_parsed(target)
READERS: dict[Any, Read] = {
    str: read_plain("a text", str),
    bool: read_plain("true or false", bool),
    int: read_plain("a whole number", int),
    float: read_plain("a number", int, float),
    timedelta: read_parsed(span),
    Priority: read_parsed(priority),
}

# A field of settings: one target, or a list of at least one.
Targets = Annotated[list[Target], read_targets]

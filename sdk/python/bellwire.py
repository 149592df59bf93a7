"""Write Bellwire policies in Python: two functions and a dataclass, put together by `export`.

A policy is a pure function of its settings and the facts of one incident. It answers with every notice that is due by
`facts.now`, each with a key, and with the time at which to ask again; the host sends a key once. So a policy has no
memory, no timers and no clock, and asking it twice changes nothing.

The module is run when it is compiled, and each call starts from how it was left then: what is worked out at import
costs nothing later, and what a call changes is forgotten.
"""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from componentize_py_types import Err
from wit_world.imports.log import Level, log
from wit_world.imports.types import (
    Acknowledgement,
    Alert,
    AlertState,
    Civil,
    Decision,
    Description,
    Facts,
    Incident,
    IncidentState,
    Notice,
    OnCall,
    Outcome,
    Pair,
    PolicyError_Failed,
    PolicyError_NotApplicable,
    PolicyError_Settings,
    Priority,
    Problem,
    Sent,
    Target,
    Target_Person,
    Target_Receiver,
    Target_Schedule,
    Wants,
    Window,
)

from bellwire_settings import Targets, reader

__all__ = [
    "Acknowledgement", "Alert", "AlertState", "Civil", "Decision", "Description", "Facts", "Incident", "IncidentState",
    "Level", "Notice", "NotApplicable", "OnCall", "Outcome", "Pair", "Priority", "Problem", "Refused", "Sent", "Target",
    "Target_Person", "Target_Receiver", "Target_Schedule", "Targets", "Wants", "Window", "civil", "decision",
    "escalated_at", "export", "firing", "inform", "log", "on_call", "page", "person", "receiver", "schedule",
    "text_file", "value_of", "wanting", "was_sent", "window",
]  # fmt: skip

S = TypeVar("S")

# An instance answers one call, and is thrown away.
gc.disable()


class Refused(Exception):
    """Raised by a `check` that finds something wrong with its settings: every problem at once."""

    def __init__(self, *problems: Problem):
        super().__init__(*problems)
        self.problems = list(problems)


class NotApplicable(Exception):
    """Raised by an `evaluate` that has nothing to decide about this incident, which is no failure."""


def export(
    *,
    name: str,
    version: str,
    summary: str,
    settings_schema: str,
    settings: type[S],
    check: Callable[[S], Wants],
    evaluate: Callable[[S, Facts], Decision],
) -> type:
    """Makes the plugin; the module that is compiled must call it `Evaluator`.

    `settings` is a dataclass. `check` is called when the configuration is loaded, with settings that have the right shape:
    it says what the host must look up and whom the decisions may name, or raises `Refused`. `evaluate` is pure; whatever it
    raises is no decision: the host says so, and does what is safe instead.
    """
    read = reader(settings)

    class Evaluator:
        def describe(self) -> Description:
            return Description(name, version, summary, settings_schema)

        def check(self, text: str) -> Wants:
            value, problems = read(text)
            if problems:
                raise Err([Problem(path, message) for path, message in problems])
            try:
                return expect(Wants, check(value))
            except Refused as refused:
                raise Err(refused.problems) from None
            except Exception as error:
                raise Err([Problem("", f"check raised {told(error)}")]) from None

        def evaluate(self, text: str, facts: Facts) -> Decision:
            value, problems = read(text)
            # They passed `check`, so this is a fault of the host, and the first problem is enough.
            for path, message in problems:
                raise Err(PolicyError_Settings(f"{path}: {message}"))
            try:
                return expect(Decision, evaluate(value, facts))
            except NotApplicable as why:
                raise Err(PolicyError_NotApplicable(str(why))) from None
            except Exception as error:
                raise Err(PolicyError_Failed(told(error))) from None

    return Evaluator


def expect(kind: type[S], value: S) -> S:
    """Anything else would end the call without a word."""
    if not isinstance(value, kind):
        raise TypeError(f"it returned {type(value).__name__}, expected {kind.__name__}")
    return value


def told(error: Exception) -> str:
    """What an exception says, and the line that raised it."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f" ({Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno})" if frame else ""
    return f"{type(error).__name__}: {error}{where}"


def text_file(name: str) -> str:
    """A file beside the policy, such as its schema. Read it at import: no files are there in a call."""
    for folder in sys.path:
        if (path := Path(folder, name)).is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(name)


# Targets.


def receiver(name: str) -> Target:
    return Target_Receiver(name)


def person(name: str) -> Target:
    return Target_Person(name)


def schedule(name: str) -> Target:
    return Target_Schedule(name)


def wanting(
    targets: Iterable[Target] = (),
    *,
    windows: Iterable[str] = (),
    zones: Iterable[str] = (),
    schedules: Iterable[str] = (),
) -> Wants:
    """What the host must look up, and every target that a decision may ever name, each once."""
    once: list[Target] = []
    for target in targets:
        if target not in once:
            once.append(target)
    return Wants(list(zones), list(windows), list(schedules), once)


# Facts.


def value_of(pairs: list[Pair], name: str) -> str | None:
    """Of `alert.labels`, `alert.annotations`, `incident.group` or an `ext`."""
    for pair in pairs:
        if pair.name == name:
            return pair.value
    return None


def firing(incident: Incident) -> Iterator[Alert]:
    return (alert for alert in incident.alerts if alert.state is AlertState.FIRING)


def was_sent(incident: Incident, key: str) -> bool:
    return any(sent.key == key for sent in incident.sent)


def escalated_at(incident: Incident) -> int | None:
    """When somebody last asked for the next step, which is due if nothing was sent at or after this instant."""
    text = value_of(incident.ext, "escalated-at")
    return int(text) if text else None


def window(facts: Facts, name: str) -> Window | None:
    return next((window for window in facts.windows if window.name == name), None)


def civil(facts: Facts, zone: str) -> Civil | None:
    return next((civil for civil in facts.civil if civil.zone == zone), None)


def on_call(facts: Facts, name: str) -> OnCall | None:
    return next((on_call for on_call in facts.on_call if on_call.schedule == name), None)


# Decisions.


def decision(
    priority: Priority, reason: str, notices: Iterable[Notice] = (), *, next_check: int | None = None
) -> Decision:
    """`reason` is one sentence for a human, `notices` are all that are due by now, `next_check` is when to ask again."""
    return Decision(priority, list(notices), next_check, reason, [])


def page(key: str, to: Iterable[Target], text: str | None = None) -> Notice:
    """A notice that wakes somebody."""
    return Notice(key, list(to), True, text, [])


def inform(key: str, to: Iterable[Target], text: str | None = None) -> Notice:
    """A notice that wakes nobody."""
    return Notice(key, list(to), False, text, [])

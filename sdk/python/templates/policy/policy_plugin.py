"""Critical alerts page, all others inform. A policy touches nothing but its arguments."""

from dataclasses import dataclass

import bellwire
from bellwire import Decision, Facts, Priority, Target, Wants


@dataclass
class Settings:
    """What the routes file may say under `settings`; settings.schema.json says the same to editors."""

    to: Target


def check(settings: Settings) -> Wants:
    """Every target that a decision may ever name; or `raise bellwire.Refused(Problem("to", "what is wrong"))`."""
    return bellwire.wanting([settings.to])


def evaluate(settings: Settings, facts: Facts) -> Decision:
    """Every notice that is due by `facts.now`, whether sent before or not: the host sends a key once."""
    for alert in bellwire.firing(facts.incident):
        if bellwire.value_of(alert.labels, "severity") == "critical":
            return bellwire.decision(
                Priority.P1, "P1 because severity is critical", [bellwire.page("told", [settings.to])]
            )
    return bellwire.decision(Priority.P3, "P3 by default", [bellwire.inform("told", [settings.to])])


Evaluator = bellwire.export(
    name="{{name}}",
    version="0.1.0",
    summary="Critical alerts page, all others inform.",
    settings_schema=bellwire.text_file("settings.schema.json"),
    settings=Settings,
    check=check,
    evaluate=evaluate,
)

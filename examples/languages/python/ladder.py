"""Team, manager, director, then VP and war room. It touches nothing but its arguments.

The same policy is in every folder beside this one, and ../cases says what all of them decide.
"""

from dataclasses import dataclass, field
from itertools import chain

import bellwire
from bellwire import Decision, Facts, Incident, IncidentState, Priority, Targets, Wants, receiver


def receivers(*names: str):
    return field(default_factory=lambda: [receiver(name) for name in names])


@dataclass
class Roles:
    """Whom each step tells."""

    team: Targets = receivers("team")
    manager: Targets = receivers("manager")
    director: Targets = receivers("director")
    vp: Targets = receivers("vp", "war-room")


@dataclass
class Settings:
    to: Roles = field(default_factory=Roles)


MINUTE = 60 * 1000
PAGING = (Priority.P1, Priority.P2)
SEVERITIES = {
    "critical": Priority.P1,
    "page": Priority.P1,
    "error": Priority.P2,
    "high": Priority.P2,
    "warning": Priority.P3,
    "info": Priority.P4,
    "low": Priority.P4,
}


def check(settings: Settings) -> Wants:
    to = settings.to
    return bellwire.wanting(chain(to.team, to.manager, to.director, to.vp))


def evaluate(settings: Settings, facts: Facts) -> Decision:
    incident = facts.incident
    priority, because = judge(incident)
    to = settings.to
    steps = [
        ("team", 0, to.team),
        ("manager", 5 * MINUTE, to.manager),
        ("director", 15 * MINUTE, to.director),
        ("war-room", 30 * MINUTE, to.vp),
    ]
    if priority not in PAGING:
        # P3 and P4 stay on the first step.
        del steps[1:]
    if incident.state is IncidentState.OPEN:
        elapsed = facts.now - incident.opened_at
        listed = [step for step in steps if step[1] <= elapsed]
        waiting = [after for _, after, _ in steps if after > elapsed]
    else:
        # Somebody has it: nothing new, but what was sent stays listed.
        listed = [step for step in steps if bellwire.was_sent(incident, step[0])]
        waiting = []
    tell = bellwire.page if priority in PAGING else bellwire.inform
    return bellwire.decision(
        priority,
        f"{because}; {progress(incident, len(listed), len(steps))}",
        [tell(key, targets) for key, _, targets in listed],
        next_check=incident.opened_at + waiting[0] if waiting else None,
    )


def judge(incident: Incident) -> tuple[Priority, str]:
    """The most urgent firing alert decides, the first of them if there are several. With the reason."""
    verdicts = []
    for alert in bellwire.firing(incident):
        severity = bellwire.value_of(alert.labels, "severity")
        priority = SEVERITIES.get(severity)
        if priority:
            verdicts.append((priority, f"{priority.name} because severity is {severity}"))
        else:
            verdicts.append((Priority.P3, "P3 by default"))
    if verdicts:
        return min(verdicts, key=lambda verdict: verdict[0].value)
    kept = incident.priority or Priority.P3
    return kept, f"{kept.name} kept"


def progress(incident: Incident, listed: int, steps: int) -> str:
    if incident.state is IncidentState.OPEN:
        return f"step {listed} of {steps}" if listed else "no step"
    if incident.acknowledged and incident.state is IncidentState.ACKNOWLEDGED:
        return f"acknowledged by {incident.acknowledged.by}"
    return incident.state.name.lower()


Evaluator = bellwire.export(
    name="ladder",
    version="0.1.0",
    summary="Team, manager, director, then VP and war room.",
    settings_schema=bellwire.text_file("ladder.schema.json"),
    settings=Settings,
    check=check,
    evaluate=evaluate,
)

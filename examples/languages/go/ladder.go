// Team, manager, director, then VP and war room. It touches nothing but its arguments.
//
// The same policy is in every folder beside this one, and ../cases says what all of them decide.
package main

import (
	_ "embed"
	"fmt"
	"time"

	"bellwire"
)

//go:embed ladder.schema.json
var settingsSchema string

func init() { bellwire.Register(ladder{}) }

func main() {}

type ladder struct{}

func (ladder) Describe() bellwire.Description {
	return bellwire.Description{
		Name:           "ladder",
		Version:        "0.1.0",
		Summary:        "Team, manager, director, then VP and war room.",
		SettingsSchema: settingsSchema,
	}
}

func (ladder) Check(settings *Settings) (bellwire.Wants, []bellwire.Problem) {
	var wants bellwire.Wants
	to := &settings.To
	for _, targets := range []bellwire.Targets{to.Team, to.Manager, to.Director, to.VP} {
		wants.AddTargets(targets...)
	}
	return wants, nil
}

func (ladder) Evaluate(settings *Settings, facts *bellwire.Facts) (bellwire.Decision, error) {
	incident := &facts.Incident
	priority, because := judge(incident)
	decision := bellwire.Decision{Priority: priority}
	steps := steps(settings, priority)
	for _, step := range steps {
		dueAt := incident.OpenedAt.Add(step.after)
		due := dueAt <= facts.Now
		if incident.State != bellwire.Open {
			// Somebody has it: nothing new, but what was sent stays listed.
			due = incident.WasSent(step.key)
		}
		switch {
		case due:
			decision.Notify(bellwire.Notice{Key: step.key, To: step.to, Page: pages(priority)})
		case incident.State == bellwire.Open:
			decision.CheckAt(dueAt)
		}
	}
	decision.Reason = because + "; " + progress(incident, len(decision.Notices), len(steps))
	return decision, nil
}

type step struct {
	key   string
	after time.Duration
	to    bellwire.Targets
}

// P3 and P4 stay on the first step.
func steps(settings *Settings, priority bellwire.Priority) []step {
	to := &settings.To
	all := []step{
		{"team", 0, to.Team},
		{"manager", 5 * time.Minute, to.Manager},
		{"director", 15 * time.Minute, to.Director},
		{"war-room", 30 * time.Minute, to.VP},
	}
	if !pages(priority) {
		return all[:1]
	}
	return all
}

func pages(priority bellwire.Priority) bool { return priority <= bellwire.P2 }

var severities = map[string]bellwire.Priority{
	"critical": bellwire.P1, "page": bellwire.P1,
	"error": bellwire.P2, "high": bellwire.P2,
	"warning": bellwire.P3,
	"info":    bellwire.P4, "low": bellwire.P4,
}

// The most urgent firing alert decides, the first of them if there are several. With the reason.
func judge(incident *bellwire.Incident) (priority bellwire.Priority, because string) {
	for alert := range incident.FiringAlerts() {
		severity := alert.Labels.Get("severity")
		found, known := severities[severity]
		reason := " because severity is " + severity
		if !known {
			found, reason = bellwire.P3, " by default"
		}
		if priority == 0 || found < priority {
			priority, because = found, found.String()+reason
		}
	}
	if priority != 0 {
		return priority, because
	}
	kept := incident.Priority
	if kept == 0 {
		kept = bellwire.P3
	}
	return kept, kept.String() + " kept"
}

func progress(incident *bellwire.Incident, listed, steps int) string {
	switch {
	case incident.State == bellwire.Acknowledged && incident.Acknowledged != nil:
		return "acknowledged by " + incident.Acknowledged.By
	case incident.State != bellwire.Open:
		return incident.State.String()
	case listed == 0:
		return "no step"
	default:
		return fmt.Sprintf("step %d of %d", listed, steps)
	}
}

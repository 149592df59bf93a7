// Critical alerts page, all others inform. A policy touches nothing but its arguments.
package main

import (
	_ "embed"

	"bellwire"
)

//go:embed settings.schema.json
var settingsSchema string

// Settings are what the routes file may say under `settings`; settings.schema.json says the same to editors.
type Settings struct {
	To bellwire.Target `json:"to" required:"true"`
}

type policy struct{}

func init() { bellwire.Register(policy{}) }

// The compiler wants it, and nobody runs it.
func main() {}

func (policy) Describe() bellwire.Description {
	return bellwire.Description{
		Name:           "{{name}}",
		Version:        "0.1.0",
		Summary:        "Critical alerts page, all others inform.",
		SettingsSchema: settingsSchema,
	}
}

// Check says every target that a decision may ever name; or problems, such as {Path: "to", Message: "what is wrong"}.
func (policy) Check(settings *Settings) (wants bellwire.Wants, problems []bellwire.Problem) {
	wants.AddTargets(settings.To)
	return wants, nil
}

// Evaluate says every notice that is due by facts.Now, whether sent before or not: the host sends a key once.
func (policy) Evaluate(settings *Settings, facts *bellwire.Facts) (bellwire.Decision, error) {
	for alert := range facts.Incident.FiringAlerts() {
		if alert.Labels.Get("severity") == "critical" {
			decision := bellwire.Decision{Priority: bellwire.P1, Reason: "P1 because severity is critical"}
			decision.Page("told", settings.To)
			return decision, nil
		}
	}
	decision := bellwire.Decision{Priority: bellwire.P3, Reason: "P3 by default"}
	decision.Inform("told", settings.To)
	return decision, nil
}

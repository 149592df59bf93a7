// Package bellwire is for writing Bellwire policies in Go: implement [Policy], call [Register] in an init function, and
// compile with `go tool build`.
//
// A policy is a pure function of its settings and the facts of one incident. It answers with every notice that is due
// by facts.Now, each with a key, and with the time at which to ask again; the host sends a key once. So a policy has no
// memory, no timers and no clock, and asking it twice changes nothing. Nothing of the outside is there: time.Now stands
// still, there are no files, no network, and each call gets a fresh instance.
package bellwire

import (
	"errors"
	"fmt"
	"slices"

	guest "bellwire/internal/export_bellwire_policy_evaluator"
	types "bellwire/internal/generated/bellwire_policy_types"
	_ "bellwire/internal/generated/wit_exports"
	wit "bellwire/internal/wit/types"
)

// Policy is what the author writes.
//
// Settings is a struct of the author's own, and what the routes file says under `settings` is read into it by the names
// in its json tags. Fields that the file need not give get their values in a method SetDefaults of *Settings, if there is
// one; a field with the tag `required:"true"` must be given.
type Policy[Settings any] interface {
	Describe() Description

	// Check is called when the configuration is loaded, with settings that have the right shape: every remaining problem
	// at once, or what the host must look up and whom the decisions may name.
	Check(settings *Settings) (Wants, []Problem)

	// Evaluate is pure: the same settings and facts give the same decision. An error, and a panic, is no decision: the
	// host says so, and does what is safe instead. Do not range over a map where the order shows.
	Evaluate(settings *Settings, facts *Facts) (Decision, error)
}

// Description is what a policy says of itself.
type Description struct {
	Name    string
	Version string
	Summary string
	// SettingsSchema is a JSON Schema of the settings.
	SettingsSchema string
}

// Wants is what the host must look up for a policy with these settings.
type Wants struct {
	Zones     []string
	Windows   []string
	Schedules []string
	// Targets has every target that a decision may ever name.
	Targets []Target
}

// AddTargets adds each target once.
func (wants *Wants) AddTargets(targets ...Target) {
	for _, target := range targets {
		if !slices.Contains(wants.Targets, target) {
			wants.Targets = append(wants.Targets, target)
		}
	}
}

// Problem of a setting; Path is such as `rules[2].above.error_rate`.
type Problem struct {
	Path    string
	Message string
}

// Register makes a plugin of a policy. Call it in a func init(): main is never run.
func Register[Settings any](policy Policy[Settings]) {
	guest.Describe = func() types.Description {
		return types.Description(policy.Describe())
	}
	guest.Check = func(json string) checked {
		wants, problems := check(policy, json)
		if len(problems) > 0 {
			return wit.Err[types.Wants](lowerProblems(problems))
		}
		return wit.Ok[types.Wants, []types.Problem](lowerWants(wants))
	}
	guest.Evaluate = func(json string, facts types.Facts) evaluated {
		decision, err := evaluate(policy, json, liftFacts(&facts))
		if err != nil {
			return wit.Err[types.Decision](lowerError(err))
		}
		return wit.Ok[types.Decision, types.PolicyError](lowerDecision(&decision))
	}
}

type (
	checked   = wit.Result[types.Wants, []types.Problem]
	evaluated = wit.Result[types.Decision, types.PolicyError]
)

func check[Settings any](policy Policy[Settings], json string) (wants Wants, problems []Problem) {
	defer func() {
		if panicked := recover(); panicked != nil {
			problems = []Problem{{Message: fmt.Sprint("Check panicked: ", panicked)}}
		}
	}()
	settings, problems := readSettings[Settings](json)
	if len(problems) > 0 {
		return Wants{}, problems
	}
	return policy.Check(settings)
}

func evaluate[Settings any](policy Policy[Settings], json string, facts *Facts) (decision Decision, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	settings, problems := readSettings[Settings](json)
	if len(problems) > 0 {
		return Decision{}, settingsError(problems)
	}
	decision, err = policy.Evaluate(settings, facts)
	if err == nil && (decision.Priority < P1 || decision.Priority > P4) {
		err = errors.New("the decision has no priority")
	}
	return decision, err
}

// They passed Check, so this is a fault of the host, and the first problem is enough.
func settingsError(problems []Problem) error {
	return &policyError{kind: types.PolicyErrorSettings, text: problems[0].Path + ": " + problems[0].Message}
}

// NotApplicable says that a policy has nothing to decide about this incident, which is no failure.
func NotApplicable(format string, arguments ...any) error {
	return &policyError{kind: types.PolicyErrorNotApplicable, text: fmt.Sprintf(format, arguments...)}
}

type policyError struct {
	kind uint8
	text string
}

func (err *policyError) Error() string { return err.text }

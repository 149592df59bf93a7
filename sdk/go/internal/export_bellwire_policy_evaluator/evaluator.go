// Package export_bellwire_policy_evaluator is what the generated exports call, by a name that the generator chose.
// bellwire.Register puts the author's policy behind it.
package export_bellwire_policy_evaluator

import (
	"bellwire/internal/generated/bellwire_policy_types"
	"bellwire/internal/wit/types"
)

var (
	Describe = func() bellwire_policy_types.Description { panic(nothing) }

	Check = func(string) wit_types.Result[bellwire_policy_types.Wants, []bellwire_policy_types.Problem] {
		panic(nothing)
	}

	Evaluate = func(string, bellwire_policy_types.Facts) wit_types.Result[bellwire_policy_types.Decision, bellwire_policy_types.PolicyError] {
		panic(nothing)
	}
)

const nothing = "there is no policy: call bellwire.Register in a func init()"

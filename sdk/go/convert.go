package bellwire

import (
	"errors"

	types "bellwire/internal/generated/bellwire_policy_types"
	wit "bellwire/internal/wit/types"
)

// Between the author's types and the generated ones. Texts and labels are shared, not copied.

func liftFacts(facts *types.Facts) *Facts {
	return &Facts{
		Now:      Instant(facts.Now),
		Incident: liftIncident(&facts.Incident),
		Civil:    facts.Civil,
		Windows: each(facts.Windows, func(window *types.Window) Window {
			return Window{Name: window.Name, Inside: window.Inside, ChangesAt: liftInstant(window.ChangesAt)}
		}),
		OnCall: each(facts.OnCall, func(onCall *types.OnCall) OnCall {
			return OnCall{Schedule: onCall.Schedule, People: onCall.People, Until: liftInstant(onCall.Until)}
		}),
		Ext: facts.Ext,
	}
}

func liftIncident(incident *types.Incident) Incident {
	lifted := Incident{
		ID:           incident.Id,
		Team:         incident.Team,
		Route:        incident.Route,
		State:        IncidentState(incident.State),
		Group:        incident.Group,
		OpenedAt:     Instant(incident.OpenedAt),
		ChangedAt:    Instant(incident.ChangedAt),
		Reopened:     incident.Reopened,
		SnoozedUntil: liftInstant(incident.SnoozedUntil),
		Firing:       incident.Firing,
		Resolved:     incident.Resolved,
		Alerts:       each(incident.Alerts, liftAlert),
		Sent: each(incident.Sent, func(sent *types.Sent) Sent {
			return Sent{Key: sent.Key, To: liftTarget(sent.To), At: Instant(sent.At), Outcome: Outcome(sent.Outcome)}
		}),
		Ext: incident.Ext,
	}
	if incident.Acknowledged.IsSome() {
		acknowledged := incident.Acknowledged.Some()
		lifted.Acknowledged = &Acknowledgement{By: acknowledged.By, At: Instant(acknowledged.At)}
	}
	if incident.Priority.IsSome() {
		lifted.Priority = Priority(incident.Priority.Some()) + P1
	}
	return lifted
}

func liftAlert(alert *types.Alert) Alert {
	return Alert{
		Fingerprint: alert.Fingerprint,
		Firing:      alert.State == types.AlertStateFiring,
		Labels:      alert.Labels,
		Annotations: alert.Annotations,
		StartsAt:    Instant(alert.StartsAt),
		EndsAt:      liftInstant(alert.EndsAt),
		Ext:         alert.Ext,
	}
}

func liftInstant(instant wit.Option[uint64]) Instant { return Instant(instant.SomeOr(0)) }

func liftTarget(target types.Target) Target {
	switch target.Tag() {
	case types.TargetReceiver:
		return Receiver(target.Receiver())
	case types.TargetPerson:
		return Person(target.Person())
	case types.TargetSchedule:
		return Schedule(target.Schedule())
	default:
		other := target.Other()
		return Target{Kind(other.Name), other.Value}
	}
}

func lowerTarget(target *Target) types.Target {
	switch target.Kind {
	case KindReceiver:
		return types.MakeTargetReceiver(target.Name)
	case KindPerson:
		return types.MakeTargetPerson(target.Name)
	case KindSchedule:
		return types.MakeTargetSchedule(target.Name)
	default:
		return types.MakeTargetOther(Pair{Name: string(target.Kind), Value: target.Name})
	}
}

func lowerDecision(decision *Decision) types.Decision {
	return types.Decision{
		Priority: uint8(decision.Priority - P1),
		Notices: each(decision.Notices, func(notice *Notice) types.Notice {
			return types.Notice{
				Key:  notice.Key,
				To:   each(notice.To, lowerTarget),
				Page: notice.Page,
				Text: unless(notice.Text, ""),
				Ext:  notice.Ext,
			}
		}),
		NextCheck: unless(uint64(decision.NextCheck), 0),
		Reason:    decision.Reason,
		Ext:       decision.Ext,
	}
}

func lowerWants(wants Wants) types.Wants {
	return types.Wants{
		Zones:     wants.Zones,
		Windows:   wants.Windows,
		Schedules: wants.Schedules,
		Targets:   each(wants.Targets, lowerTarget),
	}
}

func lowerProblems(problems []Problem) []types.Problem {
	return each(problems, func(problem *Problem) types.Problem { return types.Problem(*problem) })
}

func lowerError(err error) types.PolicyError {
	var own *policyError
	if !errors.As(err, &own) {
		return types.MakePolicyErrorFailed(err.Error())
	}
	if own.kind == types.PolicyErrorNotApplicable {
		return types.MakePolicyErrorNotApplicable(err.Error())
	}
	return types.MakePolicyErrorSettings(err.Error())
}

func each[From, To any](all []From, convert func(*From) To) []To {
	converted := make([]To, len(all))
	for index := range all {
		converted[index] = convert(&all[index])
	}
	return converted
}

func unless[T comparable](value, none T) wit.Option[T] {
	if value == none {
		return wit.None[T]()
	}
	return wit.Some(value)
}

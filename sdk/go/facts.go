package bellwire

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	types "bellwire/internal/generated/bellwire_policy_types"
)

// Instant is in milliseconds since 1970-01-01T00:00:00Z. Where there may be none, it is zero.
type Instant uint64

// Add gives the instant that is so much later.
func (instant Instant) Add(duration time.Duration) Instant {
	return Instant(int64(instant) + duration.Milliseconds())
}

// Sub says how much later than the other it is.
func (instant Instant) Sub(other Instant) time.Duration {
	return time.Duration(int64(instant)-int64(other)) * time.Millisecond
}

func (instant Instant) IsZero() bool { return instant == 0 }

// Time is in UTC: a policy has no zones, and asks the host for [Civil] instead.
func (instant Instant) Time() time.Time { return time.UnixMilli(int64(instant)).UTC() }

// Priority of an incident: P1 is the most urgent. The zero value is none.
type Priority uint8

const (
	P1 Priority = iota + 1
	P2
	P3
	P4
)

func (priority Priority) String() string {
	if priority < P1 || priority > P4 {
		return "no priority"
	}
	return "P" + strconv.Itoa(int(priority))
}

// UnmarshalText reads `P1` to `P4`.
func (priority *Priority) UnmarshalText(text []byte) error {
	for known := P1; known <= P4; known++ {
		if known.String() == string(text) {
			*priority = known
			return nil
		}
	}
	return fmt.Errorf("unknown priority %q: expected P1, P2, P3 or P4", text)
}

// Kind of a target.
type Kind string

const (
	KindReceiver Kind = "receiver"
	KindPerson   Kind = "person"
	KindSchedule Kind = "schedule"
)

// Target is whom to tell, by the name it has in the team's routes file. Targets can be compared with ==.
type Target struct {
	Kind Kind
	Name string
}

func Receiver(name string) Target { return Target{KindReceiver, name} }
func Person(name string) Target   { return Target{KindPerson, name} }
func Schedule(name string) Target { return Target{KindSchedule, name} }

// String is as in the routes file: `schedule:primary`.
func (target Target) String() string { return string(target.Kind) + ":" + target.Name }

// UnmarshalText reads `NAME`, `receiver:NAME`, `person:NAME` or `schedule:NAME`.
func (target *Target) UnmarshalText(text []byte) error {
	kind, name, written := strings.Cut(string(text), ":")
	if !written {
		kind, name = string(KindReceiver), kind
	}
	if name == "" {
		return fmt.Errorf("a target needs a name")
	}
	switch Kind(kind) {
	case KindReceiver, KindPerson, KindSchedule:
		*target = Target{Kind(kind), name}
		return nil
	default:
		return fmt.Errorf("unknown kind of target %q: expected receiver, person or schedule", kind)
	}
}

// Pair of a name and a value.
type Pair = types.Pair

// Labels are sorted by name.
type Labels []Pair

// Get gives the value of a label, and the empty text if there is none.
func (labels Labels) Get(name string) string {
	value, _ := labels.Lookup(name)
	return value
}

func (labels Labels) Lookup(name string) (value string, found bool) {
	for _, pair := range labels {
		if pair.Name == name {
			return pair.Value, true
		}
	}
	return "", false
}

// Alert of an incident.
type Alert struct {
	// Fingerprint has 16 hex digits: Alertmanager's, of the labels.
	Fingerprint string
	// Firing is false if it is resolved.
	Firing      bool
	Labels      Labels
	Annotations Labels
	StartsAt    Instant
	// EndsAt may be zero: none.
	EndsAt Instant
	Ext    Labels
}

// IncidentState says whether somebody has it.
type IncidentState uint8

const (
	Open         = IncidentState(types.IncidentStateOpen)
	Acknowledged = IncidentState(types.IncidentStateAcknowledged)
	Snoozed      = IncidentState(types.IncidentStateSnoozed)
	Resolved     = IncidentState(types.IncidentStateResolved)
)

func (state IncidentState) String() string {
	switch state {
	case Open:
		return "open"
	case Acknowledged:
		return "acknowledged"
	case Snoozed:
		return "snoozed"
	case Resolved:
		return "resolved"
	default:
		return "unknown"
	}
}

// Outcome of a notice.
type Outcome uint8

const (
	Pending   = Outcome(types.OutcomePending)
	Delivered = Outcome(types.OutcomeDelivered)
	Failed    = Outcome(types.OutcomeFailed)
	// Nobody was there, such as in a schedule with nobody on call.
	Nobody = Outcome(types.OutcomeNobody)
)

// Sent is a notice of the incident's current opening and how it fared: one for each key and target.
type Sent struct {
	Key     string
	To      Target
	At      Instant
	Outcome Outcome
}

// Acknowledgement says who has the incident.
type Acknowledgement struct {
	By string
	At Instant
}

type Incident struct {
	// ID is TEAM-NUMBER.
	ID    string
	Team  string
	Route string
	State IncidentState
	// Group has the labels that the alerts were grouped by.
	Group Labels
	// OpenedAt is when it opened, or re-opened last: ladders count from here.
	OpenedAt Instant
	// ChangedAt is when its facts last changed.
	ChangedAt Instant
	// Reopened is how often it re-opened after it was resolved.
	Reopened uint32
	// Acknowledged may be nil.
	Acknowledged *Acknowledgement
	// SnoozedUntil may be zero: none.
	SnoozedUntil Instant
	// Priority is what the last decision said; zero before the first.
	Priority Priority
	// Firing and Resolved count all alerts; Alerts may hold fewer.
	Firing   uint32
	Resolved uint32
	// Alerts are at most 500, firing ones first, then newest first.
	Alerts []Alert
	// Sent is in the order it was decided, and only of the current opening. Keys that begin `bellwire:` are the host's own,
	// such as `bellwire:reassigned-1`: somebody handed the incident over.
	Sent []Sent
	Ext  Labels
}

// FiringAlerts gives those that fire, in their order.
func (incident *Incident) FiringAlerts() iter.Seq[*Alert] {
	return func(yield func(*Alert) bool) {
		for index := range incident.Alerts {
			if alert := &incident.Alerts[index]; alert.Firing && !yield(alert) {
				return
			}
		}
	}
}

// SentWith gives what was sent with a key, one entry for each target.
func (incident *Incident) SentWith(key string) iter.Seq[*Sent] {
	return func(yield func(*Sent) bool) {
		for index := range incident.Sent {
			if sent := &incident.Sent[index]; sent.Key == key && !yield(sent) {
				return
			}
		}
	}
}

// WasSent says whether a notice with this key was sent to anybody.
func (incident *Incident) WasSent(key string) bool {
	for range incident.SentWith(key) {
		return true
	}
	return false
}

// EscalatedAt is when somebody last asked for the next step, which is due if nothing was sent at or after this instant.
// Zero: nobody did.
func (incident *Incident) EscalatedAt() Instant {
	instant, _ := strconv.ParseUint(incident.Ext.Get("escalated-at"), 10, 64)
	return Instant(instant)
}

// Civil is Facts.Now on the wall of a zone that the policy asked for. Month and Day count from 1; Weekday 1 is Monday, 7 is
// Sunday.
type Civil = types.Civil

// Window of time from the routes file, such as "business-hours".
type Window struct {
	Name   string
	Inside bool
	// ChangesAt is until when that is so; zero: for ever.
	ChangesAt Instant
}

// OnCall says who is on call in a schedule.
type OnCall struct {
	Schedule string
	People   []string
	// Until may be zero: none.
	Until Instant
}

// Facts are all that a policy may know.
type Facts struct {
	// Now is the only clock a policy has.
	Now      Instant
	Incident Incident
	Civil    []Civil
	Windows  []Window
	OnCall   []OnCall
	Ext      Labels
}

// CivilIn gives the time in a zone that Check wanted; nil if it did not.
func (facts *Facts) CivilIn(zone string) *Civil {
	return find(facts.Civil, func(civil *Civil) bool { return civil.Zone == zone })
}

// Window gives a window that Check wanted; nil if it did not.
func (facts *Facts) Window(name string) *Window {
	return find(facts.Windows, func(window *Window) bool { return window.Name == name })
}

// OnCallIn gives a schedule that Check wanted; nil if it did not.
func (facts *Facts) OnCallIn(schedule string) *OnCall {
	return find(facts.OnCall, func(onCall *OnCall) bool { return onCall.Schedule == schedule })
}

func find[T any](all []T, matches func(*T) bool) *T {
	for index := range all {
		if matches(&all[index]) {
			return &all[index]
		}
	}
	return nil
}

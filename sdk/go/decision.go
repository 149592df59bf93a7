package bellwire

// Decision is what a policy wants. Priority and Reason must be given.
type Decision struct {
	Priority Priority
	// Notices has every notice that is due by Facts.Now, whether sent before or not.
	Notices []Notice
	// NextCheck is when to ask again, if nothing changes before; zero: only then.
	NextCheck Instant
	// Reason is one sentence for a human.
	Reason string
	Ext    Labels
}

// Notice to one or more targets.
type Notice struct {
	// Key is unique within one opening of the incident, such as `step-2`. The host sends a key once to each target.
	Key string
	To  []Target
	// Page says whether it shall wake somebody, or only inform.
	Page bool
	// Text is said in the message beside the host's own.
	Text string
	Ext  Labels
}

// Notify adds a notice that is due by now.
func (decision *Decision) Notify(notice Notice) { decision.Notices = append(decision.Notices, notice) }

// Page adds a notice that wakes somebody.
func (decision *Decision) Page(key string, to ...Target) {
	decision.Notify(Notice{Key: key, To: to, Page: true})
}

// Inform adds a notice that wakes nobody.
func (decision *Decision) Inform(key string, to ...Target) {
	decision.Notify(Notice{Key: key, To: to})
}

// CheckAt asks again then; the earliest of several calls counts.
func (decision *Decision) CheckAt(instant Instant) {
	if decision.NextCheck.IsZero() || instant < decision.NextCheck {
		decision.NextCheck = instant
	}
}

package bellwire

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

type probe struct {
	To    Targets            `json:"to" required:"true"`
	Steps []probeStep        `json:"steps"`
	Above map[string]float64 `json:"above"`
	Among Priority           `json:"among"`
	Count *int               `json:"count"`
}

type probeStep struct {
	After Span `json:"after" required:"true"`
	Page  bool `json:"page"`
}

func (settings *probe) SetDefaults() { settings.Among = P2 }

func problemsOf(text string) string {
	_, problems := readSettings[probe](text)
	var lines strings.Builder
	for _, problem := range problems {
		fmt.Fprintf(&lines, "%s: %s\n", problem.Path, problem.Message)
	}
	return lines.String()
}

func TestEveryProblemIsFoundAtOnceWithItsPath(t *testing.T) {
	actual := problemsOf(`{
		"to": ["ops", "team:ops", 7],
		"steps": [{ "after": "5 minutes" }, { "after": "5m", "pgae": true }, { "page": "yes" }, 7],
		"above": { "rate": "high", "ok": 5 },
		"among": "P5",
		"count": 1.5
	}`)
	expected := `to[1]: unknown kind of target "team": expected receiver, person or schedule
to[2]: expected a text, not 7
steps[0].after: expected a length of time such as "90s", "5m", "1h30m" or "2d"
steps[1].pgae: unknown: expected after, page
steps[2].after: is missing
steps[2].page: expected true or false, not "yes"
steps[3]: expected an object, not 7
above.rate: expected a number, not "high"
among: unknown priority "P5": expected P1, P2, P3 or P4
count: expected a whole number, not 1.5
`
	if actual != expected {
		t.Errorf("got\n%s", actual)
	}
}

func TestWholeDocumentsThatAreWrong(t *testing.T) {
	for text, expected := range map[string]string{
		`{`:                        ": the settings are not JSON\n",
		`[]`:                       ": expected an object, not a list\n",
		`null`:                     ": expected an object, not null\n",
		`{}`:                       "to: is missing\n",
		`{"to": null}`:             "to: expected a target or a list of targets, not null\n",
		`{"to": []}`:               "to: needs at least one target\n",
		`{"to": "person:"}`:        "to: a target needs a name\n",
		`{"to":"a","count":null}`:  "",
		`{"to":"a","steps": null}`: "steps: expected a list, not null\n",
	} {
		if actual := problemsOf(text); actual != expected {
			t.Errorf("%s gave %q", text, actual)
		}
	}
}

func TestSettingsAreReadAndDefaultsKept(t *testing.T) {
	settings, problems := readSettings[probe](`{"to": "schedule:a:b", "steps": [{"after": "1h30m"}], "count": 3}`)
	if len(problems) > 0 || len(settings.To) != 1 || settings.To[0] != Schedule("a:b") || settings.Among != P2 ||
		settings.Steps[0].After.Duration() != 90*time.Minute || *settings.Count != 3 {
		t.Error(settings, problems)
	}
}

func TestSpans(t *testing.T) {
	for text, expected := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "2w": 14 * 24 * time.Hour, "250ms": 250 * time.Millisecond,
	} {
		var span Span
		if err := span.UnmarshalText([]byte(text)); err != nil || span.Duration() != expected {
			t.Error(text, span, err)
		}
	}
	for _, text := range []string{"", "5", "m", "-5m", "5 m", "5M", "99999999999999999999m", "4000d", "5mm"} {
		var span Span
		if err := span.UnmarshalText([]byte(text)); err == nil {
			t.Error(text, span)
		}
	}
}

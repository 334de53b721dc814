package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/lspproxy"
	"github.com/gorescue/gorescue/internal/text"
)

// logEvent is something that happened to a supervised gopls, in the JSON of log.
type logEvent struct {
	Time  time.Time         `json:"time"`
	Run   string            `json:"run"`             // of the supervisor
	Files map[string]string `json:"files,omitempty"` // evidence: name → path
	lspproxy.Event
}

func lspEvents(j *journal.Journal) []logEvent {
	var out []logEvent
	for _, r := range j.Records() {
		e := logEvent{Time: r.Time, Run: r.Change}
		if r.Kind != journal.Event || r.Check != "lsp" || json.Unmarshal(r.Data, &e.Event) != nil {
			continue
		}
		for name, sum := range e.Evidence {
			if e.Files == nil {
				e.Files = map[string]string{}
			}
			e.Files[name] = j.Path(sum)
		}
		out = append(out, e)
	}
	return out
}

// logEvent prints what a person may want to know: why gopls was started again, and where the evidence is.
func (s *shared) logEvent(e logEvent) {
	when := e.Time.Local().Format("2006-01-02 15:04:05")
	switch {
	case e.Verdict != "":
		s.print(text.New("{when}  gopls {version} {event}: {verdict} ({why})", "{when}  gopls {version} {event}：{verdict}（{why}）").
			With("when", when, "version", e.Version, "event", e.Kind, "verdict", e.Verdict, "why", e.Why))
	case e.Kind == "asleep":
		s.print(text.New("{when}  gopls was left alone: too many restarts", "{when}  gopls 被暂停：重启次数过多").With("when", when))
	default:
		return
	}
	for _, name := range slices.Sorted(maps.Keys(e.Files)) {
		fmt.Fprintf(s.Stdout, "    %-10s %s\n", name, text.Visible(e.Files[name]))
	}
}

// watchEvents are the events of all black boxes of a state folder. Notes of processes that come and go are left out. A box that
// cannot be read has none.
func (s *shared) watchEvents(state string) (out []jsonWatchEvent) {
	rings, _, err := blackbox.All(state)
	if err != nil {
		return nil
	}
	for _, ring := range rings {
		h, err := blackbox.Read(ring, time.Time{})
		if err != nil {
			continue
		}
		for _, e := range h.Events {
			if e.ID != "gopls-started" && e.ID != "gopls-ended" {
				out = append(out, s.jsonEvent(e))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b jsonWatchEvent) int { return a.At.Compare(b.At) })
	return out
}

package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// logEntry is one change in the JSON of log.
type logEntry struct {
	Change  string             `json:"change"`
	Began   time.Time          `json:"began"`
	Ended   *time.Time         `json:"ended,omitempty"`
	Outcome repair.Outcome     `json:"outcome,omitempty"` // "": it never ended
	Undone  *time.Time         `json:"undone,omitempty"`
	Undo    repair.UndoOutcome `json:"undo,omitempty"`
	Checks  []string           `json:"checks"`
	Effects int                `json:"effects"`
	Stages  []jsonStage        `json:"stages"`
}

func (s *shared) logCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "log",
		Short: s.say(text.New("what was changed when, and how long each stage took", "何时改动了什么，各阶段用时")),
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return s.log() },
	}
}

func (s *shared) log() error {
	all, events := []logEntry{}, []logEvent{}
	watched := []jsonWatchEvent{}
	for _, d := range stateDirs(s.vars) {
		j, err := journal.Read(d)
		if err != nil {
			s.complain(err)
			s.exit = exitFailed
			continue
		}
		for _, c := range repair.Changes(j) {
			all = append(all, entry(c))
		}
		events = append(events, lspEvents(j)...)
		watched = append(watched, s.watchEvents(d)...)
	}
	if s.json {
		enc := json.NewEncoder(s.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"schema": jsonSchema, "changes": all, "events": events, "watch": watched})
	}
	if len(all)+len(events)+len(watched) == 0 {
		s.print(text.New("nothing was ever changed", "从未做过任何改动").With())
	}
	for _, e := range all {
		s.print(text.New("{id}  {when}  {state}  {checks}", "{id}  {when}  {state}  {checks}").
			With("id", e.Change, "when", e.Began.Local().Format("2006-01-02 15:04:05"), "state", s.state(e), "checks", strings.Join(e.Checks, ", ")))
		for _, st := range e.Stages {
			fmt.Fprintf(s.Stdout, "    %-8s %7.3f s  %s\n", st.Stage, st.Seconds, st.Check)
		}
	}
	for _, e := range events {
		s.logEvent(e)
	}
	for _, e := range watched {
		fmt.Fprintf(s.Stdout, "%s  %s (%s, %s)\n", e.At.Local().Format("2006-01-02 15:04:05"), text.Visible(e.Msg), e.ID, e.Kind)
	}
	return nil
}

func (s *shared) state(e logEntry) string {
	switch {
	case e.Undone != nil:
		return text.New("undone ({how})", "已撤销（{how}）").With("how", e.Undo).In(s.lang)
	case e.Outcome == "":
		return s.say(text.New("cut off", "被中断"))
	}
	return string(e.Outcome)
}

func entry(c *repair.Change) logEntry {
	e := logEntry{Change: c.ID, Began: c.Began, Outcome: c.Outcome, Undo: c.Undo, Checks: c.Checks, Effects: c.Ops(), Stages: stages(c.Stages)}
	if !c.Ended.IsZero() {
		e.Ended = &c.Ended
	}
	if !c.Undone.IsZero() {
		e.Undone = &c.Undone
	}
	return e
}

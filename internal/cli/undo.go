package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

func (s *shared) undoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "undo [CHANGE]",
		Short: s.say(text.New("take a change back (the last one that stands)", "撤销一次改动（默认为最近一次仍有效的）")),
		Args:  cobra.MaximumNArgs(1),
	}
	c.Flags().BoolP("yes", "y", false, s.say(text.New("accepted for symmetry with fix; undo does not ask", "与 fix 一致而接受；undo 不询问")))
	c.RunE = func(_ *cobra.Command, args []string) error {
		want := ""
		if len(args) > 0 {
			want = args[0]
		}
		return s.undo(want)
	}
	return c
}

func (s *shared) undo(want string) error {
	state, err := s.findChange(want)
	if err != nil {
		return err
	}
	j, err := s.openJournal(state)
	if err != nil {
		return err
	}
	defer j.Close()
	recovered, err := repair.Recover(j)
	if err != nil {
		return err
	}
	if len(recovered) > 0 && (want == "" || recovered[len(recovered)-1].Change == want) {
		return s.tellUndone(recovered[len(recovered)-1])
	}
	c := pick(repair.Changes(j), want)
	if c == nil {
		return nothingToUndo(want)
	}
	u, err := repair.Undo(j, c)
	if err != nil {
		return err
	}
	return s.tellUndone(u)
}

// findChange returns the state folder whose journal has the change, or the first with one that stands.
func (s *shared) findChange(want string) (string, error) {
	var damaged error
	for _, d := range stateDirs(s.vars) {
		j, err := journal.Read(d)
		if err != nil {
			damaged = err
			continue
		}
		if pick(repair.Changes(j), want) != nil && mayUse(d) {
			return d, nil
		}
	}
	if damaged != nil {
		return "", damaged
	}
	return "", nothingToUndo(want)
}

func nothingToUndo(want string) error {
	if want == "" {
		return text.Errorf(text.New("cannot undo: no change stands", "无可撤销：没有仍然有效的改动").With(), text.New("gorescue log", "gorescue log").With())
	}
	return text.Errorf(text.New("cannot undo {id}: there is no such change", "无法撤销 {id}：没有这次改动").With("id", want), text.New("gorescue log", "gorescue log").With())
}

// pick returns the change with that id, or the last that stands and did something.
func pick(all []*repair.Change, want string) *repair.Change {
	for i := len(all) - 1; i >= 0; i-- {
		c := all[i]
		if c.ID == want || want == "" && c.Stands() && c.Ops() > 0 {
			return c
		}
	}
	return nil
}

func (s *shared) tellUndone(u repair.Undone) error {
	if u.Outcome == repair.Refused {
		s.exit = exitFound
	}
	if s.json {
		enc := json.NewEncoder(s.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"schema": jsonSchema, "undo": u})
	}
	switch u.Outcome {
	case repair.Clean:
		s.print(text.New("taken back: {id} (every byte, mode and time is as before)", "已撤销：{id}（每个字节、权限与时间都已还原）").With("id", u.Change))
	case repair.Merged:
		s.print(text.New("taken back: {id}, but for what was changed since:", "已撤销：{id}，但此后另有变动的部分除外：").With("id", u.Change))
	default:
		s.print(text.New("not taken back: {id}; nothing was touched:", "未撤销：{id}；没有改动任何内容：").With("id", u.Change))
	}
	for _, n := range u.Notes {
		fmt.Fprintf(s.Stdout, "  %s: %s\n", text.Visible(n.Path), n.Why)
		if n.Kept != "" {
			s.print(text.New("    the content before the change is kept in {path}", "    改动前的内容保存在 {path}").With("path", n.Kept))
		}
	}
	return nil
}

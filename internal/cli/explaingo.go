package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/ci"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/startup"
	"github.com/gorescue/gorescue/internal/text"
)

// goEntry is one go of PATH in the JSON of explain go.
type goEntry struct {
	Path    string       `json:"path"`
	First   bool         `json:"first"` // a shell here starts this one
	Kind    facts.GoKind `json:"kind"`
	Version string       `json:"version,omitempty"`
	Root    string       `json:"root,omitempty"`
	File    string       `json:"file,omitempty"` // the start-up file that puts its folder on PATH
	Line    int          `json:"line,omitempty"`
}

// explainGo shows which go a command here means, and who put it there.
func (s *shared) explainGo(ctx context.Context) error {
	w, err := s.world(nil)
	if err != nil {
		return err
	}
	snap := probe.Collect(ctx, w, catalog.Probes(), s.budget)
	if st := snap.Sections[facts.SecToolchain]; st.State != facts.OK {
		return text.Errorf(text.New("could not look for go: {why}", "无法查找 go：{why}").With("why", st.Reason), text.Msg{})
	}
	list := []goEntry{}
	for i, c := range snap.Toolchain.Commands {
		e := goEntry{Path: c.Path, First: i == snap.Toolchain.First, Kind: c.Kind, Version: c.Version, Root: c.Root}
		if a, ok := startup.PathOrigin(snap.Startup, c.Entry); ok {
			e.File, e.Line = a.File, a.Line
		}
		list = append(list, e)
	}
	uses := ci.Read(orDefault(snap.Project.Git.Root, orDefault(snap.Project.Root, snap.Dir)))
	if s.json {
		enc := json.NewEncoder(s.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"schema": jsonSchema, "go": list, "trees": snap.Toolchain.Trees, "project": projectGo(snap), "ci": uses})
	}
	if len(list) == 0 {
		s.print(text.New("no folder of PATH has a go", "PATH 的任何目录中都没有 go").With())
	}
	for _, e := range list {
		mark := " "
		if e.First {
			mark = "→"
		}
		fmt.Fprintf(s.Stdout, "%s %s  %s  %s\n", mark, text.Visible(e.Path), e.Version, e.Kind)
		if e.File != "" {
			fmt.Fprintln(s.Stdout, "   ", s.paint(dim, text.New("on PATH by {file}:{line}", "由 {file}:{line} 加入 PATH").With("file", e.File, "line", e.Line).In(s.lang)))
		}
	}
	if err := s.otherTrees(snap); err != nil {
		return err
	}
	s.wanted(snap, uses)
	return nil
}

// otherTrees lists the Go trees that no go of PATH belongs to.
func (s *shared) otherTrees(snap *facts.Snapshot) error {
	inPath := map[string]bool{}
	for _, c := range snap.Toolchain.Commands {
		inPath[c.Root] = true
	}
	for _, t := range snap.Toolchain.Trees {
		if t.State == facts.TreeFound && !inPath[t.Root] && !inPath[t.Real] {
			s.print(text.New("  {root}  {version}  (not on PATH)", "  {root}  {version}  （不在 PATH 中）").With("root", t.Root, "version", t.Version))
		}
	}
	return nil
}

// projectGo is what the project's files ask for.
func projectGo(snap *facts.Snapshot) map[string]any {
	m := &snap.Project.GoMod
	out := map[string]any{}
	if m.Go != nil {
		out["file"], out["line"], out["go"] = m.Path, m.Go.Line, m.Go.Value
	}
	if m.Toolchain != nil {
		out["toolchain"] = m.Toolchain.Value
	}
	return out
}

// wanted shows what the project asks for, whether the go in use still gets fixes, and what continuous integration uses.
// These are facts, not findings: an older Go may be wanted.
func (s *shared) wanted(snap *facts.Snapshot, uses []ci.Use) {
	if d := snap.Project.GoMod.Go; d != nil {
		s.print(text.New("project: {file}:{line} asks for go {value}", "项目：{file}:{line} 要求 go {value}").With("file", snap.Project.GoMod.Path, "line", d.Line, "value", d.Value))
	}
	if i := snap.Toolchain.First; i >= 0 && i < len(snap.Toolchain.Commands) {
		if ended, ok := gotree.Support(snap.Toolchain.Commands[i].Version, snap.Taken); ok && ended != "" {
			s.print(text.New("support: {version} gets no fixes any more since {month} (only the last two major releases do)", "支持：{version} 自 {month} 起不再获得修复（只有最近两个主版本会）").With("version", snap.Toolchain.Commands[i].Version, "month", ended))
		}
	}
	for _, u := range uses {
		release := u.Go
		if u.Named != "" {
			release = u.Named
		}
		s.print(text.New("CI: {file}:{line} uses {go}", "CI：{file}:{line} 使用 {go}").With("file", relative(snap, u.File), "line", u.Line, "go", release))
	}
}

func orDefault(value, def string) string {
	if value == "" {
		return def
	}
	return value
}

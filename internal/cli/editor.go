package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/startup"
	"github.com/gorescue/gorescue/internal/text"
)

// installCheck is the name under which the journal keeps an installation.
const installCheck = "editor-install"

func (s *shared) editorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "editor",
		Short: s.say(text.New("which gopls each editor starts here and why; put the supervisor in front of it", "各编辑器在此启动哪个 gopls 及原因；在其前面装上守护程序")),
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return s.editorList(cmd.Context()) },
	}
	names := "[EDITOR…]"
	c.AddCommand(
		&cobra.Command{Use: "list", Args: cobra.NoArgs, Short: s.say(text.New("the editors of this user and the gopls that each starts", "此用户的编辑器及各自启动的 gopls")),
			RunE: func(cmd *cobra.Command, _ []string) error { return s.editorList(cmd.Context()) }},
		&cobra.Command{Use: "explain " + names, Short: s.say(text.New("layers of settings, which one wins, where gopls was looked for, trust, extensions, processes", "各层设置及其胜出者、gopls 的查找位置、信任、扩展、进程")),
			RunE: func(cmd *cobra.Command, args []string) error { return s.editorExplain(cmd.Context(), args) }},
		&cobra.Command{Use: "install " + names, Short: s.say(text.New("let editors start gopls through gorescue lsp (undoable)", "让编辑器通过 gorescue lsp 启动 gopls（可撤销）")),
			RunE: func(cmd *cobra.Command, args []string) error { return s.editorInstall(cmd.Context(), args) }},
		&cobra.Command{Use: "uninstall", Args: cobra.NoArgs, Short: s.say(text.New("take the last editor install back", "撤回最近一次 editor install")),
			RunE: func(*cobra.Command, []string) error { return s.editorUninstall() }},
		s.editorCheckCommand(), s.editorExtensionsCommand(), s.editorDiffCommand(),
	)
	return c
}

// editors collects what the commands of this family show.
func (s *shared) editors(ctx context.Context) (probe.World, *facts.Snapshot, error) {
	w, err := s.world(nil)
	if err != nil {
		return w, nil, err
	}
	need := []facts.Section{facts.SecHost, facts.SecProcess, facts.SecStartup, facts.SecSettings, facts.SecToolchain, facts.SecProject, facts.SecEditors, facts.SecGopls}
	probes := slices.DeleteFunc(catalog.Probes(), func(p probe.Probe) bool { return !slices.Contains(need, p.Section) })
	snap := probe.Collect(ctx, w, probes, s.budget)
	switch st := snap.Sections[facts.SecEditors]; st.State {
	case facts.OK:
		return w, snap, nil
	case facts.Skipped:
		return w, nil, text.Errorf(text.New("cannot find an editor: {why}", "没有找到编辑器：{why}").With("why", st.Reason),
			text.New("known are VS Code and its kin, JetBrains, Neovim, Vim, Helix, Emacs, Zed", "已知的有 VS Code 系列、JetBrains、Neovim、Vim、Helix、Emacs、Zed").With())
	default:
		return w, nil, text.Errorf(text.New("cannot look at the editors: {why}", "无法检查编辑器：{why}").With("why", st.Reason), text.Msg{})
	}
}

func (s *shared) editorList(ctx context.Context) error {
	_, snap, err := s.editors(ctx)
	if err != nil {
		return err
	}
	if s.json {
		return s.editorJSON(snap)
	}
	for i := range snap.Editors.List {
		e := &snap.Editors.List[i]
		s.print(startsWhat(snap, e))
	}
	return nil
}

func (s *shared) editorJSON(snap *facts.Snapshot) error {
	return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "editors": snap.Editors, "gopls": snap.Gopls})
}

// startsWhat is one line about an editor.
func startsWhat(snap *facts.Snapshot, e *facts.Editor) text.Msg {
	st := &e.Start
	switch {
	case e.Kind == facts.EditorJetBrains:
		return text.New("{editor}: starts no gopls (it has an engine of its own)", "{editor}：不启动 gopls（有自己的引擎）").With("editor", e.Name)
	case st.Off:
		return text.New("{editor}: gopls is switched off by go.useLanguageServer", "{editor}：go.useLanguageServer 关闭了 gopls").With("editor", e.Name)
	case st.Path == "":
		return text.New("{editor}: finds no gopls", "{editor}：找不到 gopls").With("editor", e.Name)
	}
	what := "?"
	for _, p := range snap.Gopls.Programs {
		if p.Path == st.Path {
			switch {
			case p.Wrapper != nil && p.Wrapper.Target != "":
				what = "→ " + p.Wrapper.Target
			case p.Release != "" || p.BuiltBy != "":
				what = strings.TrimSpace(p.Release + " " + p.BuiltBy)
			default:
				what = string(p.Kind)
			}
		}
	}
	return text.New("{editor}: {path} ({what}), found by {why}", "{editor}：{path}（{what}），来自 {why}").With("editor", e.Name, "path", st.Path, "what", what, "why", st.Why)
}

func (s *shared) editorExplain(ctx context.Context, names []string) error {
	_, snap, list, err := s.editorsNamed(ctx, names)
	if err != nil {
		return err
	}
	if s.json {
		return s.editorJSON(snap)
	}
	s.print(text.New("folder that an editor opens: {root}", "编辑器打开的目录：{root}").With("root", snap.Editors.Root))
	for _, e := range list {
		fmt.Fprintln(s.Stdout)
		s.print(startsWhat(snap, e))
		for i := range e.Files {
			f := &e.Files[i]
			s.print(text.New("  {layer}: {file} ({state}, {n} error(s))", "  {layer}：{file}（{state}，{n} 个错误）").With("layer", f.Layer, "file", f.Path, "state", f.State, "n", len(f.Errors)))
			for _, v := range e.Values {
				if v.File == i {
					s.print(valueLine(v))
				}
			}
		}
		if len(e.Start.Looked) > 0 {
			s.print(text.New("  searched: {dirs}", "  查找过：{dirs}").With("dirs", strings.Join(e.Start.Looked, ", ")))
		}
		if st := e.State; st != nil {
			s.print(text.New("  trust: {trust} (decided by {dir}; {file})", "  信任：{trust}（由 {dir} 决定；{file}）").With("trust", st.Trust, "dir", st.Decides, "file", st.Path))
		}
		for _, p := range e.Plugins {
			s.print(text.New("  extension {id} {version}: {state}", "  扩展 {id} {version}：{state}").With("id", p.ID, "version", p.Version, "state", p.State))
		}
		for _, l := range e.Logs {
			s.print(text.New("  log: {file}", "  日志：{file}").With("file", l))
		}
	}
	for _, g := range snap.Gopls.Running {
		s.print(text.New("process {pid}: {role} {release} of {parent}, in {dir}, state {state}, age {age}, CPU {cpu}, {rss} MiB", "进程 {pid}：{role} {release}，属于 {parent}，目录 {dir}，状态 {state}，存在 {age}，CPU {cpu}，{rss} MiB").
			With("pid", g.PID, "role", g.Role, "release", g.Release, "parent", g.Parent, "dir", g.Dir, "state", g.State, "age", g.Age.Round(time.Second), "cpu", g.CPU.Round(time.Second), "rss", g.RSS>>20))
	}
	return nil
}

func valueLine(v facts.EditorValue) text.Msg {
	key := v.Key
	if v.Sub != "" {
		key += " / " + v.Sub
	}
	value := strings.Join(strings.Fields(v.JSON), " ")
	if v.Beaten {
		return text.New("    {line}: {key} = {value}  (beaten by a stronger layer or a later line)", "    {line}：{key} = {value}（被更强的层或后面的行覆盖）").With("line", v.Line, "key", key, "value", value)
	}
	return text.New("    {line}: {key} = {value}", "    {line}：{key} = {value}").With("line", v.Line, "key", key, "value", value)
}

// editorsNamed looks at the editors, and chooses those of these names.
func (s *shared) editorsNamed(ctx context.Context, names []string) (probe.World, *facts.Snapshot, []*facts.Editor, error) {
	w, snap, err := s.editors(ctx)
	if err != nil {
		return w, snap, nil, err
	}
	list, err := chosenEditors(snap, names)
	return w, snap, list, err
}

// chosenEditors are the editors of these names, all without one.
func chosenEditors(snap *facts.Snapshot, names []string) ([]*facts.Editor, error) {
	var out []*facts.Editor
	for i := range snap.Editors.List {
		e := &snap.Editors.List[i]
		if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, e.Name) || strings.EqualFold(n, string(e.Kind)) }) {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return nil, usage(text.New("cannot find the editor {names}", "找不到编辑器 {names}").With("names", strings.Join(names, ", ")))
	}
	return out, nil
}

// editorInstall lets every chosen editor start a small program which starts gorescue lsp with the gopls that
// the editor starts now.
func (s *shared) editorInstall(ctx context.Context, names []string) error {
	w, snap, list, err := s.editorsNamed(ctx, names)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	plan := &repair.Plan{Schema: repair.PlanSchema, Made: time.Now().UTC(), Dir: w.Dir}
	want := map[string]string{} // editor → program
	for _, e := range list {
		if e.Start.Path == "" || e.Start.Off || e.Kind == facts.EditorJetBrains {
			s.print(startsWhat(snap, e))
			continue
		}
		program := filepath.Join(w.State, "editors", strings.ReplaceAll(strings.ToLower(e.Name), " ", ""), "gopls")
		if e.Start.Path == program {
			s.print(text.New("{editor}: already goes through gorescue lsp", "{editor}：已经通过 gorescue lsp").With("editor", e.Name))
			continue
		}
		acts, err := front(e, program, self)
		if err != nil {
			fmt.Fprintln(s.Stdout, text.Visible(err.Error()))
			continue
		}
		st, err := repair.Bind(&diag.Finding{Check: installCheck, Subject: e.Name, Claim: startsWhat(snap, e)},
			diag.Fix{Risk: diag.Person, Title: text.New("let {editor} start {path} through gorescue lsp", "让 {editor} 通过 gorescue lsp 启动 {path}").With("editor", e.Name, "path", e.Start.Path), Actions: acts})
		if err != nil {
			return err
		}
		plan.Steps = append(plan.Steps, st)
		want[e.Name] = program
	}
	if len(plan.Steps) == 0 {
		return nil
	}
	j, err := s.openJournal(w.State)
	if err != nil {
		return err
	}
	defer j.Close()
	if err := s.recover(j); err != nil {
		return err
	}
	eng := &repair.Engine{Journal: j, Diagnose: func(ctx context.Context, w probe.World) *diag.Report { return s.installed(ctx, w, want) }}
	began := time.Now()
	res, err := eng.Apply(ctx, w, plan)
	if err != nil {
		return s.brokenOff(err, res)
	}
	s.exit = fixVerdict(res, nil)
	if s.json {
		return s.writeJSON(document{Report: res.Last, Fix: res, Took: time.Since(began)})
	}
	s.writeFix(res, nil, time.Since(began))
	return nil
}

// front are the actions for one editor: make the program, let the editor start it.
func front(e *facts.Editor, program, self string) (action.List, error) {
	set, err := editor.Front(e, program)
	if err != nil {
		return nil, err
	}
	q := func(s string) string { return startup.Quote(facts.KindShell, s) }
	script := "#!/bin/sh\n# made by gorescue editor install, taken back by gorescue editor uninstall\nexec " + q(self) + " lsp --gopls=" + q(e.Start.Path) + " \"$@\"\n"
	make := &action.Edit{Path: program, Create: true, Splices: []facts.Splice{{New: script}}}
	return action.List{make, &action.Chmod{Files: []string{program}, Add: 0o755}, set}, nil
}

// installed is the proof of an installation: a finding for each editor that starts another program than wanted.
func (s *shared) installed(ctx context.Context, w probe.World, want map[string]string) *diag.Report {
	found := editor.Look(ctx, editor.World{Dir: w.Dir, Root: editor.Root(w.Dir, w.Get("HOME")), Vars: w.Vars})
	r := &diag.Report{Snapshot: &facts.Snapshot{Incident: w.Incident, Taken: time.Now(), Dir: w.Dir}}
	for _, e := range found.List {
		if p := want[e.Name]; p != "" && e.Start.Path != p {
			r.Findings = append(r.Findings, diag.Finding{Check: installCheck, Subject: e.Name, Severity: diag.Error,
				Claim: text.New("{editor} starts {path}", "{editor} 启动 {path}").With("editor", e.Name, "path", e.Start.Path)})
		}
	}
	return r
}

func (s *shared) editorUninstall() error {
	for _, dir := range stateDirs(s.vars) {
		if !mayUse(dir) {
			continue
		}
		id, err := s.lastInstall(dir)
		if err != nil {
			return err
		}
		if id != "" {
			return s.undo(id)
		}
	}
	return text.Errorf(text.New("cannot uninstall: no editor install stands", "无法卸载：没有仍然有效的 editor install").With(), text.New("gorescue log", "gorescue log").With())
}

// lastInstall is the last change in a state folder that is an installation and stands; "" = none.
func (s *shared) lastInstall(dir string) (string, error) {
	j, err := journal.Read(dir)
	if err != nil {
		return "", err
	}
	id := ""
	for _, c := range repair.Changes(j) {
		if c.Stands() && c.Ops() > 0 && slices.Contains(c.Checks, installCheck) {
			id = c.ID
		}
	}
	return id, nil
}

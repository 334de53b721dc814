package cli

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// installTime bounds one command of an editor.
const installTime = 2 * time.Minute

// pluginReport is the extensions of one editor.
type pluginReport struct {
	Editor string               `json:"editor"`
	Before []facts.EditorPlugin `json:"before"`
	After  []facts.EditorPlugin `json:"after,omitempty"` // of a repair
	Ran    []string             `json:"ran,omitempty"`   // commands of the editor, with how they ended
	// Crashes of the extension host in the last minutes; nil = no log tells.
	Crashes *int `json:"crashes,omitempty"`
}

func (s *shared) editorExtensionsCommand() *cobra.Command {
	again := false
	c := &cobra.Command{
		Use:   "extensions [EDITOR…]",
		Short: s.say(text.New("what each editor has installed, what of it is broken, and how often its extension host died", "各编辑器安装了什么、其中什么已损坏、扩展主机退出了多少次")),
		Long: s.say(text.New(`Compares the list of extensions with their folders and with what is marked for removal. With --repair every broken one is
installed again by the editor's own command (code --install-extension ID --force, goland installPlugins ID), which asks the
editor's gallery, and the state before and after is shown. gorescue log keeps it; it cannot be undone. A disabled extension is
somebody's choice and stays.`, `把扩展列表与其目录及待删除标记相比较。使用 --repair 时，每个损坏的扩展都由编辑器自己的命令重新安装（code --install-extension ID --force，goland installPlugins ID），
该命令会访问编辑器的扩展库；随后显示之前与之后的状态。gorescue log 会记录此事；它不能撤销。被禁用的扩展是某人的选择，保持不变。`)),
	}
	c.Flags().BoolVar(&again, "repair", false, s.say(text.New("install what is broken again", "重新安装损坏的扩展")))
	c.RunE = func(cmd *cobra.Command, args []string) error { return s.editorExtensions(cmd.Context(), args, again) }
	return c
}

func (s *shared) editorExtensions(ctx context.Context, names []string, again bool) error {
	w, snap, list, err := s.editorsNamed(ctx, names)
	if err != nil {
		return err
	}
	ew := editor.World{Dir: w.Dir, Root: snap.Editors.Root, Vars: w.Vars}
	var out []pluginReport
	for _, e := range list {
		r := pluginReport{Editor: e.Name, Before: editor.Extensions(ctx, ew, e)}
		if n, ok := editor.HostCrashes(e, time.Now()); ok {
			r.Crashes = &n
		}
		left := r.Before
		if again && slices.ContainsFunc(r.Before, broken) {
			s.installAgain(ctx, w, e, &r)
			r.After = editor.Extensions(ctx, ew, e)
			left = r.After
			s.keepReport(w, r)
		}
		if slices.ContainsFunc(left, broken) {
			s.exit = exitFound
		}
		out = append(out, r)
	}
	if s.json {
		return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "extensions": out})
	}
	for i := range out {
		s.tellExtensions(&out[i])
	}
	return nil
}

func broken(p facts.EditorPlugin) bool { return !editor.Whole(p) }

// installAgain runs the editor's own command for each extension that is broken, once.
func (s *shared) installAgain(ctx context.Context, w probe.World, e *facts.Editor, r *pluginReport) {
	done := map[string]bool{}
	for _, p := range r.Before {
		args := editor.Reinstall(e, p.ID)
		if editor.Whole(p) || args == nil || done[p.ID] {
			continue
		}
		done[p.ID] = true
		said := strings.Join(args, " ")
		if p.State == "unreadable" {
			r.Ran = append(r.Ran, said+": "+s.say(text.New("not run: first gorescue fix vscode-go-extension-incomplete", "未运行：请先 gorescue fix vscode-go-extension-incomplete")))
			continue
		}
		program := onPath(w.Get("PATH"), args[0])
		if program == "" {
			r.Ran = append(r.Ran, said+": "+s.say(text.New("not run: it is not in PATH", "未运行：它不在 PATH 中")))
			continue
		}
		stop := s.progress(text.New("{cmd}", "{cmd}").With("cmd", said))
		bounded, cancel := context.WithTimeout(ctx, installTime)
		cmd := exec.CommandContext(bounded, program, args[1:]...)
		cmd.Env, cmd.WaitDelay = s.Environ, time.Second
		text, err := cmd.CombinedOutput()
		cancel()
		stop()
		how := "ok"
		if err != nil {
			how = err.Error() + ": " + strings.TrimSpace(string(text[max(0, len(text)-300):]))
		}
		r.Ran = append(r.Ran, said+": "+how)
	}
}

// onPath finds a program in the folders of PATH, "" = none.
func onPath(path, name string) string {
	for _, dir := range filepath.SplitList(path) {
		f := filepath.Join(dir, gotree.Exe(name))
		if fi, err := os.Stat(f); filepath.IsAbs(dir) && err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 {
			return f
		}
	}
	return ""
}

// keepReport writes what was done to the journal; that it cannot is no reason to fail afterwards.
func (s *shared) keepReport(w probe.World, r pluginReport) {
	data, err := json.Marshal(r)
	if err != nil {
		return
	}
	j, err := s.openJournal(w.State)
	if err != nil {
		return
	}
	defer j.Close()
	_ = j.Append(journal.Record{Change: repair.NewID(time.Now()), Kind: journal.Event, Check: "editor-extensions", Note: "reinstalled", Data: data})
}

func (s *shared) tellExtensions(r *pluginReport) {
	s.print(text.New("{editor}: {n} extension(s)", "{editor}：{n} 个扩展").With("editor", r.Editor, "n", len(r.Before)))
	state := map[string]string{}
	for _, p := range r.After {
		state[p.ID+p.Version+p.Dir] = p.State
	}
	for _, p := range r.Before {
		line := text.New("  {id} {version}: {state}", "  {id} {version}：{state}").With("id", p.ID, "version", p.Version, "state", p.State)
		if r.After != nil && editor.Whole(p) != editor.Whole(facts.EditorPlugin{State: state[p.ID+p.Version+p.Dir]}) {
			line = text.New("  {id} {version}: {state} → {after}", "  {id} {version}：{state} → {after}").With("id", p.ID, "version", p.Version, "state", p.State, "after", or(state[p.ID+p.Version+p.Dir], "-"))
		}
		s.print(line)
	}
	for _, p := range r.After {
		if !slices.ContainsFunc(r.Before, func(b facts.EditorPlugin) bool { return b.ID+b.Version+b.Dir == p.ID+p.Version+p.Dir }) {
			s.print(text.New("  {id} {version}: {state} (new)", "  {id} {version}：{state}（新）").With("id", p.ID, "version", p.Version, "state", p.State))
		}
	}
	for _, l := range r.Ran {
		s.print(text.New("  ran: {cmd}", "  运行：{cmd}").With("cmd", l))
	}
	if r.Crashes == nil {
		return
	}
	s.print(text.New("  its extension host died {n} time(s) in {min} minutes; the editor mends {budget} and gives up with the next one", "  其扩展主机在 {min} 分钟内退出了 {n} 次；编辑器会自行恢复 {budget} 次，再多一次便放弃").
		With("n", *r.Crashes, "min", int(editor.CrashWindow.Minutes()), "budget", editor.CrashBudget))
	if *r.Crashes >= editor.CrashBudget {
		s.print(text.New("  do not restart the host now: restart gopls alone (command \"Go: Restart Language Server\"), or load the window again", "  现在不要重启扩展主机：只重启 gopls（命令 \"Go: Restart Language Server\"），或重新加载窗口").With())
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

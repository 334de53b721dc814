package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goplshealth"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// editorHealth is what `editor check` says of one program.
type editorHealth struct {
	Editors []string            `json:"editors"`
	Program string              `json:"program"`
	Healthy bool                `json:"healthy"`
	Result  *goplshealth.Result `json:"result"`

	plain bool // started with nothing of the editor's own: as any other such editor does
}

func (s *shared) editorCheckCommand() *cobra.Command {
	var limit time.Duration
	c := &cobra.Command{
		Use:   "check [EDITOR…]",
		Short: s.say(text.New("start gopls as the editor would, wait for the load, and measure completions in a real file", "像编辑器那样启动 gopls，等待加载，并在真实文件中测量补全")),
		Long: s.say(text.New(`A diagnosis never starts gopls. This command does, since you ask for it: with the editor's own program, flags,
environment and settings. It completes in a real file whose text, in memory alone, has a declaration more, and looks
for that declaration in the answer. First (cold) and second (warm) completion are told apart; warm may take 1.5 s.`,
			`诊断从不启动 gopls。此命令应您的要求启动它：使用编辑器自己的程序、参数、环境和设置。它在一个真实文件中补全（仅在内存中多出一个声明），
并在回答中查找该声明。区分第一次（冷）和第二次（热）补全；热补全不应超过 1.5 秒。`)),
	}
	c.Flags().DurationVar(&limit, "limit", 20*time.Second, s.say(text.New("time for each step", "每一步的时限")))
	c.RunE = func(cmd *cobra.Command, args []string) error { return s.editorCheck(cmd.Context(), args, limit) }
	return c
}

func (s *shared) editorCheck(ctx context.Context, names []string, limit time.Duration) error {
	w, snap, list, err := s.editorsNamed(ctx, names)
	if err != nil {
		return err
	}
	file, source := someGoFile(w.Dir, snap.Editors.Root)
	if file == "" {
		return text.Errorf(text.New("cannot measure: no Go file in {dir}", "无法测量：{dir} 中没有 Go 文件").With("dir", w.Dir), text.New("give the folder of a Go package with -C", "用 -C 指定一个 Go 包的目录").With())
	}
	var out []editorHealth
	for _, e := range list {
		if e.Start.Path == "" || e.Start.Off {
			if !s.json {
				s.print(startsWhat(snap, e))
			}
			continue
		}
		plain := len(e.Values) == 0 && len(e.Start.Flags) == 0
		same := func(h editorHealth) bool { return h.Program == e.Start.Path && h.plain && plain }
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i].Editors = append(out[i].Editors, e.Name)
			continue
		}
		stop := s.progress(text.New("starting {path}", "正在启动 {path}").With("path", e.Start.Path))
		r := goplshealth.Measure(ctx, goplshealth.Options{Program: e.Start.Path, Flags: e.Start.Flags, Environ: childEnviron(w, snap, e),
			Root: snap.Editors.Root, File: file, Text: source, Settings: editor.Settings(e), Limit: limit})
		stop()
		out = append(out, editorHealth{[]string{e.Name}, e.Start.Path, r.Healthy(), r, plain})
		if !r.Healthy() {
			s.exit = exitFound
		}
	}
	if s.json {
		return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "file": file, "health": out})
	}
	for _, h := range out {
		s.tellHealth(h)
	}
	return nil
}

func childEnviron(w probe.World, snap *facts.Snapshot, e *facts.Editor) []string {
	vars := editor.Environment(editor.World{Dir: w.Dir, Root: snap.Editors.Root, Vars: w.Vars}, e)
	var out []string
	for _, k := range sortedKeys(vars) {
		out = append(out, k+"="+vars[k])
	}
	return out
}

// someGoFile is a Go file of the folder, else of the workspace's top; tests are the last choice.
func someGoFile(dirs ...string) (string, []byte) {
	const maxSource = 256 << 10
	for _, dir := range dirs {
		files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
		slices.SortStableFunc(files, func(a, b string) int { return test(a) - test(b) })
		for i := range files {
			if fi, err := os.Stat(files[i]); err != nil || !fi.Mode().IsRegular() || fi.Size() > maxSource {
				continue
			}
			if data, err := os.ReadFile(files[i]); err == nil {
				return files[i], data
			}
		}
	}
	return "", nil
}

func test(file string) int {
	if strings.HasSuffix(file, "_test.go") {
		return 1
	}
	return 0
}

func (s *shared) tellHealth(h editorHealth) {
	r := h.Result
	sign := s.paint(bold, "✓")
	if !h.Healthy {
		sign = s.paint(bold, "✗")
	}
	s.print(text.New("{sign} {editors}: {path} ({server})", "{sign} {editors}：{path}（{server}）").With("sign", sign, "editors", strings.Join(h.Editors, ", "), "path", h.Program, "server", r.Server))
	ms := func(d time.Duration) string { return d.Round(time.Millisecond).String() }
	s.print(text.New("  initialize {a} · loaded {b} · completion cold {c}, warm {d} (budget {e})", "  初始化 {a} · 加载 {b} · 补全 冷 {c}，热 {d}（预算 {e}）").
		With("a", ms(r.Initialize), "b", ms(r.Loaded), "c", ms(r.Cold), "d", ms(r.Warm), "e", ms(goplshealth.WarmBudget)))
	if r.Failed != "" {
		s.print(text.New("  failed: {why}", "  失败：{why}").With("why", r.Failed))
	}
	for _, m := range r.Messages {
		s.print(text.New("  gopls says: {text}", "  gopls 说：{text}").With("text", m))
	}
	if !h.Healthy && r.Stderr != "" {
		s.print(text.New("  its standard error: {text}", "  其标准错误：{text}").With("text", r.Stderr))
	}
	if r.Dump != "" {
		s.print(text.New("  where it hangs (from SIGQUIT): {text}", "  挂起之处（来自 SIGQUIT）：{text}").With("text", r.Dump[:min(len(r.Dump), 2000)]))
	}
	switch {
	case h.Healthy:
	case r.Failed == "" && r.Complete:
		s.print(text.New("  the answers are right, but slow: is the machine busy, or the workspace very big?", "  回答正确但缓慢：机器是否繁忙，或工作区过大？").With())
	default:
		s.print(text.New("  gorescue check says why, as far as files and processes tell", "  gorescue check 会根据文件和进程说明原因").With())
	}
}

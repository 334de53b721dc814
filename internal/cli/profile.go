package cli

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/profile"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// profileFlags are the flags of profile.
type profileFlags struct {
	span time.Duration
	out  string
	quit bool
}

func (s *shared) profileCommand() *cobra.Command {
	var f profileFlags
	c := &cobra.Command{
		Use:   "profile TARGET",
		Short: s.say(text.New("where a running Go program spends time and memory, and which goroutines never end", "一个运行中的 Go 程序把时间和内存花在哪里，哪些 goroutine 永不结束")),
		Long:  s.say(profileLong),
		Args:  cobra.ExactArgs(1),
	}
	c.Flags().DurationVar(&f.span, "for", 5*time.Second, s.say(text.New("how long to sample", "采样时长")))
	c.Flags().StringVarP(&f.out, "out", "o", "", s.say(text.New("folder for the profiles and pictures", "存放剖析文件与图的目录")))
	c.Flags().BoolVar(&f.quit, "quit", false, s.say(text.New("let a process without profiles write its goroutines and END (SIGQUIT)", "令没有剖析接口的进程输出其 goroutine 并【退出】（SIGQUIT）")))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if f.span < 100*time.Millisecond || f.span > time.Hour {
			return usage(text.New("cannot sample for {d}: between 100ms and 1h", "采样时长 {d} 无效：应在 100ms 与 1h 之间").With("d", f.span))
		}
		return s.profile(cmd.Context(), args[0], f)
	}
	return c
}

var profileLong = text.New(`Samples a Go program and says in words where its processor time, memory and goroutines go. TARGET is

  http://localhost:6060   a server with net/http/pprof, on any path
  12345 or a name         a process: every port that it listens on is tried
  gopls                   the gopls of this folder; behind "gorescue lsp" it opens its door by itself
  FILE or FOLDER          what was saved: profiles of pprof, dumps of goroutines

Five samples of all goroutines are compared, three of the heap, and one processor profile. The profiles, and
flame graphs, are kept for go tool pprof. Nothing is changed in the program; each heap sample costs it a garbage collection.`,
	`对一个 Go 程序采样，并用文字说明其处理器时间、内存与 goroutine 的去向。TARGET 可以是

  http://localhost:6060   提供 net/http/pprof 的服务，路径不限
  12345 或名称            一个进程：会尝试它监听的每个端口
  gopls                   本目录的 gopls；在 "gorescue lsp" 之后时会自动打开入口
  文件或目录              已保存的 pprof 剖析文件、goroutine 转储

比较五次 goroutine 采样、三次堆采样和一次处理器剖析。剖析文件与火焰图会保存下来，供 go tool pprof 使用。不改变程序；每次堆采样会触发一次垃圾回收。`)

func (s *shared) profile(ctx context.Context, name string, f profileFlags) error {
	w, err := s.world(nil)
	if err != nil {
		return err
	}
	t, err := profile.Resolve(name, w.Dir)
	if err != nil {
		return err
	}
	began := time.Now()
	stop := s.progress(text.New("sampling {target} for {d}", "正在对 {target} 采样 {d}").With("target", name, "d", f.span))
	p, raw, err := s.look(ctx, t, f)
	stop()
	if err != nil {
		return err
	}
	dir := f.out
	if dir == "" {
		dir = filepath.Join(w.State, "profiles", repair.NewID(began))
	} else if !filepath.IsAbs(dir) {
		dir = filepath.Join(w.Dir, dir)
	}
	if len(raw.Files) > 0 || f.out != "" {
		if p.Kept, err = raw.Keep(dir); err != nil {
			p.Missing = append(p.Missing, err.Error())
		}
	}
	snap := &facts.Snapshot{Schema: facts.Schema, Incident: w.Incident, Taken: began, Tool: w.Tool, Dir: w.Dir, Program: p,
		Sections: map[facts.Section]facts.Status{facts.SecProgram: {State: facts.OK, Started: began, Took: time.Since(began)}}}
	report := diag.Run(programChecks(), snap)
	s.exit = verdict(report)
	if s.json {
		return s.writeJSON(document{Report: report, Program: true})
	}
	s.writeProfile(report)
	return nil
}

// look samples the target; with quit it takes the last words of a process that cannot be sampled.
func (s *shared) look(ctx context.Context, t profile.Target, f profileFlags) (facts.Program, *profile.Raw, error) {
	if f.quit {
		return profile.Quit(ctx, t)
	}
	return profile.Look(ctx, t, f.span)
}

// programChecks are the checks that judge a program.
func programChecks() []diag.Check {
	var out []diag.Check
	for _, c := range catalog.Checks() {
		if len(c.Reads) == 1 && c.Reads[0] == facts.SecProgram {
			out = append(out, c)
		}
	}
	return out
}

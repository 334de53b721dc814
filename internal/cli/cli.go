// Package cli is the command line: it reads arguments, runs the engine and turns its values into
// sentences, documents and exit codes. One file per command; everything it needs from outside comes
// through App, so that a test can be a user.
package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// The exit codes, as govulncheck's.
const (
	exitOK     = 0 // healthy, or done
	exitFailed = 1 // could not run
	exitUsage  = 2
	exitFound  = 3 // found something, or not all of it is repaired
)

// App is one run of the program. Every field is required.
type App struct {
	Args    []string // without the program's name
	Environ []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Terminal reports whether a stream is a terminal with a person in front of it.
	Terminal func(any) bool
}

// shared holds what the commands of one run have in common.
type shared struct {
	*App
	vars   map[string]string
	lang   text.Lang
	dir    string // -C
	json   bool
	budget time.Duration
	exit   int
	in     *bufio.Reader // of Stdin, made at the first question
}

// errUsage marks a mistake in the arguments.
var errUsage = errors.New("usage")

// Run runs the program and returns its exit code.
func Run(ctx context.Context, app *App) int {
	s := &shared{App: app, vars: environment(app.Environ)}
	s.lang = text.FromEnv("", func(n string) string { return s.vars[n] })
	root := s.root()
	root.SetArgs(pastTimes(app.Args))
	root.SetIn(app.Stdin)
	root.SetOut(app.Stdout)
	root.SetErr(app.Stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		s.complain(err)
		if errors.Is(err, errUsage) || isCobraUsage(err) {
			return exitUsage
		}
		return exitFailed
	}
	return s.exit
}

func (s *shared) root() *cobra.Command {
	check := s.checkCommand()
	root := &cobra.Command{
		Use:           "gorescue [command] [DIR]",
		Short:         s.say(text.New("find out why this Go environment does not work, prove it, and repair it undoably", "查明 Go 环境为何不能工作，给出证据，并可撤销地修复")),
		Long:          s.say(rootLong),
		Args:          check.Args,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          check.RunE,
	}
	root.Flags().AddFlagSet(check.Flags())
	p := root.PersistentFlags()
	lang := p.String("lang", "", s.say(text.New("language: en or zh (default: from LC_ALL, LC_MESSAGES, LANG)", "语言：en 或 zh（默认取自 LC_ALL、LC_MESSAGES、LANG）")))
	p.StringVarP(&s.dir, "dir", "C", "", s.say(text.New("folder to look at (default: the present one)", "要检查的目录（默认为当前目录）")))
	p.BoolVar(&s.json, "json", false, s.say(text.New("print one JSON document", "输出一个 JSON 文档")))
	p.DurationVar(&s.budget, "budget", 5*time.Second, s.say(text.New("time for one diagnosis; what is not finished then is named", "一次诊断的时间预算；未完成的部分会被列出")))
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if *lang != "" {
			if !strings.HasPrefix(*lang, "en") && !strings.HasPrefix(*lang, "zh") {
				return usage(text.New("cannot speak {lang}: only en and zh", "不支持的语言 {lang}：只有 en 和 zh").With("lang", *lang))
			}
			s.lang = text.FromEnv(*lang, nil)
		}
		if s.budget <= 0 {
			return usage(text.New("cannot diagnose in {d}: the budget must be more than 0", "预算 {d} 无效：必须大于 0").With("d", s.budget))
		}
		return nil
	}
	root.AddCommand(check, s.fixCommand(), s.undoCommand(), s.logCommand(), s.explainCommand(), s.modcacheCommand(), s.versionCommand())
	root.AddCommand(s.lspCommand())
	root.AddCommand(s.netCommand())
	root.AddCommand(s.editorCommand())
	root.AddCommand(s.proxyCommand())
	root.AddCommand(s.watchCommand(), s.snapshotCommand(), s.diffCommand())
	root.AddCommand(s.profileCommand())
	root.CompletionOptions.HiddenDefaultCmd = false
	return root
}

// say is a sentence without values in the language of the user.
func (s *shared) say(t text.T) string { return t.In(s.lang) }

// print writes a sentence to standard output.
func (s *shared) print(m text.Msg) { fmt.Fprintln(s.Stdout, m.In(s.lang)) }

// complain writes an error and its hint to standard error.
func (s *shared) complain(err error) {
	var e *text.Error
	if !errors.As(err, &e) {
		fmt.Fprintln(s.Stderr, "gorescue:", text.Visible(err.Error()))
		return
	}
	fmt.Fprintln(s.Stderr, "gorescue:", e.Msg.In(s.lang))
	if !e.Hint.IsZero() {
		fmt.Fprintln(s.Stderr, s.say(text.New("hint:", "提示："))+" "+e.Hint.In(s.lang))
	}
}

func usage(m text.Msg) error {
	return errors.Join(errUsage, text.Errorf(m, text.New("gorescue help", "gorescue help").With()))
}

// isCobraUsage recognises the mistakes that the library reports as plain errors.
func isCobraUsage(err error) bool {
	for _, p := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires ", "invalid argument", "flag needs"} {
		if strings.HasPrefix(err.Error(), p) {
			return true
		}
	}
	return false
}

// world is the outside of this run for a folder given as argument, -C, or the present one.
func (s *shared) world(args []string) (probe.World, error) {
	dir := s.dir
	if len(args) > 0 {
		dir = args[0]
	}
	if dir == "" {
		dir = "."
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return probe.World{}, text.Errorf(text.New("cannot find the present folder: {err}", "无法确定当前目录：{err}").With("err", err),
			text.New("cd to a folder that exists", "请先 cd 到一个存在的目录").With())
	}
	if fi, err := os.Stat(abs); err != nil || !fi.IsDir() {
		return probe.World{}, text.Errorf(text.New("cannot look at {dir}: not a folder", "无法检查 {dir}：不是目录").With("dir", abs),
			text.New("give the folder of a Go project", "请给出一个 Go 项目的目录").With())
	}
	if pwd := s.vars["PWD"]; dir == "." && pwd != "" && sameDir(pwd, abs) {
		abs = pwd // as the shell and the go command call it, links kept
	}
	return probe.World{Dir: abs, Vars: s.vars, State: stateDir(s.vars), Tool: version(), Incident: repair.NewID(time.Now())}, nil
}

func sameDir(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// diagnose collects a snapshot and judges it.
func (s *shared) diagnose(ctx context.Context, w probe.World) *diag.Report {
	return diag.Run(catalog.Checks(), s.collect(ctx, w))
}

func (s *shared) collect(ctx context.Context, w probe.World) *facts.Snapshot {
	return probe.Collect(ctx, w, catalog.Probes(), s.budget)
}

func environment(environ []string) map[string]string {
	vars := make(map[string]string, len(environ))
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k != "" {
			vars[k] = v
		}
	}
	return vars
}

var rootLong = text.New(`gorescue finds out why a Go development environment does not work, proves it, repairs it
without losing a byte of your work, and can take every repair back.

Without a command it looks at this folder, shows the root causes with their proofs, and offers the repairs.`,
	`gorescue 查明 Go 开发环境为何不能工作，给出证据，在不丢失任何工作成果的前提下修复，并且每次修复都可以撤销。

不带命令时检查当前目录，显示根本原因及证据，并提供修复。`)

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/lspproxy"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// Arguments returns the arguments of a program that was started as args: under the name gopls it is
// the supervisor.
func Arguments(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(args[0])), ".exe")
	if name == "gopls" {
		return append([]string{"lsp"}, args[1:]...)
	}
	return args[1:]
}

// lspFlags are the flags of the supervisor; everything else belongs to gopls.
type lspFlags struct {
	server      string
	strictCPU   bool
	noLight     bool
	maxMemory   int64
	maxRestarts int
	patience    time.Duration
	maxPause    time.Duration
}

func (s *shared) lspCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "lsp [--gopls=PATH] [--strict-cpu] [--no-light] [--patience=TIME] [--max-memory=SIZE] [--max-restarts=N] [--max-pause=TIME] [ARGUMENTS OF GOPLS]",
		Short:              s.say(text.New("stand in front of gopls: survive its crashes, hangs and runaways", "守护 gopls：崩溃、卡死、失控时编辑器照常工作")),
		Long:               s.say(lspLong),
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Equal(args, []string{"--help"}) && filepath.Base(os.Args[0]) != "gopls" {
				return cmd.Help()
			}
			return s.lsp(cmd.Context(), args)
		},
	}
}

var lspLong = text.New(`lsp is what an editor starts in the place of gopls. It passes everything on; when gopls crashes, hangs or
runs wild it saves the evidence, starts it again with your unsaved text and answers what was asked. All
other arguments, and commands such as version, go to gopls as they are. A link with the name gopls does the same.

  --gopls=PATH        the real gopls (default: GORESCUE_GOPLS, else as an editor would look: GOBIN, GOPATH, GOROOT, PATH)
  --strict-cpu        end a gopls that uses more than 90 % of a processor for 5 s, even when it answers
  --patience=TIME     how long a question may wait while gopls computes without telling of progress (default 45s)
  --max-memory=SIZE   end a gopls over SIZE (as 4GiB; default: three quarters of the machine)
  --max-restarts=N    in a row, before gopls is left alone for a while (default 5)
  --max-pause=TIME    before another start after many deaths (default 5s)
  --no-light          always start gopls with all settings

The variable GORESCUE_LSP may hold these flags.`,
	`lsp 由编辑器代替 gopls 启动。它转发一切消息；gopls 崩溃、卡死或失控时，它保存证据，用您未保存的内容重新启动 gopls，
并回答未完成的请求。其他参数以及 version 等子命令原样交给 gopls。名为 gopls 的链接效果相同。

  --gopls=PATH        真正的 gopls（默认取 GORESCUE_GOPLS，否则按编辑器的顺序查找：GOBIN、GOPATH、GOROOT、PATH）
  --strict-cpu        gopls 占用处理器超过 90 % 达 5 秒即结束它，即使它仍有应答
  --patience=TIME     gopls 忙于计算且不报告进度时，一个请求最多等待多久（默认 45s）
  --max-memory=SIZE   gopls 内存超过 SIZE（如 4GiB）即结束它；默认为机器内存的四分之三
  --max-restarts=N    连续重启的次数上限，之后暂停一段时间（默认 5）
  --max-pause=TIME    多次退出之后再次启动前的最长停顿（默认 5s）
  --no-light          始终以全部设置启动 gopls

变量 GORESCUE_LSP 可包含这些选项。`)

func (s *shared) lsp(ctx context.Context, args []string) error {
	f, rest, err := parseLSP(append(strings.Fields(s.vars[lspproxy.EnvFlags]), args...))
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return text.Errorf(text.New("cannot find out which program this is: {err}", "无法确定本程序的路径：{err}").With("err", err), text.Msg{})
	}
	server, looked := f.server, []string{f.server}
	if server == "" {
		server, looked = lspproxy.Find(s.vars, self)
	}
	nested := s.vars[lspproxy.EnvTried] != ""
	if server == "" && (!lspproxy.Serves(rest) || nested) {
		return text.Errorf(text.New("cannot find the real gopls: looked for {where}", "找不到真正的 gopls：已查找 {where}").With("where", strings.Join(looked, ", ")),
			text.New("go install golang.org/x/tools/gopls@latest, or set GORESCUE_GOPLS", "go install golang.org/x/tools/gopls@latest，或设置 GORESCUE_GOPLS").With())
	}
	environ := withVar(s.Environ, lspproxy.EnvTried, strings.Join(append(filepath.SplitList(s.vars[lspproxy.EnvTried]), server), string(filepath.ListSeparator)))
	if !lspproxy.Serves(rest) || nested {
		return s.become(ctx, server, rest, environ)
	}
	if server == "" {
		server = "gopls" // starting it fails, and the editor is told
	}
	debug.SetGCPercent(50) // small rather than fast: it lives as long as the editor
	rec := &lspRecorder{dirs: stateDirs(s.vars), id: repair.NewID(time.Now())}
	lang := s.lang
	if s.vars["LC_ALL"] == "" && s.vars["LC_MESSAGES"] == "" && s.vars["LANG"] == "" {
		lang = "" // as the editor says
	}
	s.exit = lspproxy.Run(ctx, lspproxy.Options{
		Server: append([]string{server}, rest...), Environ: environ, Stdin: s.Stdin, Stdout: s.Stdout, Stderr: s.Stderr, Lang: lang,
		Record:    rec.record,
		StrictCPU: f.strictCPU, MaxMemory: f.maxMemory, MaxRestarts: f.maxRestarts, Patience: f.patience, MaxPause: f.maxPause, NoLight: f.noLight,
	})
	return nil
}

// parseLSP takes the flags of the supervisor out of the arguments.
func parseLSP(args []string) (f lspFlags, rest []string, err error) {
	for _, a := range args {
		name, v, _ := strings.Cut(a, "=")
		switch name {
		case "--gopls":
			f.server, err = filepath.Abs(v)
		case "--strict-cpu":
			f.strictCPU = true
		case "--no-light":
			f.noLight = true
		case "--max-memory":
			f.maxMemory, err = size(v)
		case "--patience":
			if f.patience, err = time.ParseDuration(v); err == nil && f.patience < time.Second {
				err = errors.New("less than 1s")
			}
		case "--max-pause":
			f.maxPause, err = time.ParseDuration(v)
		case "--max-restarts":
			f.maxRestarts, err = strconv.Atoi(v)
		default:
			rest = append(rest, a)
		}
		if err != nil {
			return f, nil, usage(text.New("cannot use {flag}: {err}", "无法使用 {flag}：{err}").With("flag", a, "err", err))
		}
	}
	return f, rest, nil
}

// size reads a number of bytes such as 2048, 512MiB, 4GiB.
func size(v string) (int64, error) {
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if n, ok := strings.CutSuffix(v, unit); ok {
			f, err := strconv.ParseFloat(n, 64)
			if err == nil && (f <= 0 || f > 1<<20) {
				err = errors.New("out of range")
			}
			return int64(f * float64(int64(1)<<(10*(i+1)))), err
		}
	}
	return strconv.ParseInt(v, 10, 64)
}

// withVar returns an environment in which a variable has that value.
func withVar(environ []string, name, value string) []string {
	out := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
	return append(out, name+"="+value)
}

// become runs gopls in the place of this program, or on its streams where a program cannot be replaced.
func (s *shared) become(ctx context.Context, server string, args, environ []string) error {
	if runtime.GOOS != "windows" && s.Stdout == os.Stdout {
		return cannotStart(server, replace(server, append([]string{"gopls"}, args...), environ))
	}
	cmd := exec.CommandContext(ctx, server, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environ, s.Stdin, s.Stdout, s.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		s.exit = exit.ExitCode()
		return nil
	}
	if err != nil {
		return cannotStart(server, err)
	}
	return nil
}

func cannotStart(server string, err error) error {
	return text.Errorf(text.New("cannot start {path}: {err}", "无法启动 {path}：{err}").With("path", server, "err", err),
		text.New("gorescue check", "gorescue check").With())
}

// lspRecorder writes what happens to the journal. It holds the journal's lock only while it writes, and
// waits a little for somebody else's.
type lspRecorder struct {
	dirs []string
	id   string
}

func (r *lspRecorder) open() (*journal.Journal, error) {
	var last error
	for _, d := range r.dirs {
		if !mayUse(d) {
			continue
		}
		for range 50 {
			j, err := journal.Open(d)
			if err == nil {
				return j, nil
			}
			last = err
			if !errors.Is(err, journal.ErrBusy) {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil, errors.Join(errors.New("no journal"), last)
}

func (r *lspRecorder) record(e lspproxy.Event) {
	j, err := r.open()
	if err != nil {
		return // a full disk must not stop the editor
	}
	defer j.Close()
	for name, data := range e.Files {
		if sum, err := j.Keep(data); err == nil {
			if e.Evidence == nil {
				e.Evidence = map[string]string{}
			}
			e.Evidence[name] = sum
		}
	}
	data, err := json.Marshal(e)
	if err != nil {
		return
	}
	_ = j.Append(journal.Record{Change: r.id, Kind: journal.Event, Check: "lsp", Note: string(e.Kind), Took: e.Took, Data: data})
}

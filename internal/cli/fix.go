package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gobuild"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// fixFlags are the flags of fix.
type fixFlags struct {
	yes, dryRun         bool
	planOut, plan, then string
	look                func(context.Context, probe.World) *diag.Report // nil = diagnose everything
}

func (f fixFlags) diagnose(s *shared) func(context.Context, probe.World) *diag.Report {
	if f.look != nil {
		return f.look
	}
	return s.diagnose
}

func (s *shared) fixCommand() *cobra.Command {
	var f fixFlags
	c := &cobra.Command{
		Use:   "fix [CHECK…]",
		Short: s.say(text.New("repair: plan, show, confirm, apply, prove", "修复：计划、展示、确认、执行、证明")),
		Long:  s.say(fixLong),
	}
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, s.say(text.New("do not ask", "不询问")))
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, s.say(text.New("show what would change, change nothing", "只显示将发生的改动，不做任何改动")))
	c.Flags().StringVar(&f.planOut, "plan-out", "", s.say(text.New("write the plan to a file, change nothing", "把计划写入文件，不做任何改动")))
	c.Flags().StringVar(&f.plan, "plan", "", s.say(text.New("do a saved plan, if nothing it is about has changed since", "执行已保存的计划（其涉及的内容须未变动）")))
	c.Flags().StringVar(&f.then, "then", "", s.say(text.New("a command that must pass after the repair, as the last proof", "修复后必须成功的命令，作为最后的证明")))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if f.plan != "" && (len(args) > 0 || f.dryRun || f.planOut != "") {
			return usage(text.New("cannot combine --plan with names, --dry-run or --plan-out", "--plan 不能与名称、--dry-run 或 --plan-out 同时使用").With())
		}
		for _, id := range args {
			if !slices.ContainsFunc(catalog.Checks(), func(c diag.Check) bool { return c.ID == id }) {
				return usage(noSuchCheck(id))
			}
		}
		w, err := s.world(nil)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(catalog.Checks(), func(c diag.Check) bool {
			return slices.Contains(args, c.ID) && slices.Contains(c.Reads, facts.SecNetwork)
		}) {
			w = asking(w) // what was found with the network is looked at with the network
		}
		return s.fix(cmd.Context(), w, args, f)
	}
	return c
}

var fixLong = text.New(`Repairs root causes one after the other: shows each repair, asks, applies it, and looks again with the
same probes and checks. What does not help is taken back. Without names all safe repairs are offered; a
repair that belongs to a person (ending a process, trusting a folder) is done only when its check is named.`,
	`逐个修复根本原因：展示每个修复、询问、执行，然后用相同的探测与检查再次查看；无效的修复会被撤回。
不带名称时提供所有安全的修复；应由人来决定的修复（结束进程、信任目录）只有在指明其检查名称时才会执行。`)

// offer asks on the first screen whether to repair now.
func (s *shared) offer(ctx context.Context, w probe.World) error {
	fmt.Fprint(s.Stdout, s.say(text.New("\nrepair now? each step is shown first and can be undone [y/N] ", "\n现在修复吗？每一步都会先展示，并且可以撤销 [y/N] ")))
	if !s.answer() {
		return nil
	}
	return s.fix(ctx, w, nil, fixFlags{})
}

// fixBudget is the least time for one diagnosis of a repair: an experiment with a broken build may need more than the
// seconds a mere look may take.
const fixBudget = 15 * time.Second

func (s *shared) fix(ctx context.Context, w probe.World, named []string, f fixFlags) error {
	if f.dryRun || f.planOut != "" {
		return s.planOnly(ctx, w, named, f)
	}
	if !f.yes && !s.person() {
		return text.Errorf(text.New("cannot ask before each repair: no terminal", "无法在每次修复前询问：没有终端").With(),
			text.New("gorescue fix --yes, or gorescue fix --dry-run to look first", "gorescue fix --yes；或先用 gorescue fix --dry-run 查看").With())
	}
	began := time.Now()
	j, err := s.openJournal(w.State)
	if err != nil {
		return err
	}
	defer j.Close()
	if err := s.recover(j); err != nil {
		return err
	}
	atomicfile.Sweep(gobuild.ScratchDir(w))
	s.budget = max(s.budget, fixBudget)
	e := &repair.Engine{Diagnose: f.diagnose(s), Journal: j, Named: named, Try: gobuild.Rehearse}
	var stop func()
	e.Progress = func(m text.Msg) {
		stop()
		stop = s.progress(m)
	}
	stop = s.progress(text.New("looking at {dir}", "正在检查 {dir}").With("dir", w.Dir))
	if !f.yes {
		e.Confirm = func(st repair.Step) bool { stop(); return s.confirm(ctx, st) }
	}
	res, err := s.run(ctx, e, w, f)
	stop()
	if err != nil {
		return s.brokenOff(err, res)
	}
	var then *gocmd.Result
	if f.then != "" && res.Outcome != repair.RefusedOutcome {
		then = s.thenRun(ctx, w, res, f.then)
	}
	s.exit = fixVerdict(res, then)
	if s.json {
		return s.writeJSON(document{Report: res.Last, Fix: res, Then: then, Took: time.Since(began), Named: named})
	}
	s.writeFix(res, then, time.Since(began))
	return nil
}

func (s *shared) run(ctx context.Context, e *repair.Engine, w probe.World, f fixFlags) (*repair.Result, error) {
	if f.plan == "" {
		return e.Fix(ctx, w)
	}
	data, err := os.ReadFile(f.plan)
	if err != nil {
		return nil, text.Errorf(text.New("cannot read the plan: {err}", "无法读取计划：{err}").With("err", err), text.Msg{})
	}
	var p repair.Plan
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil || p.Schema != repair.PlanSchema {
		return nil, text.Errorf(text.New("cannot use the plan {file}: {err}", "无法使用计划 {file}：{err}").With("file", f.plan, "err", orSchema(err, p.Schema)),
			text.New("make a new one with gorescue fix --plan-out {file}", "用 gorescue fix --plan-out {file} 重新生成").With("file", f.plan))
	}
	return e.Apply(ctx, w, &p)
}

func orSchema(err error, schema int) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("schema %d, not %d", schema, repair.PlanSchema)
}

// thenRun runs the user's own command in the environment that a new terminal has now.
func (s *shared) thenRun(ctx context.Context, w probe.World, res *repair.Result, line string) *gocmd.Result {
	for _, st := range res.Steps {
		w = w.With(st.Fix.Env)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	stop := s.progress(text.New("running {cmd}", "正在运行 {cmd}").With("cmd", line))
	defer stop()
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: "/bin/sh", Args: []string{"-c", line}, Dir: w.Dir, Env: w.Environ()})
	if err != nil {
		r.Stderr = []byte(err.Error())
	}
	r.Command = line
	return r
}

func fixVerdict(res *repair.Result, then *gocmd.Result) int {
	if then != nil && !then.OK() || res.Outcome == repair.RefusedOutcome {
		return exitFound
	}
	return verdict(res.Last)
}

// planOnly shows or saves what would be done.
func (s *shared) planOnly(ctx context.Context, w probe.World, named []string, f fixFlags) error {
	e := &repair.Engine{Named: named}
	report := f.diagnose(s)(ctx, w)
	p, err := e.Prepare(report, w.Dir)
	if err != nil {
		return err
	}
	dry, err := repair.Rehearse(ctx, p)
	if err != nil {
		return err
	}
	s.exit = verdict(report)
	if f.planOut != "" {
		data, err := json.MarshalIndent(p, "", "  ")
		if err != nil {
			return err
		}
		im := atomicfile.Image{Kind: atomicfile.File, Mode: 0o600, UID: os.Getuid(), GID: os.Getgid(), Data: append(data, '\n')}
		if err := (action.Real{Change: w.Incident}).Put(f.planOut, im); err != nil {
			return text.Errorf(text.New("cannot write the plan: {err}", "无法写入计划：{err}").With("err", err), text.Msg{})
		}
	}
	if s.json {
		return s.writeJSON(document{Report: report, Plan: p, Named: named})
	}
	s.writePlan(report, p, dry)
	return nil
}

// confirm shows a step and asks.
func (s *shared) confirm(ctx context.Context, st repair.Step) bool {
	p := &repair.Plan{Steps: []repair.Step{st}}
	dry, err := repair.Rehearse(ctx, p)
	if err != nil {
		s.complain(err)
		return false
	}
	s.writeStep(st)
	s.writeDiffs(dry)
	fmt.Fprint(s.Stdout, s.say(text.New("apply? [y/N] ", "执行吗？[y/N] ")))
	return s.answer()
}

// answer reads yes or no; an end of input means no.
func (s *shared) answer() bool {
	if s.in == nil {
		s.in = bufio.NewReader(s.Stdin)
	}
	line, err := s.in.ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(s.Stdout)
		return false
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "是", "好":
		return true
	}
	return false
}

// person reports whether a person can be asked.
func (s *shared) person() bool {
	return !s.json && s.vars["CI"] == "" && s.Terminal(s.Stdin) && s.Terminal(s.Stdout)
}

func (s *shared) openJournal(state string) (*journal.Journal, error) {
	j, err := journal.Open(state)
	switch {
	case errors.Is(err, journal.ErrBusy):
		return nil, text.Errorf(text.New("cannot start: another gorescue is repairing now", "无法开始：另一个 gorescue 正在修复").With(),
			text.New("wait for it to end; gorescue log shows what it does", "请等它结束；gorescue log 会显示它在做什么").With())
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOSPC):
		return nil, text.Errorf(text.New("cannot keep a journal, so nothing will be changed: {err}", "无法写日志，因此不会做任何改动：{err}").With("err", err),
			text.New("set GORESCUE_STATE to a folder on a disk with room", "把 GORESCUE_STATE 设为有空间的磁盘上的一个目录").With())
	case err != nil:
		return nil, text.Errorf(text.New("{err}", "{err}").With("err", err),
			text.New("move {dir} away to begin a new journal (the old one stays readable)", "把 {dir} 移开即可开始新的日志（旧日志仍可读）").With("dir", state))
	}
	return j, nil
}

// recover ends what an earlier run left unfinished, and says so.
func (s *shared) recover(j *journal.Journal) error {
	undone, err := repair.Recover(j)
	for _, u := range undone {
		fmt.Fprintln(s.Stderr, text.New("an earlier repair ({id}) was cut off; it was taken back ({outcome})", "先前的修复（{id}）曾被中断，现已撤回（{outcome}）").
			With("id", u.Change, "outcome", u.Outcome).In(s.lang))
	}
	return err
}

func (s *shared) brokenOff(err error, res *repair.Result) error {
	if res == nil || len(res.Steps) == 0 {
		return err
	}
	return text.Errorf(text.New("{err}", "{err}").With("err", err),
		text.New("gorescue undo takes back what was done", "gorescue undo 可以撤销已做的改动").With())
}

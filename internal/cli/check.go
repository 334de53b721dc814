package cli

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// checkFlags are the flags of check.
type checkFlags struct {
	sarif, github, explain, net bool
	only                        []string
}

func (s *shared) checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [DIR|SNAPSHOT]",
		Short: s.say(text.New("diagnose a folder, or a file of gorescue snapshot (what gorescue does without a command)", "诊断一个目录，或 gorescue snapshot 的文件（不带命令时的默认动作）")),
		Args:  cobra.MaximumNArgs(1),
	}
	c.Flags().BoolVar(&f.sarif, "sarif", false, s.say(text.New("print SARIF 2.1.0", "输出 SARIF 2.1.0")))
	c.Flags().BoolVar(&f.github, "github", false, s.say(text.New("print GitHub workflow annotations", "输出 GitHub 工作流注释")))
	c.Flags().BoolVar(&f.explain, "explain", false, s.say(text.New("show each cause's page below it", "在每个原因下显示其说明页")))
	c.Flags().BoolVar(&f.net, "net", false, s.say(text.New("ask the servers of GOPROXY although nothing is missing", "即使没有缺少的模块也访问 GOPROXY 的服务器")))
	c.Flags().StringSliceVar(&f.only, "only", nil, s.say(text.New("run only these checks", "只运行这些检查")))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if isFile(args) {
			return s.checkFile(args[0], f)
		}
		w, err := s.world(args)
		if err != nil {
			return err
		}
		return s.check(cmd, w, f)
	}
	return c
}

func (s *shared) check(cmd *cobra.Command, w probe.World, f checkFlags) error {
	if f.net {
		w = asking(w)
	}
	checks, err := selected(f.only)
	if err != nil {
		return err
	}
	began := time.Now()
	stop := s.progress(text.New("looking at {dir}", "正在检查 {dir}").With("dir", w.Dir))
	report := diag.Run(checks, s.collect(cmd.Context(), w))
	stop()
	s.exit = verdict(report)
	if s.json || f.sarif || f.github {
		return s.writeForTools(report, f)
	}
	s.writeReport(report, time.Since(began), f.explain)
	if s.person() && len(repairable(report)) > 0 && cmd.Parent() == nil {
		return s.offer(cmd.Context(), w)
	}
	return nil
}

// writeForTools writes a report in one of the forms that programs read.
func (s *shared) writeForTools(report *diag.Report, f checkFlags) error {
	switch {
	case s.json:
		return s.writeJSON(document{Report: report})
	case f.sarif:
		return s.writeSARIF(report)
	}
	return s.writeGitHub(report)
}

// selected returns the named checks, all when none is named.
func selected(only []string) ([]diag.Check, error) {
	all := catalog.Checks()
	if len(only) == 0 {
		return all, nil
	}
	var out []diag.Check
	for _, id := range only {
		i := slices.IndexFunc(all, func(c diag.Check) bool { return c.ID == id })
		if i < 0 {
			return nil, usage(noSuchCheck(id))
		}
		c := all[i]
		c.After = nil
		out = append(out, c)
	}
	return out, nil
}

func noSuchCheck(id string) text.Msg {
	return text.New("cannot find the check {id}: gorescue explain lists them all", "没有名为 {id} 的检查：gorescue explain 会列出全部").With("id", id)
}

// verdict is the exit code of a diagnosis: found when there is an error or warning, or when something
// could not be looked at.
func verdict(r *diag.Report) int {
	for _, f := range r.Findings {
		if f.Unknown || f.Severity != diag.Info {
			return exitFound
		}
	}
	return exitOK
}

// repairable returns the root causes which fix may repair without being told their names.
func repairable(r *diag.Report) []*diag.Finding {
	var out []*diag.Finding
	for _, f := range r.Roots() {
		for _, fix := range f.Fixes {
			if fix.Risk == diag.Safe && f.Severity != diag.Info {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

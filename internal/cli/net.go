package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// netBudget is the time of gorescue net when none is given: servers that are slow are told from those that are silent.
const netBudget = 10 * time.Second

func (s *shared) netCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "net [DIR]",
		Short: s.say(text.New("ask each server of GOPROXY in the go command's place, stage by stage", "代替 go 命令逐阶段访问 GOPROXY 的每个服务器")),
		Args:  cobra.MaximumNArgs(1),
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := s.world(args)
		if err != nil {
			return err
		}
		if !cmd.Flags().Changed("budget") {
			s.budget = netBudget
		}
		report := s.diagnose(cmd.Context(), asking(w))
		s.exit = verdict(report)
		if s.json {
			return s.writeJSON(document{Report: report, Net: true})
		}
		s.writeNet(report)
		return nil
	}
	return c
}

// asking is the same world with the servers asked in any case.
func asking(w probe.World) probe.World {
	yes := "1"
	return w.With(map[string]*string{probe.AskNetwork: &yes})
}

// writeNet shows every server with the stages of each request, then what is wrong.
func (s *shared) writeNet(r *diag.Report) {
	n := &r.Snapshot.Network
	if st := r.Snapshot.Sections[facts.SecNetwork]; st.State != facts.OK {
		s.print(text.New("the network was not looked at: {reason}", "没有检查网络：{reason}").With("reason", st.Reason))
	}
	for i, e := range n.Entries {
		sep := ""
		if i+1 < len(n.Entries) {
			sep = map[bool]string{true: " |", false: " ,"}[e.OnError]
		}
		fmt.Fprintln(s.Stdout, text.Visible(e.URL)+sep)
		s.writeFiles(e)
	}
	for _, e := range n.Others {
		s.print(text.New("{url}  (of the team's policy, not in GOPROXY)", "{url}  （来自团队策略，不在 GOPROXY 中）").With("url", e.URL))
		s.writeFiles(e)
	}
	if len(n.Direct) > 0 {
		s.print(text.New("fetched from their repositories (GONOPROXY): {names}", "直接从代码仓库获取（GONOPROXY）：{names}").With("names", strings.Join(n.Direct, " ")))
	}
	fmt.Fprintln(s.Stdout)
	s.writeReport(r, r.Snapshot.Sections[facts.SecNetwork].Took, false)
}

func (s *shared) writeFiles(e facts.NetEntry) {
	for _, f := range e.Files {
		mark, what := "✓", fmt.Sprint(f.Answer.Status)
		if !f.OK() {
			mark, what = "✗", strings.TrimSpace(string(f.Answer.Fail)+" "+f.Answer.Err+" "+f.Bad)
		}
		fmt.Fprintf(s.Stdout, "  %s %s%s  %s  %s\n", mark, text.Visible(f.Module), f.Kind, text.Visible(what), f.Answer.Took.Round(time.Millisecond))
		for _, st := range f.Answer.Stages {
			fmt.Fprintf(s.Stdout, "      %-8s %s %s %s\n", st.Step, st.Took.Round(100*time.Microsecond), text.Visible(st.To), text.Visible(st.Err))
		}
	}
}

package cli

import (
	"fmt"
	"slices"
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
	s.writeBeside(n)
	if len(n.Direct) > 0 && len(n.Routes) == 0 {
		s.print(text.New("fetched from their repositories (GONOPROXY): {names}", "直接从代码仓库获取（GONOPROXY）：{names}").With("names", strings.Join(n.Direct, " ")))
	}
	fmt.Fprintln(s.Stdout)
	s.writeReport(r, r.Snapshot.Sections[facts.SecNetwork].Took, false)
}

// writeBeside shows the checksum database, the repositories, and whom go would ask for each module of go.sum.
func (s *shared) writeBeside(n *facts.Network) {
	if n.SumDB.Name != "" || n.SumDB.Off != "" {
		s.print(text.New("checksum database {name} {off}", "校验数据库 {name} {off}").With("name", n.SumDB.Name, "off", n.SumDB.Off))
	}
	for _, l := range n.SumDB.Lookups {
		mark, what := "✓", strings.TrimSpace(l.Base)
		if bad := strings.TrimSpace(l.Err + " " + l.Lies + " " + l.Differs); bad != "" {
			mark, what = "✗", bad
		}
		fmt.Fprintf(s.Stdout, "  %s %s  %s\n", mark, text.Visible(l.Module), text.Visible(what))
		for i := range l.Asked {
			s.writeAnswer("    ", "", &l.Asked[i])
		}
	}
	for _, r := range n.Repos {
		mark, what := "✓", r.To
		if r.Err != "" {
			mark, what = "✗", strings.TrimSpace(r.To+" "+r.Err)
		}
		s.print(text.New("repository of {module}, known from {from}", "{module} 的代码仓库，来源：{from}").With("module", r.Module, "from", r.From))
		fmt.Fprintf(s.Stdout, "  %s git ls-remote %s  %s  %s\n", mark, text.Visible(r.URL), text.Visible(what), r.Took.Round(time.Millisecond))
	}
	s.writeRoutes(n)
}

// writeRoutes sums up what the settings say of all modules, and names those whose name strangers would learn.
func (s *shared) writeRoutes(n *facts.Network) {
	if len(n.Routes) == 0 {
		return
	}
	var proxied, direct, db int
	var private []string
	for _, r := range n.Routes {
		if r.Direct {
			direct++
		} else if len(r.Learn) > 0 {
			proxied++
		}
		if r.SumDB {
			db++
		}
		if r.Private && (len(r.Learn) > 0 || r.SumDB) {
			where := r.Learn
			if r.SumDB {
				where = append(slices.Clone(where), n.SumDB.Name)
			}
			private = append(private, r.Module+" → "+strings.Join(where, " "))
		}
	}
	s.print(text.New("by the settings, of {n} modules of go.sum: {proxied} come through GOPROXY, {direct} from their repositories, the checksum database may be asked for {db}; {asked} were really asked for",
		"按设置，go.sum 的 {n} 个模块中：{proxied} 个经由 GOPROXY，{direct} 个来自代码仓库，可能就 {db} 个询问校验数据库；实际询问了 {asked} 个").
		With("n", len(n.Routes), "proxied", proxied, "direct", direct, "db", db, "asked", len(n.Asked)))
	for _, r := range n.Routes {
		if r.Direct {
			fmt.Fprintf(s.Stdout, "  %s  GOVCS %s\n", text.Visible(r.Module), text.Visible(r.Rule))
		}
	}
	for _, p := range private[:min(len(private), 20)] {
		s.print(text.New("  private, and its name goes to: {what}", "  私有，而其名称会发给：{what}").With("what", p))
	}
}

// writeAnswer shows one request with its stages.
func (s *shared) writeAnswer(indent, name string, a *facts.NetAnswer) {
	mark, what := "✓", fmt.Sprint(a.Status)
	if !a.OK() {
		mark, what = "✗", strings.TrimSpace(string(a.Fail)+" "+a.Err)
	}
	if name == "" {
		name = a.URL
	}
	fmt.Fprintf(s.Stdout, "%s%s %s  %s  %s\n", indent, mark, text.Visible(name), text.Visible(what), a.Took.Round(time.Millisecond))
	for _, st := range a.Stages {
		fmt.Fprintf(s.Stdout, "%s    %-8s %s %s %s\n", indent, st.Step, st.Took.Round(100*time.Microsecond), text.Visible(st.To), text.Visible(st.Err))
	}
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

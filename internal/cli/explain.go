package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/text"
)

func (s *shared) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CHECK | env | go | TEXT… | -]",
		Short: s.say(text.New("a check's page, where each go setting or the go command itself comes from, or the causes that a pasted error message points to", "显示检查的说明页、各项 go 设置或 go 命令本身的来源，或一段错误信息可能指向的原因")),
		Args:  cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(checkIDs(), "env", "go"), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.explain(cmd, args) },
	}
}

func checkIDs() []string {
	var out []string
	for _, c := range catalog.Checks() {
		out = append(out, c.ID)
	}
	return out
}

func (s *shared) explain(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return s.list(catalog.Checks())
	}
	query := strings.Join(args, " ")
	switch query {
	case "env":
		return s.explainEnv(cmd.Context())
	case "go":
		return s.explainGo(cmd.Context())
	}
	if query == "-" {
		data, err := io.ReadAll(io.LimitReader(s.Stdin, 1<<20))
		if err != nil {
			return err
		}
		query = string(data)
	}
	for _, c := range catalog.Checks() {
		if c.ID == query {
			return s.page(c)
		}
	}
	found := diag.Match(catalog.Checks(), query)
	if len(found) == 0 {
		s.exit = exitFound
		return text.Errorf(text.New("cannot find a check for this text", "没有与此文本对应的检查").With(),
			text.New("run gorescue check where the error happens, or gorescue explain for the list", "在出错的目录运行 gorescue check，或用 gorescue explain 查看列表").With())
	}
	return s.list(found)
}

func (s *shared) page(c diag.Check) error {
	if s.json {
		return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "check": c.ID, "title": c.Title.In(s.lang), "doc": c.Doc.In(s.lang), "severity": c.Severity, "reads": c.Reads, "after": c.After})
	}
	_, err := fmt.Fprintf(s.Stdout, "# %s\n\n%s\n\n%s\n", c.ID, s.paint(bold, c.Title.In(s.lang)), strings.TrimSpace(c.Doc.In(s.lang)))
	return err
}

func (s *shared) list(checks []diag.Check) error {
	if s.json {
		out := []map[string]any{}
		for _, c := range checks {
			out = append(out, map[string]any{"check": c.ID, "title": c.Title.In(s.lang), "severity": c.Severity})
		}
		return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "checks": out})
	}
	for _, c := range checks {
		fmt.Fprintf(s.Stdout, "%-40s %s\n", c.ID, c.Title.In(s.lang))
	}
	return nil
}

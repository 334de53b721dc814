package pressure

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

func because(file string, t text.T, with ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Because, File: file, Text: t.With(with...)}
}

func proof(command string, t text.T, with ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Command: command, Text: t.With(with...)}
}

func not(t text.T, with ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Not, Text: t.With(with...)}
}

func manual(t text.T, shell string, with ...any) diag.Fix {
	return diag.Fix{Risk: diag.Manual, Title: t.With(with...), Shell: shell}
}

func megabytes(n uint64) string { return fmt.Sprintf("%d MiB", n>>20) }

func percent(share float64) string { return fmt.Sprintf("%.0f %%", share*100) }

func line(n int) string { return strconv.Itoa(n) }

func quoted(path string) string {
	if strings.ContainsAny(path, " '\"$&();*?[") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// stall is the share of one resource and kind.
func stall(p *facts.Pressure, resource, kind string) (facts.Stall, bool) {
	for _, s := range p.Stalls {
		if s.Resource == resource && s.Kind == kind {
			return s, true
		}
	}
	return facts.Stall{}, false
}

// limiting is the group with the smallest limit of memory, nil = none has one.
func limiting(p *facts.Pressure) *facts.ControlGroup {
	var out *facts.ControlGroup
	for i := range p.Groups {
		if g := &p.Groups[i]; g.Limit != facts.Unlimited && (out == nil || g.Limit < out.Limit) {
			out = g
		}
	}
	return out
}

// limitFile is the file that has the limit of memory of a group.
func limitFile(g *facts.ControlGroup) string {
	if g.Version == 1 {
		return path.Join(g.Dir, "memory.limit_in_bytes")
	}
	return path.Join(g.Dir, "memory.max")
}

// eventsFile is the file that counts kills.
func eventsFile(g *facts.ControlGroup) string {
	if g.Version == 1 {
		return path.Join(g.Dir, "memory.oom_control")
	}
	return path.Join(g.Dir, "memory.events")
}

// whereLimited says who sets the limit of a group.
func whereLimited(s *facts.Snapshot, g *facts.ControlGroup) diag.Evidence {
	if s.Host.Container != "" {
		return because(limitFile(g), text.New("{file} allows {limit} to this container ({container}) together", "{file} 限定此容器（{container}）总共使用 {limit}"), "file", limitFile(g), "limit", megabytes(g.Limit), "container", s.Host.Container)
	}
	return because(limitFile(g), text.New("{file} allows {limit} to all processes of this control group together", "{file} 限定此控制组中的所有进程总共使用 {limit}"), "file", limitFile(g), "limit", megabytes(g.Limit))
}

// moreMemory is the ladder when a limit of memory is in the way.
func moreMemory(g *facts.ControlGroup) []diag.Fix {
	out := []diag.Fix{manual(text.New("let the build run fewer programs at once: go build -p 1", "让构建同时运行更少的程序：go build -p 1"), "go build -p 1 ./...")}
	if g == nil {
		return append(out, manual(text.New("close what uses the memory, or add memory or swap", "关闭占用内存的程序，或增加内存或交换空间"), "ps -eo pid,rss,args --sort=-rss | head"))
	}
	return append(out, manual(text.New("raise the limit where the container or the service is started (docker run --memory, resources.limits.memory, systemd MemoryMax=); {file} has it now", "在启动容器或服务的地方提高限制（docker run --memory、resources.limits.memory、systemd MemoryMax=）；现在它位于 {file}"), "cat "+quoted(limitFile(g)), "file", limitFile(g)))
}

package cache

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
)

// limits names the limits by the letters of ulimit, with the units that shells use: bash counts
// files in 1024 bytes, or 512 when it is posixly correct; dash and zsh in 512 (ulimit in bash(1), dash(1), zshbuiltins(1)).
func limits() map[string]limitUnit {
	return map[string]limitUnit{
		"n": {"nofile", []uint64{1}}, "u": {"nproc", []uint64{1}}, "p": {"nproc", []uint64{1}},
		"v": {"as", []uint64{1024}}, "f": {"fsize", []uint64{1024, 512}}, "d": {"data", []uint64{1024}},
	}
}

type limitUnit struct {
	name  string
	units []uint64
}

// ulimits finds the commands that set limits in the start-up files of this session.
func ulimits(ctx context.Context, files []facts.StartupFile) []facts.Ulimit {
	var out []facts.Ulimit
	for _, f := range files {
		if ctx.Err() != nil {
			break
		}
		if f.Err != "" || f.Project || f.Kind != facts.KindShell && f.Kind != facts.KindFish {
			continue
		}
		data, err := buildlist.ReadFile(f.Path)
		if err != nil || !bytes.Contains(data, []byte("ulimit")) {
			continue
		}
		out = append(out, parseUlimits(f.Path, f.Kind, data)...)
	}
	return out
}

// parseUlimits finds them in one file. Of a file that does not parse nothing is said.
func parseUlimits(path string, kind facts.StartupKind, data []byte) []facts.Ulimit {
	if kind == facts.KindFish {
		return fishUlimits(path, data)
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(data), path)
	if err != nil {
		return nil
	}
	var out []facts.Ulimit
	depth, inFunc := 0, 0
	var nodes []syntax.Node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			last := nodes[len(nodes)-1]
			nodes = nodes[:len(nodes)-1]
			d, f := guards(last)
			depth, inFunc = depth-d, inFunc-f
			return true
		}
		nodes = append(nodes, n)
		d, f := guards(n)
		depth, inFunc = depth+d, inFunc+f
		if st, ok := n.(*syntax.Stmt); ok && inFunc == 0 {
			for _, u := range ulimitOf(st) {
				u.File, u.Line, u.Guarded = path, int(st.Pos().Line()), depth > 0
				u.Text = strings.TrimSpace(string(data[st.Pos().Offset():st.End().Offset()]))
				u.Cuts = cutStatement(data, int(st.Pos().Offset()), int(st.End().Offset()), depth > 0)
				out = append(out, u)
			}
		}
		return true
	})
	return out
}

// guards says what a node does to the statements in it: they may not run, or run only when called.
func guards(n syntax.Node) (condition, function int) {
	switch n.(type) {
	case *syntax.IfClause, *syntax.CaseClause, *syntax.WhileClause, *syntax.ForClause, *syntax.BinaryCmd:
		return 1, 0
	case *syntax.FuncDecl, *syntax.Subshell, *syntax.CmdSubst:
		return 0, 1
	}
	return 0, 0
}

// ulimitOf reads `ulimit -n 15`, `ulimit -Sn 15`, `ulimit -S -n 15 -u 30`.
func ulimitOf(st *syntax.Stmt) []facts.Ulimit {
	call, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) < 2 || call.Args[0].Lit() != "ulimit" {
		return nil
	}
	var words []string
	for _, w := range call.Args[1:] {
		words = append(words, w.Lit())
	}
	return readUlimit(words)
}

func readUlimit(words []string) []facts.Ulimit {
	var out []facts.Ulimit
	unit := limitUnit{"fsize", []uint64{1024, 512}} // without a letter
	for _, w := range words {
		if letters, ok := strings.CutPrefix(w, "-"); ok {
			for _, c := range letters {
				if u, ok := limits()[string(c)]; ok {
					unit = u
				} else if c != 'S' && c != 'H' {
					unit = limitUnit{}
				}
			}
			continue
		}
		n, err := strconv.ParseUint(w, 10, 64)
		if err != nil || unit.name == "" {
			continue // unlimited, hard, or a limit that does not concern us
		}
		u := facts.Ulimit{Limit: unit.name}
		for _, by := range unit.units {
			u.Values = append(u.Values, n*by)
		}
		out = append(out, u)
	}
	return out
}

// fishUlimits reads lines that hold nothing but one ulimit command; fish has the same letters.
func fishUlimits(path string, data []byte) []facts.Ulimit {
	var out []facts.Ulimit
	at, line := 0, 0
	for l := range strings.Lines(string(data)) {
		line++
		f := strings.Fields(l)
		if len(f) > 1 && f[0] == "ulimit" && !strings.ContainsAny(l, ";&|#") {
			for _, u := range readUlimit(f[1:]) {
				u.File, u.Line, u.Text, u.Guarded = path, line, strings.TrimSpace(l), strings.IndexAny(l, " \t") == 0
				u.Cuts = cutStatement(data, at, at+len(strings.TrimRight(l, "\r\n")), u.Guarded)
				out = append(out, u)
			}
		}
		at += len(l)
	}
	return out
}

// cutStatement takes a statement out of its file: its whole line when nothing else is on it, also no
// comment. A statement in a branch gives way to `:`, which keeps the branch whole.
func cutStatement(data []byte, from, to int, branch bool) []facts.Splice {
	if branch {
		return []facts.Splice{{Offset: from, Old: string(data[from:to]), New: ":"}}
	}
	start := bytes.LastIndexByte(data[:from], '\n') + 1
	end := len(data)
	if i := bytes.IndexByte(data[to:], '\n'); i >= 0 {
		end = to + i + 1
	}
	if strings.TrimSpace(string(data[start:from])) == "" && strings.TrimSpace(string(data[to:end])) == "" {
		from, to = start, end
	} else {
		return []facts.Splice{{Offset: from, Old: string(data[from:to]), New: ":"}}
	}
	return []facts.Splice{{Offset: from, Old: string(data[from:to])}}
}

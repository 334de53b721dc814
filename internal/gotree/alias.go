package gotree

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/gorescue/gorescue/internal/facts"
)

// maxStartup bounds a start-up file that is parsed: 1 MiB.
const maxStartup = 1 << 20

// Aliases finds what a shell's start-up file puts in the place of the go command: aliases and functions named go that
// stand outside of conditions and start one program by an absolute path. Others are left out.
func Aliases(path string, vars map[string]string) []facts.GoAlias {
	f, err := Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxStartup {
		return nil
	}
	src, err := io.ReadAll(io.LimitReader(f, maxStartup))
	if err != nil || !bytes.Contains(src, []byte("go")) || bytes.IndexByte(src, 0) >= 0 {
		return nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(src), path)
	if err != nil {
		return nil
	}
	e := evaluator{path: path, vars: map[string]string{}, env: vars}
	var out []facts.GoAlias
	for _, st := range file.Stmts {
		w, again := standIn(st)
		if w == nil {
			continue
		}
		target, ok := e.word(w)
		if again {
			target, ok = e.command(target)
		}
		if !ok || !filepath.IsAbs(target) {
			continue
		}
		start, end := int(st.Pos().Offset()), int(st.End().Offset())
		a := facts.GoAlias{File: path, Line: int(st.Pos().Line()), Text: lineOf(src, int(st.Pos().Line())), Target: target, State: state(target)}
		if from, to := wholeLines(src, start, end); from >= 0 {
			a.Cut = []facts.Splice{{Offset: from, Old: string(src[from:to])}}
		}
		out = append(out, a)
	}
	return out
}

// command is the first word of the value of an alias, which the shell reads as a command each time the alias is used.
func (e *evaluator) command(value string) (string, bool) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(value), "")
	if err != nil || len(f.Stmts) != 1 {
		return "", false
	}
	call, ok := f.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	return e.word(call.Args[0])
}

// standIn is the word with the program that a statement lets the name go stand for, nil when it does not. again: it is
// the text of a command.
func standIn(st *syntax.Stmt) (w *syntax.Word, again bool) {
	if len(st.Redirs) > 0 || st.Negated || st.Background {
		return nil, false
	}
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr: // alias go='/opt/go/bin/go'
		if len(c.Args) != 2 || c.Args[0].Lit() != "alias" || len(c.Args[1].Parts) == 0 {
			return nil, false
		}
		first, ok := c.Args[1].Parts[0].(*syntax.Lit)
		if !ok || !strings.HasPrefix(first.Value, "go=") {
			return nil, false
		}
		rest := *first
		rest.Value = strings.TrimPrefix(first.Value, "go=")
		return &syntax.Word{Parts: append([]syntax.WordPart{&rest}, c.Args[1].Parts[1:]...)}, true
	case *syntax.FuncDecl: // go() { /opt/go/bin/go "$@"; }
		b, ok := c.Body.Cmd.(*syntax.Block)
		if c.Name.Value != "go" || !ok || len(b.Stmts) != 1 {
			return nil, false
		}
		if call, ok := b.Stmts[0].Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			return call.Args[0], false
		}
	}
	return nil, false
}

// wholeLines widens a statement to its lines, from -1 when something else stands on them.
func wholeLines(src []byte, start, end int) (from, to int) {
	from = bytes.LastIndexByte(src[:start], '\n') + 1
	to = len(src)
	if i := bytes.IndexByte(src[end:], '\n'); i >= 0 {
		to = end + i + 1
	}
	behind := bytes.TrimSpace(src[end:to])
	if len(bytes.TrimSpace(src[from:start])) > 0 || len(behind) > 0 && behind[0] != '#' && string(behind) != ";" {
		return -1, -1
	}
	return from, to
}

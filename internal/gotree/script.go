package gotree

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
)

// startsGo is what a script has that stands in for the go command: it replaces itself by another program,
// or names a bin/go.
var startsGo = lazyre.New(`(?m)\bexec\s|\bbin/go\b`)

// script says what a script does. Its Target is known when it does nothing but set variables and then
// start one program; a script with conditions, loops, functions or sourced files is left alone.
func script(path string, src []byte, vars map[string]string) *facts.GoShell {
	sh := simple(path, src, vars)
	sh.Starts = sh.Target != "" || startsGo().Match(src)
	if sh.State == facts.NamedProgram && !sh.Self && !bytes.Contains(src, []byte("GOROOT")) {
		if p := Program(sh.Target, nil); p.Kind == facts.GoBinary {
			sh.Version, sh.Root = p.Version, p.Root
		}
	}
	return sh
}

func simple(path string, src []byte, vars map[string]string) *facts.GoShell {
	line, _, _ := bytes.Cut(src, []byte("\n"))
	if bytes.HasPrefix(line, []byte("#!")) && !bytes.Contains(line, []byte("sh")) {
		return &facts.GoShell{}
	}
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(src), path)
	if err != nil {
		return &facts.GoShell{}
	}
	e := evaluator{path: path, vars: map[string]string{"0": path}, env: vars}
	for i, st := range f.Stmts {
		call, ok := st.Cmd.(*syntax.CallExpr)
		if decl, isDecl := st.Cmd.(*syntax.DeclClause); isDecl && len(st.Redirs) == 0 {
			e.assign(decl.Args)
			continue
		}
		if !ok || st.Negated || st.Background || len(st.Redirs) > 0 {
			return &facts.GoShell{}
		}
		if len(call.Args) == 0 {
			e.assign(call.Assigns)
			continue
		}
		if call.Args[0].Lit() == "set" {
			continue
		}
		args := call.Args
		last := i == len(f.Stmts)-1
		if args[0].Lit() == "exec" {
			args, last = args[1:], true
		}
		if !last || len(args) == 0 {
			return &facts.GoShell{}
		}
		sh := &facts.GoShell{Line: int(st.Pos().Line()), Text: lineOf(src, int(st.Pos().Line()))}
		e.target(sh, args[0])
		return sh
	}
	return &facts.GoShell{}
}

// missingInterpreter is the program that the first line of a script names when nothing is there, else "" (execve(2)). A CR at
// the end of the line belongs to the name.
func missingInterpreter(src []byte) string {
	line, _, _ := bytes.Cut(src, []byte("\n"))
	rest, ok := bytes.CutPrefix(line, []byte("#!"))
	if !ok {
		return ""
	}
	name := string(bytes.TrimLeft(rest, " \t"))
	if i := strings.IndexAny(name, " \t"); i >= 0 {
		name = name[:i]
	}
	if !strings.HasPrefix(name, "/") || state(name) != facts.NamedMissing {
		return ""
	}
	return name
}

// evaluator knows the variables that a script has set up to one point.
type evaluator struct {
	path string
	vars map[string]string
	env  map[string]string
	from string // a file that was read for a value
}

// builtin are commands of the shell itself.
var builtin = map[string]bool{"exit": true, "return": true, "true": true, "false": true, ":": true, "echo": true, "printf": true, "eval": true, ".": true, "source": true, "command": true, "exec": true, "unset": true, "cd": true, "shift": true, "trap": true, "wait": true, "read": true, "test": true, "[": true}

// target fills in what a word names as a program.
func (e *evaluator) target(sh *facts.GoShell, w *syntax.Word) {
	name, ok := e.word(w)
	if !ok || name == "" || strings.HasPrefix(name, "-") {
		return
	}
	if builtin[name] {
		return
	}
	sh.From = e.from
	if !strings.Contains(name, "/") {
		path := name
		for _, dir := range filepath.SplitList(e.env["PATH"]) {
			if p := filepath.Join(dir, name); filepath.IsAbs(dir) && state(p) == facts.NamedProgram {
				path = p
				break
			}
		}
		name = path
	}
	sh.Target, sh.State = name, facts.NamedMissing
	if filepath.IsAbs(name) {
		sh.State = state(name)
	}
	a, err1 := os.Stat(name)
	b, err2 := os.Stat(e.path)
	sh.Self = err1 == nil && err2 == nil && os.SameFile(a, b)
}

func state(path string) facts.NamedState {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return facts.NamedMissing
	case err != nil:
		return facts.NamedUnknown
	case fi.IsDir():
		return facts.NamedFolder
	case !fi.Mode().IsRegular():
		return facts.NamedOdd
	}
	if runs, _ := executable(path, fi); runs {
		return facts.NamedProgram
	}
	return facts.NamedFile
}

func (e *evaluator) assign(list []*syntax.Assign) {
	for _, a := range list {
		if a.Name == nil || a.Naked {
			continue
		}
		delete(e.vars, a.Name.Value)
		v, ok := "", a.Value == nil && a.Array == nil
		if a.Value != nil && a.Index == nil && !a.Append {
			v, ok = e.word(a.Value)
		}
		if ok {
			e.vars[a.Name.Value] = v
		} else {
			e.vars[a.Name.Value] = "\x00" // hides the environment's
		}
	}
}

// word expands a word; ok is false when it depends on anything that is not known for sure.
func (e *evaluator) word(w *syntax.Word) (string, bool) {
	return e.parts(w.Parts)
}

func (e *evaluator) parts(list []syntax.WordPart) (string, bool) {
	var b strings.Builder
	for i, p := range list {
		switch p := p.(type) {
		case *syntax.Lit:
			v := p.Value
			if i == 0 && strings.HasPrefix(v, "~/") && e.env["HOME"] != "" {
				v = e.env["HOME"] + v[1:]
			}
			if strings.ContainsAny(v, `*?[\`) {
				return "", false
			}
			b.WriteString(v)
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			v, ok := e.parts(p.Parts)
			if !ok {
				return "", false
			}
			b.WriteString(v)
		case *syntax.ParamExp:
			v, ok := e.param(p)
			if !ok {
				return "", false
			}
			b.WriteString(v)
		case *syntax.CmdSubst:
			v, ok := e.subst(p)
			if !ok {
				return "", false
			}
			b.WriteString(v)
		default:
			return "", false
		}
	}
	return b.String(), true
}

func (e *evaluator) param(p *syntax.ParamExp) (string, bool) {
	if p.Param == nil || p.Excl || p.Length || p.Width || p.Index != nil || p.Slice != nil || p.Repl != nil {
		return "", false
	}
	v, ok := e.vars[p.Param.Value]
	if !ok {
		v, ok = e.env[p.Param.Value]
	}
	if v == "\x00" {
		return "", false
	}
	if p.Exp != nil {
		if p.Exp.Op != syntax.DefaultUnsetOrNull && p.Exp.Op != syntax.DefaultUnset || p.Exp.Word == nil {
			return "", false
		}
		if v != "" {
			return v, true
		}
		return e.word(p.Exp.Word)
	}
	return v, ok && v != ""
}

// subst knows three commands: cat FILE, < FILE and dirname WORD.
func (e *evaluator) subst(c *syntax.CmdSubst) (string, bool) {
	if len(c.Stmts) != 1 {
		return "", false
	}
	st := c.Stmts[0]
	call, _ := st.Cmd.(*syntax.CallExpr)
	if st.Cmd == nil && len(st.Redirs) == 1 && st.Redirs[0].Op == syntax.RdrIn {
		return e.file(st.Redirs[0].Word)
	}
	if call == nil || len(call.Args) != 2 || len(st.Redirs) > 0 {
		return "", false
	}
	switch call.Args[0].Lit() {
	case "cat":
		return e.file(call.Args[1])
	case "dirname":
		v, ok := e.word(call.Args[1])
		return filepath.Dir(v), ok
	}
	return "", false
}

// file is the content of a small file, as command substitution gives it.
func (e *evaluator) file(w *syntax.Word) (string, bool) {
	name, ok := e.word(w)
	if !ok || !filepath.IsAbs(name) {
		return "", false
	}
	fi, err := os.Stat(name)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > 4096 {
		return "", false
	}
	f, err := Open(name)
	if err != nil {
		return "", false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil || bytes.IndexByte(data, 0) >= 0 {
		return "", false
	}
	e.from = name
	return strings.TrimRight(string(data), "\n"), true
}

func lineOf(src []byte, n int) string {
	for l := range bytes.Lines(src) {
		if n--; n == 0 {
			l = bytes.TrimSpace(l)
			return string(l[:min(len(l), 200)])
		}
	}
	return ""
}

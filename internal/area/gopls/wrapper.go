package gopls

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
)

// maxWrapper bounds a wrapper script: 64 KiB.
const maxWrapper = 64 << 10

// filters are programs that change what passes through them, or hold it back until a buffer is full; the
// stream between editor and gopls survives neither. tee passes every byte on at once.
func filters() []string {
	return []string{"tr", "sed", "awk", "gawk", "mawk", "perl", "grep", "egrep", "cut", "iconv", "dos2unix", "unix2dos", "sort", "uniq", "ts", "jq", "col", "fold", "head", "tail", "python", "python3", "ruby"}
}

// wrapper reads a shell script that starts gopls. nil when it is no shell script or no start is seen.
func wrapper(path string, vars map[string]string) *facts.GoplsScript {
	fi, err := os.Stat(path)
	if err != nil || fi.Size() > maxWrapper {
		return nil
	}
	src, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(src, []byte("#!")) || !strings.Contains(strings.SplitN(string(src), "\n", 2)[0], "sh") {
		return nil
	}
	w := &facts.GoplsScript{}
	if first, _, _ := bytes.Cut(src, []byte("\n")); bytes.HasSuffix(first, []byte("\r")) {
		w.Unix = []facts.Splice{{Old: string(src), New: strings.ReplaceAll(string(src), "\r\n", "\n")}}
		return w // it cannot be started as it is
	}
	file, err := syntax.NewParser(syntax.KeepComments(true)).Parse(bytes.NewReader(src), path)
	if err != nil {
		return nil
	}
	plain := true // nothing before may start another gopls, or change what the words mean
	for _, st := range file.Stmts {
		if call, cmd := startsGopls(st.Cmd, vars, w); call != nil {
			w.Line = int(st.Pos().Line())
			from, to := int(st.Pos().Offset()), int(st.End().Offset())
			w.Text = string(src[from:to])
			if w.Filter = filterIn(st.Cmd, call); st.Cmd == syntax.Command(call) && plain {
				fails(w, path, src, call, vars)
			}
			if w.Filter != "" {
				w.Direct = []facts.Splice{{Offset: from, Old: w.Text, New: "exec " + string(src[cmd.Pos().Offset():cmd.End().Offset()])}}
			}
			return w
		}
		if name, call := printer(st); name != "" && w.Prints == 0 {
			w.Prints = int(st.Pos().Line())
			at := int(call.End().Offset())
			w.Mute = []facts.Splice{{Offset: at, New: " >&2"}}
		}
		plain = plain && harmless(st.Cmd)
	}
	return nil
}

// harmless reports whether a command before the start of gopls is known neither to start, make or choose one, nor to set PATH or HOME.
func harmless(cmd syntax.Command) bool {
	ok := true
	syntax.Walk(cmd, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			ok = ok && n.Name != nil && n.Name.Value != "PATH" && n.Name.Value != "HOME"
		case *syntax.Lit:
			ok = ok && !strings.Contains(n.Value, "gopls")
		case *syntax.CallExpr:
			if len(n.Args) > 0 { // another program may build or fetch what is not there yet
				ok = ok && slices.Contains([]string{"ulimit", "set", "umask", "echo", "printf", ":", "true", "test", "[", "unset", "logger", "date", "shift", "trap"}, n.Args[0].Lit())
			}
		case *syntax.FuncDecl:
			ok = false
		}
		return ok
	})
	return ok
}

// fails fills Fails and Word when the one command that starts gopls cannot.
func fails(w *facts.GoplsScript, path string, src []byte, call *syntax.CallExpr, vars map[string]string) {
	for _, a := range call.Args {
		target, known := word(a, vars)
		if !strings.HasPrefix(filepath.Base(target), "gopls") {
			continue
		}
		switch fi, err := os.Stat(target); {
		case known && target != w.Target:
			return
		case known && sameFile(target, path), target == "gopls" && a.Lit() != "" && sameFile(program(target, vars["PATH"]), path):
			w.Fails, w.Target = "itself", path
		case known && (os.IsNotExist(err) || err == nil && !fi.Mode().IsRegular()):
			w.Fails = "missing"
		default:
			return
		}
		from, to := a.Pos().Offset(), a.End().Offset()
		w.Word = &facts.Splice{Offset: int(from), Old: string(src[from:to]), New: editor.Place}
		return
	}
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// printer returns a command that writes to standard output unless it is sent elsewhere.
func printer(st *syntax.Stmt) (string, *syntax.CallExpr) {
	call, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || len(st.Redirs) > 0 || st.Background {
		return "", nil
	}
	switch n := call.Args[0].Lit(); n {
	case "echo", "printf", "date", "env", "pwd", "cat", "ls", "whoami", "hostname", "set":
		if (n == "set" || n == "env" || n == "cat") && len(call.Args) > 1 && n != "cat" {
			return "", nil
		}
		return n, call
	}
	return "", nil
}

// startsGopls finds the call of gopls in a command, and the source range of that call.
func startsGopls(cmd syntax.Command, vars map[string]string, w *facts.GoplsScript) (*syntax.CallExpr, syntax.Node) {
	switch c := cmd.(type) {
	case *syntax.CallExpr:
		args := c.Args
		for len(args) > 0 && slices.Contains([]string{"exec", "command", "nice", "env", "stdbuf", "-oL", "-o0", "-i0", "nohup"}, args[0].Lit()) {
			args = args[1:]
		}
		if len(args) == 0 {
			return nil, nil
		}
		for _, a := range args { // gorescue lsp --gopls=PATH
			if p, _ := word(a, vars); strings.HasPrefix(p, "--gopls=/") {
				w.Target = strings.TrimPrefix(p, "--gopls=")
				return c, span{args[0].Pos(), c.End()}
			}
		}
		target, known := word(args[0], vars)
		if !strings.HasPrefix(filepath.Base(target), "gopls") {
			return nil, nil
		}
		if known {
			w.Target = target
		}
		return c, span{args[0].Pos(), c.End()}
	case *syntax.BinaryCmd:
		for _, side := range []*syntax.Stmt{c.X, c.Y} {
			if call, n := startsGopls(side.Cmd, vars, w); call != nil {
				return call, n
			}
		}
	}
	return nil, nil
}

// span is a piece of the source.
type span struct{ from, to syntax.Pos }

// Pos is where it begins.
func (s span) Pos() syntax.Pos { return s.from }

// End is where it ends.
func (s span) End() syntax.Pos { return s.to }

// filterIn names a filter that stands in one pipeline with the call.
func filterIn(cmd syntax.Command, call *syntax.CallExpr) string {
	b, ok := cmd.(*syntax.BinaryCmd)
	if !ok || b.Op != syntax.Pipe && b.Op != syntax.PipeAll {
		return ""
	}
	found := ""
	syntax.Walk(b, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && c != call && len(c.Args) > 0 && found == "" {
			if name := filepath.Base(c.Args[0].Lit()); slices.Contains(filters(), name) {
				found = name
			}
		}
		return true
	})
	return found
}

// word is the text of a shell word with the variables of the environment; known is false when something of
// it cannot be told.
func word(w *syntax.Word, vars map[string]string) (text string, known bool) {
	known = true
	var parts func(list []syntax.WordPart)
	parts = func(list []syntax.WordPart) {
		for _, p := range list {
			switch p := p.(type) {
			case *syntax.Lit:
				text += p.Value
			case *syntax.SglQuoted:
				text += p.Value
			case *syntax.DblQuoted:
				parts(p.Parts)
			case *syntax.ParamExp:
				v, ok := vars[p.Param.Value]
				known = known && ok && p.Exp == nil
				text += v
			default:
				known = false
			}
		}
	}
	parts(w.Parts)
	if rest, ok := strings.CutPrefix(text, "~/"); ok && vars["HOME"] != "" {
		text = vars["HOME"] + "/" + rest
	}
	return text, known && filepath.IsAbs(text)
}

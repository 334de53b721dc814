package startup

import (
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"mvdan.cc/sh/v3/syntax"
)

// AddPath returns the edit which adds one line to a file (src may be empty) that puts a folder at the
// end of PATH.
func AddPath(kind facts.StartupKind, src []byte, dir string) facts.Splice {
	return addLine(kind, src, pathLine(kind, dir, false))
}

// AddPathFirst is AddPath for the front of PATH.
func AddPathFirst(kind facts.StartupKind, src []byte, dir string) facts.Splice {
	return addLine(kind, src, pathLine(kind, dir, true))
}

func pathLine(kind facts.StartupKind, dir string, first bool) string {
	if kind == facts.KindFish {
		if first {
			return "set -gx PATH " + Quote(kind, dir) + " $PATH"
		}
		return "set -gx PATH $PATH " + Quote(kind, dir)
	}
	old, word := "$PATH", inDouble(dir)
	if kind != facts.KindShell {
		old = "${PATH}"
	}
	list := old + ":" + word
	if first {
		list = word + ":" + old
	}
	switch {
	case kind == facts.KindShell:
		return `export PATH="` + list + `"`
	case plain(dir):
		return "PATH=" + list
	}
	return `PATH="` + list + `"`
}

// addLine puts a line at the end of a file, in shell files before an exit that would hide it.
func addLine(kind facts.StartupKind, src []byte, line string) facts.Splice {
	s := facts.Splice{Offset: len(src), New: line + "\n"}
	if kind == facts.KindShell {
		if at := endOf(src); at >= 0 {
			s.Offset = at
			return s
		}
	}
	if n := len(src); n > 0 && src[n-1] != '\n' || continued(src, len(src)) {
		s.New = "\n" + s.New
	}
	return s
}

// endOf is the offset of the line of the first statement behind which nothing runs; -1 = none.
func endOf(src []byte) int {
	f := parseSource("", facts.KindShell, src)
	for _, st := range f.stmts {
		c, ok := st.Cmd.(*syntax.CallExpr)
		if !ok || len(c.Args) == 0 {
			continue
		}
		switch c.Args[0].Lit() {
		case "exit", "return", "logout":
		case "exec":
			if len(c.Args) == 1 {
				continue
			}
		default:
			continue
		}
		from, _ := f.span(st)
		start := lineStart(src, from)
		if strings.TrimLeft(string(src[start:from]), " \t") == "" && !continued(src, start) {
			return start
		}
		return -1
	}
	return -1
}

// Quote writes a value so that a file of this kind gives it back unchanged, with quotes only where they
// are needed. A value with a newline, which only shells can hold, is quoted as shells do.
func Quote(kind facts.StartupKind, value string) string {
	switch {
	case plain(value):
		return value
	case kind == facts.KindFish:
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(value) + "'"
	case kind == facts.KindShell:
		if q, err := syntax.Quote(value, syntax.LangBash); err == nil && !strings.HasPrefix(q, "$'") {
			return q
		}
		return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	case kind == facts.KindPAM:
		return `"` + value + `"`
	case kind == facts.KindEnvd:
		value = strings.ReplaceAll(value, "$", "$$")
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(value) + `"`
	}
	return `"` + inDouble(value) + `"`
}

func inDouble(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(value)
}

// plain reports whether a value needs no quotes in any of the languages.
func plain(value string) bool {
	for i := range len(value) {
		c := value[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("_-./:,+@%^", c) >= 0 {
			continue
		}
		if c == '=' && i > 0 {
			continue
		}
		return false
	}
	return value != ""
}

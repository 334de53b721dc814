package startup

import (
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"mvdan.cc/sh/v3/syntax"
)

// PathLine is a line, in the language of a file, that puts a folder at the front or the end of PATH.
func PathLine(kind facts.StartupKind, dir string, first bool) string {
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

// AddLine returns the edit that adds a line which every session reads to a file that was read; for a
// file that does not exist yet pass a zero one.
func AddLine(f facts.StartupFile, line string) facts.Splice {
	s := facts.Splice{Offset: f.Insert, New: line + "\n"}
	if f.Break {
		s.New = "\n" + s.New
	}
	return s
}

// insertion is where a line for every session goes: the end of a file, in shell files before an exit that
// would hide it; newline says that a line end must come first.
func insertion(kind facts.StartupKind, src []byte) (offset int, newline bool) {
	if kind == facts.KindShell {
		if at := endOf(src); at >= 0 {
			return at, false
		}
	}
	return len(src), len(src) > 0 && src[len(src)-1] != '\n' || continued(src, len(src))
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

package startup

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/gorescue/gorescue/internal/facts"
	"mvdan.cc/sh/v3/syntax"
)

// dialect is how a file is written.
type dialect int

const (
	inBash dialect = iota
	inZsh
	inFish
	inLines // NAME=value
)

const maxNesting = 400

// source is one file, parsed.
type source struct {
	path, real string
	kind       facts.StartupKind
	syntax     dialect
	src        []byte
	err        error
	stmts      []*syntax.Stmt
	rest       []*syntax.Stmt // simple assignments behind a syntax error
	places     map[*syntax.Stmt]place
	naked      map[string][]target // lone `export NAME`
	count      map[string]int      // assignments of a name
}

// place is where a statement stands.
type place struct {
	list   []*syntax.Stmt
	outer  *syntax.Stmt
	binary *syntax.BinaryCmd // of which it is an operand
	needed bool              // the list must not become empty
	result bool              // the result of the list's last statement counts
}

func dialectOf(path string, kind facts.StartupKind) dialect {
	base := filepath.Base(path)
	switch {
	case kind == facts.KindFish:
		return inFish
	case kind == facts.KindEnvd || kind == facts.KindPAM || kind == facts.KindDot && !strings.HasSuffix(base, "envrc"):
		return inLines
	case strings.HasPrefix(strings.TrimPrefix(base, "."), "z") || strings.HasSuffix(base, ".zsh"):
		return inZsh
	}
	return inBash
}

// parseSource never fails: what is wrong stands in err.
func parseSource(path string, kind facts.StartupKind, src []byte) *source {
	f := &source{path: path, real: path, kind: kind, syntax: dialectOf(path, kind), src: src}
	if bytes.IndexByte(src, 0) >= 0 {
		f.err = errors.New("holds zero bytes: not a text file")
		f.src = nil
		f.syntax = inLines
		return f
	}
	if f.syntax == inBash || f.syntax == inZsh {
		f.parse()
	}
	return f
}

func (f *source) parse() {
	f.places, f.naked, f.count = map[*syntax.Stmt]place{}, map[string][]target{}, map[string]int{}
	if tooDeep(f.src) {
		f.err = errors.New("nested too deeply to be parsed")
		f.tolerant(0)
		return
	}
	text := asUTF8(f.src)
	stmts, err := parseShell(text, langOf(f.syntax))
	if err != nil && f.syntax == inZsh {
		if other, err2 := parseShell(text, syntax.LangBash); err2 == nil {
			stmts, err = other, nil
		}
	}
	f.stmts, f.err = stmts, err
	f.index(f.stmts, place{})
	if err != nil {
		from := 0
		if n := len(stmts); n > 0 {
			_, from = f.span(stmts[n-1])
			from = lineEnd(f.src, from)
		}
		f.tolerant(from)
	}
}

// foreign stands for a byte that is not UTF-8, which the parser does not take but shells do.
const foreign = "\x7f"

// asUTF8 replaces such bytes one by one, so that offsets stay.
func asUTF8(src []byte) []byte {
	if utf8.Valid(src) {
		return src
	}
	out := bytes.Clone(src)
	for i := 0; i < len(out); {
		r, n := utf8.DecodeRune(out[i:])
		if r == utf8.RuneError && n == 1 {
			out[i] = foreign[0]
		}
		i += n
	}
	return out
}

func langOf(d dialect) syntax.LangVariant {
	if d == inZsh {
		return syntax.LangZsh
	}
	return syntax.LangBash
}

// parseShell returns the statements before the first syntax error. A panic of the parser is an error
// of the file: the file is anybody's.
func parseShell(src []byte, lang syntax.LangVariant) (stmts []*syntax.Stmt, err error) {
	defer func() {
		if r := recover(); r != nil {
			stmts, err = nil, fmt.Errorf("cannot be parsed: %v", r)
		}
	}()
	for st, err := range syntax.NewParser(syntax.Variant(lang)).StmtsSeq(bytes.NewReader(src)) {
		if err != nil {
			return stmts, err
		}
		stmts = append(stmts, st)
	}
	return stmts, nil
}

// tolerant finds the simple assignments of a part that does not parse. Everything else is blanked, so
// that offsets and line numbers stay.
func (f *source) tolerant(from int) {
	text := bytes.Clone(asUTF8(f.src))
	n, tries := 0, 0
	for at := 0; at < len(text); {
		end := lineEnd(text, at)
		line := bytes.TrimLeft(text[at:end], " \t")
		if at < from || n >= maxFiles || tries > 10*maxFiles || !simpleAssignment(line, &tries) {
			copy(text[at:end], bytes.Repeat([]byte{' '}, end-at))
		} else {
			n++
		}
		at = next(text, end)
	}
	if n == 0 {
		return
	}
	if list, err := parseShell(text, syntax.LangBash); err == nil {
		f.index(list, place{})
		f.rest = list
	}
}

func simpleAssignment(line []byte, tries *int) bool {
	name, _, ok := bytes.Cut(bytes.TrimPrefix(line, []byte("export ")), []byte("="))
	if !ok || !syntax.ValidName(string(name)) || len(line) > maxText*10 || bytes.HasSuffix(line, []byte(`\`)) || tooDeep(line) {
		return false
	}
	*tries++
	list, err := parseShell(line, syntax.LangBash)
	return err == nil && len(list) == 1 && !hasHeredoc(list[0])
}

// tooDeep guards the parser, which goes down one frame per level.
func tooDeep(src []byte) bool {
	depth, signs, bars, heads := 0, 0, 0, 0
	start := true   // of a word where a command may stand
	var before byte // last byte that is not blank
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch c {
		case '#':
			if start {
				i = lineEnd(src, i)
			}
		case '(', '{', '`', '[':
			depth++
			if c == '(' && i+1 < len(src) && src[i+1] == ')' {
				heads++ // f() f() f() …
			} else {
				heads = 0
			}
		case ')', '}', ']':
			depth = max(depth-1, 0)
		case '\n':
			if before != '|' && before != '&' && before != '\\' {
				bars = 0
			}
		case '|', '&':
			bars++
		}
		if c > ' ' {
			before = c
		}
		if bytes.IndexByte([]byte("!-+~"), c) >= 0 {
			signs++
		} else if c != ' ' && c != '\t' {
			signs = 0
		}
		if start {
			n := 0
			for i+n < len(src) && src[i+n] >= 'a' && src[i+n] <= 'z' {
				n++
			}
			switch string(src[i : i+n]) {
			case "if", "while", "until", "for", "case", "select", "time", "function", "coproc", "repeat", "foreach":
				depth++
				i += n - 1
				continue
			case "fi", "done", "esac":
				depth = max(depth-1, 0)
			case "then", "do", "else", "elif":
				i += n - 1
				continue
			}
		}
		if depth > maxNesting || signs > maxNesting*4 || bars > maxNesting || heads > maxNesting {
			return true
		}
		start = c == '\n' || c == ';' || c == '&' || c == '|' || c == '(' || c == '{' || c == '!' || start && (c == ' ' || c == '\t' || c == '\r')
	}
	return false
}

// span is the range of a statement, with its semicolon and without a carriage return.
func (f *source) span(st *syntax.Stmt) (from, to int) {
	from, to = int(st.Pos().Offset()), int(st.End().Offset())
	to = min(to, len(f.src))
	from = min(from, to)
	if to > from && f.src[to-1] == '\r' {
		to--
	}
	return from, to
}

// carriage reports whether a value that ends here takes the carriage return of its line along, as
// shells do.
func (f *source) carriage(end syntax.Pos) bool {
	at := min(int(end.Offset()), len(f.src))
	if at > 0 && f.src[at-1] == '\r' {
		return true
	}
	return at+1 < len(f.src) && f.src[at] == '\r' && f.src[at+1] == '\n'
}

// resolve makes the name of a sourced file absolute; "" when it depends on the working folder or PATH.
func (f *source) resolve(name string) string {
	switch {
	case filepath.IsAbs(name):
		return filepath.Clean(name)
	case f.kind == facts.KindDot && name != "": // direnv evaluates in the folder of the file
		return filepath.Join(filepath.Dir(f.path), name)
	}
	return ""
}

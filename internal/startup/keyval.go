package startup

import (
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"mvdan.cc/sh/v3/syntax"
)

const maxValue = 32 << 10 // bytes of a value that are looked into

// keyValues evaluates a file of NAME=value lines: environment.d(5), environment(5), pam_env.conf(5),
// EnvironmentFile of systemd.exec(5).
func (s *session) keyValues(f *source) {
	sc := scope{file: f}
	line := 0
	for from := 0; from < len(f.src); {
		to := lineEnd(f.src, from)
		line++
		start, first := from, line
		for f.kind != facts.KindPAM && continued(f.src, to+1) && to < len(f.src) { // a backslash before the newline
			to = lineEnd(f.src, next(f.src, to))
			line++
		}
		if s.oneLine(sc, first, start, to) {
			*s.steps++
		}
		from = next(f.src, to)
		if *s.steps > maxSteps {
			return
		}
	}
}

// next is the offset of the line behind the one that ends at end.
func next(src []byte, end int) int {
	if end < len(src) && src[end] == '\r' {
		end++
	}
	return min(end+1, len(src))
}

func (s *session) oneLine(sc scope, line, from, to int) bool {
	f := sc.file
	text := strings.TrimSpace(string(f.src[from:to]))
	body := strings.TrimSpace(strings.TrimPrefix(text, "export "))
	if strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") {
		return false
	}
	name, raw, ok := strings.Cut(body, "=")
	if f.kind == facts.KindPAM && strings.ContainsAny(name, " \t") {
		name, raw, ok = pamValue(body)
	}
	name = strings.TrimRight(name, " \t")
	if !ok || !syntax.ValidName(name) {
		return false
	}
	pieces := []piece{{text: dequote(strings.TrimSpace(raw), f.kind)}}
	if f.kind == facts.KindEnvd || strings.HasSuffix(f.path, ".pam_environment") {
		pieces = s.interpolate(name, pieces[0].text, f.kind, 0)
	}
	a := facts.Assignment{Name: name, Line: line, Text: clip(text)}
	v := derive(&a, pieces, false)
	v.full = name == "PATH"
	s.vars[name], s.export[name] = v, true
	end := next(f.src, to)
	a.Cuts = []facts.Splice{{Offset: from, Old: string(f.src[from:end])}}
	s.record(sc, a, from)
	return true
}

func clip(text string) string {
	if len(text) > maxText {
		return strings.ToValidUTF8(text[:maxText], "") + holeMark
	}
	return text
}

// pamValue reads `NAME DEFAULT=value OVERRIDE=value`.
func pamValue(line string) (name, raw string, ok bool) {
	name, rest, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	for _, key := range []string{"OVERRIDE=", "DEFAULT="} {
		if _, v, found := strings.Cut(" "+rest, " "+key); found && v != "" {
			if v[0] == '"' {
				if i := strings.IndexByte(v[1:], '"'); i >= 0 {
					return name, v[:i+2], true
				}
			}
			v, _, _ = strings.Cut(v, " ")
			return name, v, true
		}
	}
	return name, "", false
}

// dequote takes quotes and backslashes away as systemd does (basic/env-file.c); PAM only takes a pair of
// quotes around the whole (pam_env.c).
func dequote(raw string, kind facts.StartupKind) string {
	if kind == facts.KindPAM {
		if n := len(raw); n >= 2 && (raw[0] == '"' || raw[0] == '\'') && raw[n-1] == raw[0] {
			return raw[1 : n-1]
		}
		return raw
	}
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(raw):
			i++
			switch {
			case raw[i] == '\n':
			case raw[i] == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
				i++
			case quote == '"' && !strings.ContainsRune("\"\\`$", rune(raw[i])):
				b.WriteString(raw[i-1 : i+1])
			default:
				b.WriteByte(raw[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// interpolate expands $X, ${X}, ${X:-a} and ${X:+a}, and PAM's @{HOME}.
func (s *session) interpolate(target, text string, kind facts.StartupKind, depth int) (out []piece) {
	if depth > 10 || len(text) > maxValue {
		return []piece{{text: hole}}
	}
	for text != "" {
		i := strings.IndexAny(text, "$@")
		if i < 0 || i+1 == len(text) {
			break
		}
		out = append(out, piece{text: text[:i]})
		mark := text[i]
		text = text[i+1:]
		name, op, word, n := reference(text)
		if n == 0 || mark == '@' && (text[0] != '{' || kind != facts.KindPAM) {
			out = append(out, piece{text: string(mark)})
			if mark == '$' && text[0] == '$' {
				text = text[1:]
			}
			continue
		}
		text = text[n:]
		v := s.lookup(name)
		full, sure := v.nonEmpty()
		self := piece{text: v.text, self: name == target}
		switch {
		case op == "":
			out = append(out, self)
		case !sure && !self.self:
			out = append(out, piece{text: hole})
		case op == ":-" && full:
			out = append(out, self)
		case op == ":-" || op == ":+" && full:
			out = append(out, s.interpolate(target, word, kind, depth+1)...)
		}
	}
	return append(out, piece{text: text})
}

// reference reads what stands behind a $. n is its length, 0 when it is none.
func reference(text string) (name, op, word string, n int) {
	if text[0] != '{' {
		n = nameLength(text)
		return text[:n], "", "", n
	}
	n = nameLength(text[1:])
	name, rest := text[1:1+n], text[1+n:]
	if n == 0 {
		return "", "", "", 0
	}
	if strings.HasPrefix(rest, "}") {
		return name, "", "", n + 2
	}
	depth := 1
	for i := 0; i < min(len(rest), 4096); i++ {
		switch rest[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 && i >= 2 && (rest[:2] == ":-" || rest[:2] == ":+") {
			return name, rest[:2], rest[2:i], n + 2 + i
		}
	}
	return "", "", "", 0
}

func nameLength(text string) int {
	n := 0
	for n < len(text) && (text[n] == '_' || text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z' || n > 0 && text[n] >= '0' && text[n] <= '9') {
		n++
	}
	return n
}

package startup

import "strings"

// fishCommands splits a file of fish into commands. It knows quotes, comments, line continuations and
// parentheses; everything else it leaves as it is.
func fishCommands(src []byte) (out []fishCommand) {
	l := fishLexer{src: src, line: 1}
	for l.at < len(src) && len(out) < maxSteps {
		c := l.command()
		if n := len(out); n > 0 && len(c.words) > 0 {
			if last := &out[n-1]; c.operator != "" {
				last.stays = true
			} else if len(last.words) == 1 && (last.words[0].raw == "if" || last.words[0].raw == "while") {
				c.stays = true
			}
		}
		out = append(out, c)
	}
	return out
}

type fishLexer struct {
	src  []byte
	at   int
	line int
	link int    // where the operator before the next command begins
	op   string // that operator
}

// command reads up to a separator and behind it.
func (l *fishLexer) command() fishCommand {
	c := fishCommand{joined: -1, operator: l.op}
	if l.op != "" {
		c.joined = l.link
	}
	l.op = ""
	for {
		l.blanks()
		if len(c.words) == 0 {
			c.from, c.line = l.at, l.line
		}
		if l.at >= len(l.src) {
			return c
		}
		switch ch := l.src[l.at]; {
		case ch == '\n':
			l.at++
			l.line++
			return c
		case ch == ';':
			l.at++
			return c
		case ch == '&' || ch == '|':
			l.link = l.at
			for l.at < len(l.src) && l.src[l.at] == ch {
				l.at++
			}
			l.op = "and"
			return c
		}
		w := l.word()
		if n := len(c.words); n == 0 && (w.raw == "and" || w.raw == "or" || w.raw == "not" || w.raw == "!") {
			if c.joined < 0 {
				c.joined = w.from
			}
			c.operator = "and"
			continue
		}
		c.words = append(c.words, w)
		c.to = w.to
		if n := len(c.words); n == 1 && (w.raw == "if" || w.raw == "while" || w.raw == "else" || w.raw == "begin") {
			return c // what follows is a command of its own
		}
	}
}

func (l *fishLexer) blanks() {
	for l.at < len(l.src) {
		switch ch := l.src[l.at]; {
		case ch == ' ' || ch == '\t' || ch == '\r':
			l.at++
		case ch == '\\' && l.at+1 < len(l.src) && l.src[l.at+1] == '\n':
			l.at += 2
			l.line++
		case ch == '#':
			l.at = lineEnd(l.src, l.at)
		default:
			return
		}
	}
}

// word reads one word; it takes at least one byte.
func (l *fishLexer) word() fishWord {
	from := l.at
	depth := 0
	quote := byte(0)
	for l.at < len(l.src) {
		ch := l.src[l.at]
		if ch == '\n' {
			if quote == 0 && depth == 0 {
				break
			}
			l.line++
		}
		if ch == '\\' && l.at+1 < len(l.src) {
			if l.src[l.at+1] == '\n' {
				if quote == 0 {
					break
				}
				l.line++
			}
			l.at += 2
			continue
		}
		if quote == 0 && depth == 0 && strings.IndexByte(" \t\r;&|", ch) >= 0 {
			break
		}
		switch {
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '"' || ch == '\'':
			quote = ch
		case ch == '(':
			depth++
		case ch == ')' && depth > 0:
			depth--
		}
		l.at++
	}
	l.at = max(l.at, from+1)
	return fishWord{string(l.src[from:l.at]), from, l.at}
}

// fishFlags separates the options of a command from its other words; long ones as their first letter,
// as far as they matter here.
func fishFlags(words []fishWord) (flags string, rest []fishWord) {
	long := map[string]string{"--export": "x", "--unexport": "u", "--erase": "e", "--append": "a", "--prepend": "p", "--query": "q", "--names": "n", "--show": "S"}
	for i, w := range words {
		switch {
		case w.raw == "--":
			return flags, words[i+1:]
		case strings.HasPrefix(w.raw, "--"):
			flags += long[w.raw]
		case strings.HasPrefix(w.raw, "-") && len(w.raw) > 1:
			flags += w.raw[1:]
		default:
			return flags, words[i:]
		}
	}
	return flags, nil
}

func (s *session) fishList(sc scope, target string, words []fishWord) (out []piece) {
	for _, w := range words {
		pieces := s.fishExpand(sc, target, w.raw)
		if len(pieces) == 1 {
			out = append(out, pieces[0])
			continue
		}
		one := piece{}
		for _, p := range pieces {
			one.text += p.text
			one.self = one.self || p.self
		}
		out = append(out, one)
	}
	return out
}

// fishExpand expands quotes, variables and the tilde of one word.
func (s *session) fishExpand(sc scope, target, raw string) (out []piece) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, piece{text: b.String()})
			b.Reset()
		}
	}
	if raw == "~" || strings.HasPrefix(raw, "~/") {
		b.WriteString(s.lookup("HOME").text)
		raw = raw[1:]
	}
	quote := byte(0)
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && i+1 < len(raw):
			if quote != 0 && raw[i+1] != '\\' && raw[i+1] != quote && raw[i+1] != '$' {
				b.WriteByte(c)
				continue
			}
			i++
			b.WriteByte(raw[i])
		case quote != '\'' && c == '(' || quote == 0 && strings.IndexByte("*?{[", c) >= 0:
			flush()
			return append(out, piece{text: hole}) // a command, a list or file names
		case quote != '\'' && c == '$':
			n := nameLength(raw[i+1:])
			name := raw[i+1 : i+1+n]
			i += n
			if n == 0 || i+1 < len(raw) && raw[i+1] == '[' {
				flush()
				return append(out, piece{text: hole})
			}
			flush()
			v := s.lookup(name)
			out = append(out, piece{text: v.text, self: target != "" && name == target})
		default:
			b.WriteByte(c)
		}
	}
	flush()
	return out
}

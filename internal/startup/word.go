package startup

import (
	"os"
	"path"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// piece is a part of an expanded word.
type piece struct {
	text string // with hole for what is not known
	self bool   // the old value of the variable that is assigned
	arg  bool   // comes from an argument of a function
}

// expander expands words for the assignment of one variable.
type expander struct {
	s      *session
	sc     scope
	target string // the variable that is assigned; "" = none
	depth  int
	odd    bool // changes other variables by the way (${X:=y}, arithmetic)
	bent   bool // the old value goes through an operation
	assign bool // tilde after a colon counts
	quoted bool // between double quotes
}

// word expands a word to one string, without splitting or file names.
func (x *expander) word(w *syntax.Word) []piece {
	if w == nil || x.depth > 50 {
		return nil
	}
	x.depth++
	defer func() { x.depth-- }()
	return x.parts(w.Parts, x.quoted)
}

// text expands a word that has no business with its own old value.
func (s *session) text(sc scope, w *syntax.Word) value {
	x := expander{s: s, sc: sc}
	return flat(x.word(w))
}

func flat(pieces []piece) value {
	v := value{set: true}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
		v.arg = v.arg || p.arg
	}
	v.text = strings.ReplaceAll(b.String(), foreign, hole)
	v.known = !strings.Contains(v.text, hole)
	return v
}

func (x *expander) parts(parts []syntax.WordPart, quoted bool) (out []piece) {
	for i, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			out = append(out, x.literal(p.Value, quoted, i == 0))
		case *syntax.SglQuoted:
			out = append(out, piece{text: single(p)})
		case *syntax.DblQuoted:
			was := x.quoted
			x.quoted = true
			out = append(out, x.parts(p.Parts, true)...)
			x.quoted = was
		case *syntax.ParamExp:
			out = append(out, x.param(p)...)
		case *syntax.CmdSubst:
			out = append(out, x.command(p))
		case *syntax.ArithmExp:
			x.odd = true
			out = append(out, piece{text: hole})
		default:
			out = append(out, piece{text: hole})
		}
	}
	return out
}

func single(q *syntax.SglQuoted) string {
	if !q.Dollar {
		return q.Value
	}
	s, _, err := expand.Format(nil, q.Value, nil)
	if err != nil {
		return hole
	}
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// command is the output of a command: never known. It may be made from the old value.
func (x *expander) command(c *syntax.CmdSubst) piece {
	p := piece{text: hole}
	syntax.Walk(c, func(n syntax.Node) bool {
		if e, ok := n.(*syntax.ParamExp); ok && e.Param != nil {
			if x.target != "" && e.Param.Value == x.target {
				p.self, x.bent = true, true
			}
			if x.s.in(x.s.vars, e.Param.Value).arg || isArgument(e.Param.Value) && x.sc.call != nil {
				p.arg = true
			}
		}
		return true
	})
	return p
}

// literal takes backslashes away and expands tildes.
func (x *expander) literal(lit string, quoted, first bool) piece {
	if !quoted {
		lit = x.tildes(lit, first)
	}
	if !strings.Contains(lit, `\`) {
		return piece{text: lit}
	}
	var b strings.Builder
	for i := 0; i < len(lit); i++ {
		if lit[i] != '\\' || i+1 == len(lit) {
			b.WriteByte(lit[i])
			continue
		}
		i++
		if lit[i] == '\n' {
			continue
		}
		if quoted && !strings.ContainsRune("$`\"\\", rune(lit[i])) {
			b.WriteByte('\\')
		}
		b.WriteByte(lit[i])
	}
	return piece{text: b.String()}
}

func (x *expander) tildes(lit string, first bool) string {
	home := x.s.lookup("HOME")
	if !strings.Contains(lit, "~") {
		return lit
	}
	fields := []string{lit}
	if x.assign {
		fields = strings.Split(lit, ":")
	}
	for i, f := range fields {
		if i == 0 && !first || !strings.HasPrefix(f, "~") {
			continue
		}
		switch rest := f[1:]; {
		case rest == "" || rest[0] == '/':
			if home.set {
				fields[i] = home.text + rest
			}
		default:
			fields[i] = hole // another user's home folder
		}
	}
	return strings.Join(fields, ":")
}

// param expands $X and ${X…}.
func (x *expander) param(e *syntax.ParamExp) []piece {
	if e.Param == nil {
		return []piece{{text: hole}}
	}
	name := e.Param.Value
	old := x.s.lookup(name)
	if v, ok := x.sc.argument(name); ok {
		old = v
	}
	self := x.target != "" && (name == x.target || x.sc.file.syntax == inZsh && strings.ToLower(x.target) == name)
	if self && name != x.target {
		old = x.s.lookup(x.target) // zsh: the array path is PATH
	}
	got := piece{text: old.text, self: self, arg: old.arg}
	arrayAll := self && e.Index != nil && !e.Excl && !e.Length
	plain := e.Flags == nil && !e.Excl && !e.Length && !e.Width && !e.IsSet && e.Index == nil &&
		len(e.Modifiers) == 0 && e.Slice == nil && e.Repl == nil && e.Names == 0
	switch {
	case arrayAll:
		return []piece{got}
	case plain && e.Exp == nil:
		return []piece{got}
	case plain && e.Exp != nil:
		return x.operator(e, got, old)
	}
	if self {
		x.bent = true
	}
	return []piece{{text: hole, self: self, arg: old.arg}}
}

func (x *expander) operator(e *syntax.ParamExp, got piece, old value) []piece {
	full, sure := old.nonEmpty()
	isSet := full
	switch e.Exp.Op {
	case syntax.AlternateUnset, syntax.DefaultUnset, syntax.AssignUnset, syntax.ErrorUnset:
		isSet = !old.known || old.set
		sure = sure || !old.known
	}
	switch e.Exp.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if got.self && !old.known {
			isSet, sure = true, true
		}
		switch {
		case !sure:
			return []piece{{text: hole, arg: got.arg}}
		case isSet:
			return x.word(e.Exp.Word)
		case got.self: // the word stands for the old value, which is empty now
			return []piece{{self: true}}
		}
		return nil
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if e.Exp.Op == syntax.AssignUnset || e.Exp.Op == syntax.AssignUnsetOrNull {
			x.odd = true
		}
		if got.self && !old.known {
			return []piece{got}
		}
		switch {
		case !sure:
			return []piece{{text: hole, arg: got.arg}}
		case isSet:
			return []piece{got}
		}
		return x.word(e.Exp.Word)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return []piece{got}
	}
	if got.self {
		x.bent = true
	}
	if pattern := flat(x.word(e.Exp.Word)); old.known && pattern.known && !strings.ContainsAny(pattern.text, `*?[\(@+!`) {
		return []piece{{text: trim(e.Exp.Op, old.text, pattern.text), self: got.self, arg: got.arg}}
	}
	if old.known && e.Exp.Word.Lit() == "/*" && (e.Exp.Op == syntax.RemSmallSuffix) && strings.Contains(old.text, "/") {
		dir, _ := path.Split(old.text)
		return []piece{{text: strings.TrimSuffix(dir, "/"), self: got.self, arg: got.arg}}
	}
	return []piece{{text: hole, self: got.self, arg: got.arg}}
}

func trim(op syntax.ParExpOperator, s, pattern string) string {
	switch op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix:
		return strings.TrimPrefix(s, pattern)
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		return strings.TrimSuffix(s, pattern)
	}
	return hole
}

func isArgument(name string) bool {
	return name != "" && (name[0] >= '1' && name[0] <= '9' || name == "@" || name == "*")
}

// fields expands a word as the list of a loop or the argument of a command: with splitting, braces left
// alone, and file names. ok is false when the fields are not known.
func (s *session) fields(sc scope, w *syntax.Word) (list []string, ok bool) {
	v := s.text(sc, w)
	if !v.known {
		return nil, false
	}
	quoted := false
	for _, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			quoted = true
		case *syntax.BraceExp, *syntax.ExtGlob:
			return nil, false
		case *syntax.Lit:
			if strings.Contains(p.Value, "{") {
				return nil, false
			}
		}
	}
	globs := strings.ContainsAny(unquotedText(w), "*?[")
	if !quoted && !globs {
		return strings.Fields(v.text), true
	}
	if !globs {
		return []string{v.text}, true
	}
	if s.disk == nil || !path.IsAbs(v.text) && os.PathSeparator == '/' {
		return nil, false
	}
	return s.disk.glob(v.text), true
}

func unquotedText(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok {
			b.WriteString(lit.Value)
		}
	}
	return b.String()
}

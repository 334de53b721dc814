package startup

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"mvdan.cc/sh/v3/syntax"
)

// fishWord is one word of a fish command.
type fishWord struct {
	raw      string
	from, to int
}

// fishCommand is one command of a fish file, with the operator before it.
type fishCommand struct {
	words    []fishWord
	line     int
	from, to int    // without the operator and the separator
	joined   int    // where the operator before it begins (and, or, &&, ||); -1 = none
	operator string // "and", "or" or ""
	stays    bool   // something must stand here: it is a condition, or what follows depends on it
}

// fish evaluates a file of fish, command by command: blocks are counted, not run.
func (s *session) fish(f *source) {
	sc := scope{file: f}
	variables := strings.HasSuffix(f.path, "fish_variables")
	var blocks []string
	function := ""
	uncalled := map[string]*bool{}
	commands := fishCommands(f.src)
	for _, c := range commands { // which functions are called
		if len(c.words) > 0 && uncalled[c.words[0].raw] == nil {
			called := true
			uncalled[c.words[0].raw] = &called
		}
	}
	for i, c := range commands {
		*s.steps++
		if len(c.words) == 0 || *s.steps > maxSteps {
			continue
		}
		name := c.words[0].raw
		switch name {
		case "if", "while", "for", "switch", "begin":
			if name == "if" && i > 0 && len(commands[i-1].words) == 1 && commands[i-1].words[0].raw == "else" && commands[i-1].line == c.line {
				continue
			}
			blocks = append(blocks, name)
			continue
		case "function":
			blocks = append(blocks, name)
			if len(c.words) > 1 && function == "" {
				function = c.words[1].raw
			}
			continue
		case "end":
			if n := len(blocks); n > 0 {
				blocks = blocks[:n-1]
			}
			if !slices.Contains(blocks, "function") {
				function = ""
			}
			continue
		case "exit", "return", "exec":
			if len(blocks) == 0 && c.operator == "" {
				sc.dormant = true
			}
			continue
		}
		at := sc
		at.guarded = c.operator != "" || slices.ContainsFunc(blocks, func(b string) bool { return b != "begin" && b != "function" })
		if function != "" && uncalled[function] == nil {
			at.dormant = true
		}
		if variables {
			s.fishVariable(at, c)
		} else {
			s.fishCommand(at, c)
		}
	}
}

// fishCommand evaluates one command that may set a variable.
func (s *session) fishCommand(sc scope, c fishCommand) {
	name := c.words[0].raw
	args := c.words[1:]
	g := fishGiven{sc: sc, c: c}
	switch name {
	case "set":
		flags, rest := fishFlags(args)
		if len(rest) == 0 || strings.ContainsAny(flags, "qSn") {
			return
		}
		g.name, g.exported = rest[0].raw, strings.Contains(flags, "x")
		g.erase = strings.Contains(flags, "e")
		if strings.Contains(flags, "a") {
			g.pieces = []piece{s.fishOld(g.name)}
		}
		g.pieces = append(g.pieces, s.fishList(sc, g.name, rest[1:])...)
		if strings.Contains(flags, "p") {
			g.pieces = append(g.pieces, s.fishOld(g.name))
		}
	case "export":
		for _, w := range args {
			n, v, ok := strings.Cut(w.raw, "=")
			if ok {
				s.fishGive(fishGiven{sc: sc, c: c, name: n, exported: true, pieces: s.fishExpand(sc, n, v)})
			}
		}
		return
	case "setenv":
		if len(args) < 2 {
			return
		}
		g.name, g.exported, g.pieces = args[0].raw, true, s.fishList(sc, args[0].raw, args[1:])
	case "fish_add_path":
		flags, rest := fishFlags(args)
		g.name, g.exported = "PATH", true
		list := s.fishList(sc, "", rest)
		if strings.Contains(flags, "a") {
			g.pieces = append([]piece{s.fishOld("PATH")}, list...)
		} else {
			g.pieces = append(list, s.fishOld("PATH"))
		}
	case "source", ".":
		s.fishSource(sc, args)
		return
	default:
		return
	}
	s.fishGive(g)
}

func (s *session) fishSource(sc scope, args []fishWord) {
	if s.disk == nil || len(args) == 0 || sc.dormant || sc.depth >= maxDepth {
		return
	}
	v := flat(s.fishExpand(sc, "", args[0].raw))
	path := sc.file.resolve(v.text)
	if !v.known || path == "" || s.visited[path] {
		return
	}
	if f := s.disk.source(path, facts.KindFish); f != nil {
		s.visited[path] = true
		s.run(f)
	}
}

type fishGiven struct {
	sc              scope
	c               fishCommand
	name            string
	pieces          []piece
	exported, erase bool
}

func (s *session) fishOld(name string) piece {
	return piece{text: s.lookup(name).text, self: true}
}

// fishGive records an assignment. Lists of path variables are joined by colons, others by blanks
// (fish-language, "PATH variables").
func (s *session) fishGive(g fishGiven) {
	*s.steps++
	if !syntax.ValidName(g.name) || s.tired() {
		return
	}
	f := g.sc.file
	a := facts.Assignment{Name: g.name, Line: g.c.line, Text: f.lines(g.c.from, g.c.to)}
	a.Cuts = f.fishCut(g.c)
	if g.erase {
		a.Unset, a.Known = true, true
		s.vars[g.name] = value{known: true}
		s.record(g.sc, a, g.c.from)
		return
	}
	sep := " "
	if strings.HasSuffix(g.name, "PATH") {
		sep = ":"
	}
	var pieces []piece
	for i, p := range g.pieces {
		if i > 0 {
			pieces = append(pieces, piece{text: sep})
		}
		pieces = append(pieces, p)
	}
	if g.c.words[0].raw == "export" {
		pieces = g.pieces
	}
	v := derive(&a, pieces, false)
	v.full = v.full || g.name == "PATH"
	s.vars[g.name] = v
	if g.sc.guarded && !v.known {
		s.vars[g.name] = unknown()
	}
	if g.exported {
		s.exports(g.sc, g.name)
	}
	a.Local = !g.exported && !s.export[g.name]
	s.record(g.sc, a, g.c.from)
}

// fishVariable reads a line of the file in which fish keeps universal variables:
// SETUVAR --export NAME:value, with \xHH for what is not plain.
func (s *session) fishVariable(sc scope, c fishCommand) {
	if c.words[0].raw != "SETUVAR" {
		return
	}
	exported := false
	for _, w := range c.words[1:] {
		if w.raw == "--export" {
			exported = true
			continue
		}
		name, raw, ok := strings.Cut(w.raw, ":")
		if !ok {
			continue
		}
		var pieces []piece
		for part := range strings.SplitSeq(raw, `\x1e`) {
			pieces = append(pieces, piece{text: fishHex(part)})
		}
		s.fishGive(fishGiven{sc: sc, c: c, name: name, exported: exported, pieces: pieces})
	}
}

func fishHex(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) && text[i+1] == 'x' {
			hi, lo := strings.IndexByte("0123456789abcdef", text[i+2]|0x20), strings.IndexByte("0123456789abcdef", text[i+3]|0x20)
			if hi >= 0 && lo >= 0 && hi+lo > 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// fishCut takes one command out of its file; blocks may be empty in fish.
func (f *source) fishCut(c fishCommand) []facts.Splice {
	e := edit{from: c.from, to: c.to, whole: true}
	if c.stays {
		return f.splices([]edit{{from: c.from, to: c.to, text: "true"}})
	}
	if c.joined >= 0 {
		e.from = c.joined
	}
	if e.to < len(f.src) && f.src[e.to] == ';' {
		e.to++
	}
	return f.splices([]edit{e})
}

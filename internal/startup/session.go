package startup

import (
	"maps"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

const (
	maxSteps = 20000 // statements of one evaluation: a function may call itself
	maxFound = 5000  // assignments
	maxDepth = 5     // files that read files, functions that call functions
	hole     = "\x00"
	holeMark = "…"
)

// value is what is known of a variable.
type value struct {
	text  string // with hole for each part that is not known
	known bool
	set   bool
	full  bool // not known, but not empty
	arg   bool // comes from an argument of a function
}

func known(text string) value { return value{text: text, known: true, set: true} }

func unknown() value { return value{text: hole, set: true} }

// nonEmpty says whether the value is set and not empty; ok is false when that is not known.
func (v value) nonEmpty() (yes, ok bool) {
	if v.known {
		return v.set && v.text != "", true
	}
	return true, v.full || strings.Trim(v.text, hole) != ""
}

// site is the place of an assignment.
type site struct {
	file   string
	offset int
	name   string
}

// function is a shell function with the file that it stands in.
type function struct {
	file   *source
	body   func(scope)
	sets   func(name string) bool // it does nothing but set this variable
	called *bool
}

// session is one evaluation of start-up files, in their order.
type session struct {
	disk     *disk             // nil: looks at no other file
	env      map[string]string // of this process
	own      map[string]bool   // names for which env is not what a new session starts with
	vars     map[string]value
	export   map[string]bool // false: under a condition
	all      bool            // set -a
	funcs    map[string]function
	found    []facts.Assignment
	at       map[site]int
	assigned map[string]bool
	visited  map[string]bool
	steps    *int
	dormant  []function // defined so far
}

func newSession(d *disk, env map[string]string, own map[string]bool) *session {
	return &session{
		disk: d, env: env, own: own,
		vars: map[string]value{}, funcs: map[string]function{},
		export:   map[string]bool{"PATH": true, "HOME": true, "USER": true, "LOGNAME": true, "SHELL": true, "TERM": true, "PWD": true},
		at:       map[site]int{},
		assigned: map[string]bool{}, visited: map[string]bool{}, steps: new(int),
	}
}

// fork returns a session which goes on from here on its own, with an empty list of assignments.
func (s *session) fork() *session {
	c := *s
	c.vars, c.export, c.funcs = maps.Clone(s.vars), maps.Clone(s.export), maps.Clone(s.funcs)
	c.assigned, c.visited = maps.Clone(s.assigned), maps.Clone(s.visited)
	c.found, c.at, c.dormant = nil, map[site]int{}, nil
	return &c
}

func (s *session) files(list []candidate) {
	for _, c := range list {
		if s.disk.ctx.Err() != nil {
			return
		}
		if s.visited[c.path] {
			continue
		}
		if f := s.disk.source(c.path, c.kind); f != nil {
			s.run(f)
		}
	}
	s.sleepers()
}

// run evaluates one file.
func (s *session) run(f *source) {
	s.visited[f.path] = true
	switch f.syntax {
	case inFish:
		s.fish(f)
	case inLines:
		s.keyValues(f)
	default:
		s.shellFile(scope{file: f})
	}
	if s.disk == nil {
		s.sleepers()
	}
}

// sleepers records what stands in functions that nobody called.
func (s *session) sleepers() {
	for len(s.dormant) > 0 {
		fn := s.dormant[0]
		s.dormant = s.dormant[1:]
		if *fn.called {
			continue
		}
		saved := s.vars
		s.vars = maps.Clone(saved)
		fn.body(scope{file: fn.file, dormant: true, depth: 1})
		s.vars = saved
	}
}

// finish settles which assignments never reach the environment. An export may come after its
// assignment, also in another file.
func (s *session) finish() {
	for i := range s.found {
		a := &s.found[i]
		if sure, exported := s.export[a.Name]; a.Local && exported {
			a.Local = false
			a.Guarded = a.Guarded || !sure
		}
	}
}

// lookup is the value of a variable at this point.
func (s *session) lookup(name string) value {
	return s.in(s.vars, name)
}

func (s *session) in(vars map[string]value, name string) value {
	if v, ok := vars[name]; ok {
		return v
	}
	v, inEnv := s.env[name]
	switch {
	case name == "PATH" && s.own != nil:
		return value{text: hole, set: true, full: true}
	case inEnv && !s.own[name]:
		return known(v)
	case shellOwn(name):
		return value{text: hole, set: true, full: true}
	}
	return value{known: true}
}

// shellOwn reports whether shells set the variable by themselves, so that its absence in the
// environment says nothing (bash(1), Shell Variables; zshparam(1)).
func shellOwn(name string) bool {
	if strings.HasPrefix(name, "BASH") || strings.HasPrefix(name, "ZSH") || strings.HasPrefix(name, "PS") && len(name) == 3 {
		return true
	}
	return strings.Contains(" HOSTNAME HOSTTYPE MACHTYPE OSTYPE UID EUID PPID RANDOM SECONDS LINENO SHLVL SHELLOPTS IFS PWD OLDPWD HISTFILE HISTSIZE COLUMNS LINES OPTIND DIRSTACK GROUPS FUNCNAME HOST CPUTYPE VENDOR PROMPT status fpath path EPOCHSECONDS hostname version fish_pid TERM ", " "+name+" ")
}

// record adds an assignment, or replaces what was known of the same place (a function that is called
// twice, a loop). Entries of a list gather.
func (s *session) record(sc scope, a facts.Assignment, offset int) {
	a.File, a.Kind = sc.file.path, sc.file.kind
	a.Guarded, a.Dormant = a.Guarded || sc.guarded, a.Dormant || sc.dormant
	a.Value = strings.ReplaceAll(a.Value, hole, holeMark)
	if !a.Dormant {
		s.assigned[a.Name] = true
	}
	key := site{a.File, offset, a.Name}
	if i, ok := s.at[key]; ok {
		old := s.found[i]
		if a.Dormant && !old.Dormant {
			return
		}
		for _, e := range old.Prepend {
			if !slices.Contains(a.Prepend, e) {
				a.Prepend = append(a.Prepend, e)
			}
		}
		for _, e := range slices.Backward(old.Append) {
			if !slices.Contains(a.Append, e) {
				a.Append = slices.Insert(a.Append, 0, e)
			}
		}
		s.found[i] = a
		return
	}
	if len(s.found) >= maxFound {
		return
	}
	s.at[key] = len(s.found)
	s.found = append(s.found, a)
}

// tired reports whether this evaluation has done enough: a file may be made to last for ever.
func (s *session) tired() bool {
	return *s.steps > maxSteps || s.disk != nil && *s.steps%64 == 0 && s.disk.ctx.Err() != nil
}

// exports remembers that a variable goes into the environment.
func (s *session) exports(sc scope, name string) {
	if !sc.dormant && !sc.skipped {
		s.export[name] = s.export[name] || !sc.guarded
	}
}

// branch runs what stands under a condition.
func (s *session) branch(sc scope, t truth, run func(scope)) {
	if t == yes {
		run(sc)
		return
	}
	before := s.vars
	s.vars = maps.Clone(before)
	sc.guarded, sc.skipped = true, sc.skipped || t == no
	run(sc)
	if t == no {
		s.vars = before
		return
	}
	s.vars = s.join(before, s.vars)
}

// join is what is known when either may have happened.
func (s *session) join(a, b map[string]value) map[string]value {
	out := maps.Clone(a)
	merge := func(name string) {
		v, w := s.in(a, name), s.in(b, name)
		if v == w {
			out[name] = v
			return
		}
		x, xok := v.nonEmpty()
		y, yok := w.nonEmpty()
		out[name] = value{text: hole, set: true, full: x && xok && y && yok, arg: v.arg || w.arg}
	}
	for name := range a {
		merge(name)
	}
	for name := range b {
		merge(name)
	}
	return out
}

// truth is the outcome of a condition.
type truth int

const (
	maybe truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

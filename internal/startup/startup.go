// Package startup knows the files that set the environment of a session: the start-up files of shells,
// environment.d, PAM's files, direnv's. It evaluates them without running anything, says which line gave
// a variable its value, and how exactly that line is taken away or another one is added.
//
// What cannot be known (the output of a command, a condition) stays unknown; it is never guessed.
package startup

import (
	"context"
	"maps"
	"slices"

	"github.com/gorescue/gorescue/internal/facts"
)

// World is the outside: whose session it is. A nil map and empty strings mean that a thing is not set.
type World struct {
	Env   map[string]string // the environment of this process
	Home  string            // "" = no home folder: none of its files is looked at
	Shell string            // login shell; "" = look into the user database
	Dir   string            // folder of the project
	Root  string            // stands before /etc in tests; "" = /
}

// Read reads and evaluates the start-up files of a session. It opens regular files only, at most
// maxFiles of maxSize bytes each, and never waits for a pipe or device. A file that cannot be used has
// its reason in Err. When ctx ends, what was found so far is returned.
func Read(ctx context.Context, w World) facts.Startup {
	d := newDisk(ctx)
	p := findPlan(w, d)
	first := p.evaluate(w, d, nil)
	last := p.evaluate(w, d, first.assigned)
	st := facts.Startup{Files: d.files(p.project), Assignments: last.found}
	services := addServices(&st, w, p.project)
	st.Assignments = slices.Concat(relevant(st.Assignments, w.Env), services)
	st.LoginFile, st.LoginKind = loginFile(w, p, st)
	return st
}

// Parse evaluates one file of a kind. env holds the variables as they are before the file is read; no
// other file is looked at. An error means that the file has a syntax error or is not text; the
// assignments are then those that could still be told, guarded where they stand behind the error.
func Parse(path string, kind facts.StartupKind, src []byte, env map[string]string) ([]facts.Assignment, error) {
	s := newSession(nil, env, nil)
	f := parseSource(path, kind, src)
	s.run(f)
	s.finish()
	return s.found, f.err
}

// evaluate runs the whole plan once. own holds the names that the files themselves assign: for them
// the environment of this process is not what a new session starts with.
func (p *plan) evaluate(w World, d *disk, own map[string]bool) *session {
	s := newSession(d, w.Env, own)
	if w.Home != "" {
		s.vars["HOME"] = known(w.Home)
	}
	s.files(p.system)
	user := s.fork()
	user.files(p.session)
	other := s.fork()
	other.visited = maps.Clone(user.visited)
	other.files(p.other)
	for name := range other.assigned {
		user.assigned[name] = true
	}
	rest := user.found
	user.found, user.at = slices.Concat(s.found, other.found), map[site]int{}
	maps.Copy(user.export, other.export)
	user.found = append(user.found, rest...)
	user.asProject(w, p.project)
	user.finish()
	return user
}

// asProject evaluates the files of the project. Nothing loads them but direnv, which says so in the
// environment (direnv(1), DIRENV_DIR).
func (s *session) asProject(w World, list []candidate) {
	n := len(s.found)
	s.files(list)
	_, loaded := w.Env["DIRENV_DIR"]
	for i := n; i < len(s.found); i++ {
		s.found[i].Project = true
		s.found[i].Guarded = s.found[i].Guarded || !loaded
	}
}

// relevant drops the shell variables that are in nobody's environment: they explain nothing.
func relevant(list []facts.Assignment, env map[string]string) []facts.Assignment {
	return slices.DeleteFunc(list, func(a facts.Assignment) bool {
		if !a.Local {
			return false
		}
		v, ok := env[a.Name]
		return a.Dormant || !ok || a.Known && !a.Keeps && a.Value != v
	})
}

package startup

import (
	"maps"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// scope says under which circumstances a statement stands.
type scope struct {
	file    *source
	guarded bool
	skipped bool // the condition does not hold now
	dormant bool
	depth   int   // of files and functions
	nest    int   // of statements
	call    *call // nil outside of functions
}

// call is one call of a function.
type call struct {
	args  []value
	known bool // all arguments are
	stmt  *syntax.Stmt
	from  scope
	fn    *function
	saved map[string]value // what local variables hid
}

// argument is the value of a parameter that is not a variable: $1, $@, $?.
func (sc scope) argument(name string) (value, bool) {
	c := name[0]
	if c == '_' && len(name) > 1 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return value{}, false
	}
	odd := unknown()
	if sc.call == nil || !isArgument(name) {
		return odd, true
	}
	odd.arg = true
	if !sc.call.known {
		return odd, true
	}
	v := value{known: true, arg: true}
	if n, err := strconv.Atoi(name); err == nil {
		if n <= len(sc.call.args) {
			v = sc.call.args[n-1]
		}
	} else {
		var all []string
		for _, a := range sc.call.args {
			all = append(all, a.text)
		}
		v = known(strings.Join(all, " "))
	}
	v.arg = true
	return v, true
}

// shellFile evaluates a file of a shell.
func (s *session) shellFile(sc scope) {
	sc.depth++
	s.stmts(sc, sc.file.stmts)
	for _, st := range sc.file.rest { // behind a syntax error
		sc.guarded = true
		s.stmt(sc, st)
	}
}

// stmts evaluates statements and reports whether what follows is never reached.
func (s *session) stmts(sc scope, list []*syntax.Stmt) (ended bool) {
	for _, st := range list {
		if s.stmt(sc, st) && !sc.dormant {
			ended = true
			if sc.call != nil {
				return true
			}
			sc.dormant = true
		}
	}
	return ended
}

func (s *session) stmt(sc scope, st *syntax.Stmt) (ended bool) {
	*s.steps++
	sc.nest++
	if st.Background || st.Coprocess || st.Disown || sc.nest > 200 || s.tired() {
		return false
	}
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr:
		return s.callExpr(sc, st, c)
	case *syntax.DeclClause:
		s.declare(sc, st, c)
	case *syntax.Block:
		return s.stmts(sc, c.Stmts)
	case *syntax.TimeClause:
		if c.Stmt != nil {
			return s.stmt(sc, c.Stmt)
		}
	case *syntax.IfClause:
		s.ifClause(sc, c)
	case *syntax.WhileClause:
		s.stmts(sc, c.Cond)
		s.branch(sc, maybe, func(sc scope) { s.stmts(sc, c.Do) })
	case *syntax.ForClause:
		s.forClause(sc, c)
	case *syntax.CaseClause:
		s.caseClause(sc, c)
	case *syntax.BinaryCmd:
		s.binary(sc, c)
	case *syntax.FuncDecl:
		s.define(sc, c)
	}
	return false
}

func (s *session) binary(sc scope, c *syntax.BinaryCmd) {
	if c.Op != syntax.AndStmt && c.Op != syntax.OrStmt {
		return // the parts of a pipe are processes of their own
	}
	s.stmt(sc, c.X)
	t := s.holds(sc, c.X)
	if c.Op == syntax.OrStmt {
		t = t.not()
	}
	s.branch(sc, t, func(sc scope) { s.stmt(sc, c.Y) })
}

func (s *session) ifClause(sc scope, c *syntax.IfClause) {
	if !c.ThenPos.IsValid() { // else
		s.stmts(sc, c.Then)
		return
	}
	s.stmts(sc, c.Cond)
	t := maybe
	if len(c.Cond) > 0 {
		t = s.holds(sc, c.Cond[len(c.Cond)-1])
	}
	before := s.vars
	under := func(sc scope, t truth, run func(scope)) map[string]value {
		s.vars = maps.Clone(before)
		sc.guarded, sc.skipped = sc.guarded || t != yes, sc.skipped || t == no
		run(sc)
		return s.vars
	}
	after := under(sc, t, func(sc scope) { s.stmts(sc, c.Then) })
	other := before
	if c.Else != nil {
		other = under(sc, t.not(), func(sc scope) { s.ifClause(sc, c.Else) })
	}
	switch t {
	case yes:
		s.vars = after
	case no:
		s.vars = other
	default:
		s.vars = s.join(after, other)
	}
}

func (s *session) caseClause(sc scope, c *syntax.CaseClause) {
	before := s.vars
	result := before
	sc.guarded = true
	for _, item := range c.Items {
		s.vars = maps.Clone(before)
		s.stmts(sc, item.Stmts)
		result = s.join(result, s.vars)
	}
	s.vars = result
}

func (s *session) forClause(sc scope, c *syntax.ForClause) {
	loop, ok := c.Loop.(*syntax.WordIter)
	var items []string
	if ok && !c.Select && loop.InPos.IsValid() {
		for _, w := range loop.Items {
			list, sure := s.fields(sc, w)
			ok = ok && sure
			items = append(items, list...)
		}
	} else {
		ok = false
	}
	if ok && len(items) > 0 && len(items) <= maxFiles {
		for _, item := range items {
			s.vars[loop.Name.Value] = known(item)
			s.stmts(sc, c.Do)
		}
		return
	}
	s.branch(sc, maybe, func(sc scope) {
		if loop != nil {
			s.vars[loop.Name.Value] = unknown()
		}
		s.stmts(sc, c.Do)
	})
}

// define remembers a function.
func (s *session) define(sc scope, c *syntax.FuncDecl) {
	if sc.dormant || c.Body == nil {
		return
	}
	names := c.Names
	if c.Name != nil {
		names = append(names, c.Name)
	}
	fn := function{file: sc.file, called: new(bool)}
	fn.body = func(sc scope) { s.stmt(sc, c.Body) }
	fn.sets = func(name string) bool { return setsOnly(c.Body, name) }
	for _, n := range names {
		s.funcs[n.Value] = fn
	}
	s.dormant = append(s.dormant, fn)
	if len(names) == 0 { // zsh: runs at once
		s.stmt(sc, c.Body)
	}
}

// invoke evaluates the call of a function.
func (s *session) invoke(sc scope, st *syntax.Stmt, fn function, words []*syntax.Word) {
	if sc.depth >= maxDepth {
		return
	}
	if !sc.dormant {
		*fn.called = true
	}
	c := &call{known: true, stmt: st, from: sc, fn: &fn, saved: map[string]value{}}
	fromOutside := true
	for _, w := range words {
		v := s.text(sc, w)
		c.known = c.known && v.known
		fromOutside = fromOutside && !v.arg
		c.args = append(c.args, v)
	}
	if !fromOutside && sc.call != nil { // the outermost call is what the user wrote
		c.stmt, c.from, c.fn = sc.call.stmt, sc.call.from, sc.call.fn
	}
	inner := scope{file: fn.file, guarded: sc.guarded, skipped: sc.skipped, dormant: sc.dormant, depth: sc.depth + 1, nest: sc.nest, call: c}
	fn.body(inner)
	maps.Copy(s.vars, c.saved)
}

// callExpr evaluates a simple command.
func (s *session) callExpr(sc scope, st *syntax.Stmt, c *syntax.CallExpr) (ended bool) {
	if len(c.Args) == 0 {
		for i, a := range c.Assigns {
			s.assign(sc, target{st: st, arg: i}, a, s.all)
		}
		return false
	}
	args := c.Args
	name := s.text(sc, args[0]).text
	for (name == "command" || name == "builtin") && len(args) > 1 {
		args = args[1:]
		name = s.text(sc, args[0]).text
	}
	skip := len(c.Args) - len(args)
	if fn, ok := s.funcs[name]; ok && skip == 0 {
		s.invoke(sc, st, fn, args[1:])
		return false
	}
	switch name {
	case "exit", "logout", "return":
		return !sc.guarded
	case "exec":
		return !sc.guarded && len(args) > 1
	case ".", "source", "source_env", "source_env_if_exists", "dotenv", "dotenv_if_exists":
		s.follow(sc, args[1:])
	case "set":
		s.set(sc, args[1:])
	case "unset":
		s.unset(sc, st, args[1:], skip+1)
	case "export", "typeset", "declare", "readonly": // behind command or builtin
		for i, w := range args[1:] {
			s.wordAssign(sc, target{st: st, arg: skip + 1 + i, word: true}, w, name == "export" || s.all)
		}
	case "PATH_add", "path_add":
		s.pathAdd(sc, st, args)
	case "read":
		for _, w := range args[1:] {
			if n := w.Lit(); syntax.ValidName(n) {
				s.vars[n] = unknown()
			}
		}
	case ":", "true":
		s.defaults(sc, st, args[1:])
	}
	return false
}

// set follows `set -a`, under which each assignment is exported.
func (s *session) set(sc scope, args []*syntax.Word) {
	if sc.dormant || len(args) == 0 {
		return
	}
	switch flag := args[0].Lit(); {
	case strings.HasPrefix(flag, "-o") && len(args) > 1 && args[1].Lit() == "allexport":
		s.all = true
	case strings.HasPrefix(flag, "+o") && len(args) > 1 && args[1].Lit() == "allexport":
		s.all = false
	case strings.HasPrefix(flag, "--"):
	case strings.HasPrefix(flag, "-") && strings.Contains(flag, "a"):
		s.all = true
	case strings.HasPrefix(flag, "+") && strings.Contains(flag, "a"):
		s.all = false
	}
}

// follow reads the file that a file names.
func (s *session) follow(sc scope, args []*syntax.Word) {
	if s.disk == nil || sc.depth >= maxDepth || sc.dormant || len(args) == 0 {
		return
	}
	list, ok := s.fields(sc, args[0])
	if !ok || len(list) == 0 {
		return
	}
	path := sc.file.resolve(list[0])
	if path == "" || s.visited[path] {
		return
	}
	kind := sc.file.kind
	f := s.disk.followed(path, kind, sc.file.syntax)
	if f == nil {
		return
	}
	s.visited[path] = true
	if f.syntax == inLines || f.syntax == inFish {
		s.run(f)
		return
	}
	inner := scope{file: f, guarded: sc.guarded, skipped: sc.skipped, depth: sc.depth}
	s.shellFile(inner)
}

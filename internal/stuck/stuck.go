// Package stuck reads the source of a Go program at a place where its goroutines wait: on what, who could end the wait, and
// whether there is a way out. It reads files and knows nothing of the running program; whether somebody who could end the
// wait is still there is for the caller to see. It does not check types: what it cannot follow it does not claim.
package stuck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/goroutine"
)

// The bounds of what is read.
const (
	maxFile  = 2 << 20 // bytes of one file
	maxFiles = 300     // of one package
)

// Span is a function of the program, by its lines.
type Span struct {
	File     string
	From, To int
	Name     string
}

// Covers reports whether a call is made in the span.
func (s Span) Covers(f goroutine.Frame) bool {
	return f.File == s.File && s.From <= f.Line && f.Line <= s.To
}

// Wait is what the source says of a wait.
type Wait struct {
	Text    string // the line
	On      string // what is waited for: "c", "ctx.Done()"; of a select all of it
	Func    Span   // the function that waits
	Timer   bool   // it waits for a ticker or timer, or sleeps: it wakes, and goes on for ever when NoExit
	Wakes   bool   // one of the things that it waits for is a time, after which it does not wait there again
	Context bool   // it waits for the end of a context
	NoExit  bool   // the wait stands in a loop that nothing in it leaves
	Handler bool   // the function that started the goroutine serves one HTTP request

	// Known: everybody who could end the wait is in Release. What is waited for is then a variable of one function, which
	// does not leave it but for the goroutines that it starts.
	Known   bool
	Release []Span
	Near    []Span  // of a WaitGroup that is not Known: the functions of the package that call Done of one with that name
	Many    bool    // one run of the function that made it may start several such goroutines
	Why     string  // why it is not known, for people who look for a mistake of ours
	Made    Place   // where what is waited for was made
	Cancel  string  // of a context: "discarded", "never called"; "" = neither, or not known
	Holders []Hold  // of a mutex: the places that lock it and may not unlock it
	Lockers []Span  // of a mutex: all functions that lock it
	Second  []Order // of a mutex: where a function locks one more while it has that one locked
	Under   []Order // of a mutex: where a function locks it while it has another one locked
	Split   bool    // of a mutex: a function unlocks it that does not lock it, so that a holder need not be in a Locker
}

// Place is a line of a file.
type Place struct {
	File string
	Line int
}

// Order is a lock that is taken while another one is held.
type Order struct {
	Place
	Other string // the name of the other mutex; "" = one of the same name
}

// Hold is a function that can end without unlocking.
type Hold struct {
	Func   Span
	Lock   int // line
	Return int // line of the way out between lock and unlock; 0 = there is no unlock in the function
}

// Sources reads and keeps files. It is not for concurrent use.
type Sources struct {
	root  string // of the module around the folder that the user is in, "" = none
	fset  *token.FileSet
	files map[string]*ast.File // by the name that the program has for the file
	real  map[string]string    // where it is
	lines map[string][]string
}

// New returns an empty reader. Files that are not where the program says, because it was built elsewhere or with -trimpath,
// are looked for in the module around dir.
func New(dir string) *Sources {
	return &Sources{root: moduleRoot(dir), fset: token.NewFileSet(), files: map[string]*ast.File{}, real: map[string]string{}, lines: map[string][]string{}}
}

func moduleRoot(dir string) string {
	for d := dir; filepath.IsAbs(d); d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	return ""
}

// find returns where a file is: at its name, or at the longest end of the name that the module has.
func (s *Sources) find(name string) string {
	if regular(name) && filepath.IsAbs(name) {
		return name
	}
	if s.root == "" {
		return ""
	}
	for rest := filepath.ToSlash(name); rest != ""; {
		if path := filepath.Join(s.root, filepath.FromSlash(rest)); regular(path) {
			return path
		}
		_, after, ok := strings.Cut(rest, "/")
		if !ok {
			break
		}
		rest = after
	}
	return ""
}

func regular(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && fi.Size() <= maxFile
}

// file parses a file; nil when there is none, or it is too big. A file with mistakes gives what is whole.
func (s *Sources) file(name string) *ast.File {
	if f, ok := s.files[name]; ok {
		return f
	}
	s.files[name] = nil
	if !strings.HasSuffix(name, ".go") {
		return nil
	}
	path := s.find(name)
	data, err := os.ReadFile(path)
	if path == "" || err != nil {
		return nil
	}
	f, _ := parser.ParseFile(s.fset, name, data, 0)
	s.files[name], s.real[name] = f, path
	s.lines[name] = strings.Split(string(data), "\n")
	return f
}

// text is a line of a file that was read.
func (s *Sources) text(path string, line int) string {
	if l := s.lines[path]; line > 0 && line <= len(l) {
		return strings.TrimSpace(l[line-1])
	}
	return ""
}

// siblings are the files of the package of a file that was read.
func (s *Sources) siblings(name string) []*ast.File {
	names, _ := filepath.Glob(filepath.Join(filepath.Dir(s.real[name]), "*.go"))
	var out []*ast.File
	for _, n := range names[:min(len(names), maxFiles)] {
		if strings.HasSuffix(n, "_test.go") && !strings.HasSuffix(name, "_test.go") {
			continue
		}
		if f := s.file(strings.TrimSuffix(name, filepath.Base(name)) + filepath.Base(n)); f != nil {
			out = append(out, f)
		}
	}
	return out
}

func (s *Sources) line(p token.Pos) int { return s.fset.Position(p).Line }

func (s *Sources) span(n ast.Node, name string) Span {
	return Span{File: s.fset.Position(n.Pos()).Filename, From: s.line(n.Pos()), To: s.line(n.End()), Name: name}
}

// covers reports whether a node has the line.
func (s *Sources) covers(n ast.Node, line int) bool {
	return n != nil && s.line(n.Pos()) <= line && line <= s.line(n.End())
}

// function is a declared function or a literal inside of one.
type function struct {
	decl *ast.FuncDecl
	lit  *ast.FuncLit // nil: the declared function itself
}

func (f function) node() ast.Node {
	if f.lit != nil {
		return f.lit
	}
	return f.decl
}

func (f function) body() *ast.BlockStmt {
	if f.lit != nil {
		return f.lit.Body
	}
	return f.decl.Body
}

func (f function) params() *ast.FieldList {
	if f.lit != nil {
		return f.lit.Type.Params
	}
	return f.decl.Type.Params
}

// named finds a declared function by its name: the compiler gives no line to a loop that does nothing.
func (s *Sources) named(fr goroutine.Frame) (function, bool) {
	file := s.file(fr.File)
	if file == nil || isLiteral(fr.Func) {
		return function{}, false
	}
	name := fr.Func[strings.LastIndexByte(fr.Func, '.')+1:]
	for _, d := range file.Decls {
		if decl, ok := d.(*ast.FuncDecl); ok && decl.Body != nil && decl.Name.Name == name && (decl.Recv != nil) == strings.Contains(fr.Func, ").") {
			return function{decl: decl}, true
		}
	}
	return function{}, false
}

// at finds the function of a call. The compiler calls literals func1, func2 …: on a line with both, the name tells.
func (s *Sources) at(fr goroutine.Frame) (function, bool) {
	file := s.file(fr.File)
	if file == nil || fr.Line == 0 {
		return function{}, false
	}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.FuncDecl)
		if !ok || decl.Body == nil || !s.covers(decl, fr.Line) {
			continue
		}
		f := function{decl: decl}
		if isLiteral(fr.Func) {
			ast.Inspect(decl.Body, func(n ast.Node) bool {
				if lit, ok := n.(*ast.FuncLit); ok && s.covers(lit, fr.Line) {
					f.lit = lit // the innermost one comes last
				}
				return true
			})
		}
		return f, true
	}
	return function{}, false
}

// isLiteral tells from a function's name whether it is a literal: "main.work.func1", "main.work.func1.2".
func isLiteral(name string) bool {
	name = name[strings.LastIndexByte(name, '/')+1:]
	for part := range strings.SplitSeq(name, ".") {
		if d, ok := strings.CutPrefix(part, "func"); ok && d != "" && strings.Trim(d, "0123456789") == "" {
			return true
		}
	}
	return false
}

// name is how people call a function.
func (f function) name() string {
	n := f.decl.Name.Name
	if f.decl.Recv != nil && len(f.decl.Recv.List) == 1 {
		n = typeName(f.decl.Recv.List[0].Type) + "." + n
	}
	if f.lit != nil {
		n += ", in a function of it"
	}
	return n
}

func typeName(e ast.Expr) string {
	switch t := e.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.Ident:
		return t.Name
	case *ast.IndexExpr:
		return typeName(t.X)
	case *ast.IndexListExpr:
		return typeName(t.X)
	}
	return "?"
}

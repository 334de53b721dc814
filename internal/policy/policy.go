// Package policy reads what a team wants: gorescue.yaml at the repository's root and the user's own
// policy.yaml. The format is strict: an unknown or doubled key, a value of the wrong form or a condition
// that does not type-check is an error with its line, and nothing of such a file is used.
package policy

import (
	"errors"
	"fmt"
	"go/version"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
	"go.yaml.in/yaml/v4"
	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/facts"
)

// file is the document.
type file struct {
	Toolchain string            `yaml:"toolchain"`
	Proxies   []string          `yaml:"proxies"`
	Private   []string          `yaml:"private"`
	SumDB     string            `yaml:"sumdb"`
	CAFiles   []string          `yaml:"ca_files"`
	Moved     map[string]string `yaml:"moved"`
	Expect    []string          `yaml:"expect"`
}

// Add reads a policy document and merges it into p behind what is there. A document of the
// repository cannot name proxies, private modules, certificates, a checksum database or moved modules:
// these keys go to Ignored. Errors go to the PolicyFile.
func Add(p *facts.Policy, path string, repo bool, data []byte) {
	pf := facts.PolicyFile{Path: path, Repo: repo, Lines: map[string]int{}}
	f, node, err := decode(data)
	if err == nil {
		err = validate(f, node)
	}
	if err != nil {
		var at *lineError
		if errors.As(err, &at) {
			pf.Line = at.line
		}
		pf.Err = err.Error()
		p.Files = append(p.Files, pf)
		return
	}
	for k, n := range keys(node) {
		pf.Lines[k] = n.Line
	}
	if p.Toolchain == "" {
		p.Toolchain = f.Toolchain
	}
	for i, e := range f.Expect {
		p.Expect = append(p.Expect, facts.Expectation{Text: e, File: path, Line: item(node, "expect", i)})
	}
	for _, k := range []struct {
		name  string
		given bool
		take  func()
	}{
		{"proxies", len(f.Proxies) > 0, func() { p.Proxies = append(p.Proxies, f.Proxies...) }},
		{"private", len(f.Private) > 0, func() { p.Private = append(p.Private, f.Private...) }}, // GOPRIVATE switches the checksum database off
		{"sumdb", f.SumDB != "", func() { p.SumDB = first(p.SumDB, f.SumDB) }},
		{"ca_files", len(f.CAFiles) > 0, func() { p.CAFiles = append(p.CAFiles, f.CAFiles...) }},
		{"moved", len(f.Moved) > 0, func() { p.Moved = merged(p.Moved, f.Moved) }},
	} {
		switch {
		case k.given && repo:
			pf.Ignored = append(pf.Ignored, k.name)
		case k.given:
			k.take()
		}
	}
	p.Files = append(p.Files, pf)
}

// lineError is a mistake at a line.
type lineError struct {
	line int
	msg  string
}

func (e *lineError) Error() string {
	if e.line == 0 {
		return e.msg
	}
	return fmt.Sprintf("line %d: %s", e.line, e.msg)
}

func decode(data []byte) (*file, *yaml.Node, error) {
	var node yaml.Node
	var f file
	if len(strings.TrimSpace(string(data))) == 0 {
		return &f, &node, nil
	}
	if err := yaml.Load(data, &node); err != nil {
		return nil, nil, err
	}
	if err := yaml.Load(data, &f, yaml.WithKnownFields()); err != nil {
		return nil, nil, err
	}
	return &f, &node, nil
}

func validate(f *file, node *yaml.Node) error {
	bad := func(key string, i int, format string, args ...any) error {
		return &lineError{item(node, key, i), fmt.Sprintf(format, args...)}
	}
	if f.Toolchain != "" {
		if _, err := Allows(f.Toolchain, "go1.21.0"); err != nil {
			return bad("toolchain", -1, "%v", err)
		}
	}
	for i, p := range f.Proxies {
		u, err := url.Parse(p)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file") {
			return bad("proxies", i, "not a proxy address: %q", p)
		}
	}
	for i, p := range f.Private {
		if strings.ContainsAny(p, " ,\t\n") || p == "" || p == "*" {
			return bad("private", i, "not one module path pattern: %q", p)
		}
	}
	for i, p := range f.CAFiles {
		if !filepath.IsAbs(p) {
			return bad("ca_files", i, "not an absolute path: %q", p)
		}
	}
	for from, to := range f.Moved {
		if module.CheckPath(from) != nil || module.CheckPath(to) != nil {
			return bad("moved", -1, "not module paths: %q to %q", from, to)
		}
	}
	for i, e := range f.Expect {
		if _, err := compile(e); err != nil {
			return bad("expect", i, "%v", err)
		}
	}
	return nil
}

// Allows reports whether a toolchain ("go1.26.8") meets a wish: one version, or a range such as
// ">=1.25 <1.28" whose parts must all hold.
func Allows(wish, toolchain string) (bool, error) {
	parts := strings.Fields(wish)
	if len(parts) == 0 {
		return false, fmt.Errorf("not a Go version or range: %q", wish)
	}
	ok := true
	for _, p := range parts {
		op := strings.TrimRight(p, "go0123456789.rcbeta")
		v := "go" + strings.TrimPrefix(p[len(op):], "go")
		if !version.IsValid(v) {
			return false, fmt.Errorf("not a Go version or range: %q", wish)
		}
		c := version.Compare(toolchain, v)
		switch op {
		case "", "=", "==":
			ok = ok && (c == 0 || version.Lang(v) == v && version.Lang(toolchain) == v)
		case ">=":
			ok = ok && c >= 0
		case ">":
			ok = ok && c > 0
		case "<=":
			ok = ok && c <= 0
		case "<":
			ok = ok && c < 0
		default:
			return false, fmt.Errorf("unknown comparison %q in %q", op, wish)
		}
	}
	return ok, nil
}

// facts over which conditions speak.
type scope struct {
	Env    map[string]string `expr:"env"`    // effective go settings by name, "" when unset
	OS     string            `expr:"os"`     // linux, darwin, windows
	Arch   string            `expr:"arch"`   // amd64, arm64 …
	Module string            `expr:"module"` // folder of go.mod, "" = none
}

// Holds evaluates a condition of a policy over a snapshot.
func Holds(e facts.Expectation, s *facts.Snapshot) (bool, error) {
	prog, err := compile(e.Text)
	if err != nil {
		return false, err
	}
	env := map[string]string{}
	for k, v := range s.Settings.Values {
		env[k] = v.Value
	}
	out, err := expr.Run(prog, scope{Env: env, OS: s.Host.OS, Arch: s.Host.Arch, Module: s.Project.Root})
	if err != nil {
		return false, err
	}
	b, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("the condition %q is no yes or no", e.Text)
	}
	return b, nil
}

func compile(text string) (*vm.Program, error) {
	if len(text) > 1000 {
		return nil, errors.New("the condition is longer than 1000 bytes")
	}
	lint := &loops{}
	prog, err := expr.Compile(text, expr.Env(scope{}), expr.AsBool(), expr.Patch(lint), expr.MaxNodes(200))
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("the condition %q does not compile: %s", text, first)
	}
	if lint.found > 1 {
		return nil, fmt.Errorf("the condition %q has %d loops; at most one is allowed", text, lint.found)
	}
	return prog, nil
}

// loops counts predicates, the one construct of the language whose cost is not bounded by its length.
type loops struct{ found int }

// Visit is called by the compiler for each node.
func (l *loops) Visit(node *ast.Node) {
	if _, ok := (*node).(*ast.PredicateNode); ok {
		l.found++
	}
}

// keys returns the value nodes of a mapping document by key.
func keys(doc *yaml.Node) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if doc == nil || len(doc.Content) == 0 {
		return out
	}
	m := doc.Content[0]
	for i := 0; i+1 < len(m.Content); i += 2 {
		out[m.Content[i].Value] = m.Content[i+1]
	}
	return out
}

// item is the line of the i-th item of a key's list, of the key itself when i < 0 or there is none.
func item(doc *yaml.Node, key string, i int) int {
	n := keys(doc)[key]
	switch {
	case n == nil:
		return 0
	case i >= 0 && i < len(n.Content):
		return n.Content[i].Line
	}
	return n.Line
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func merged(a, b map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range b {
		out[k] = v
	}
	for k, v := range a {
		out[k] = v
	}
	return out
}

package modules

import (
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

func because(t text.Msg, file string, line int) diag.Evidence {
	return diag.Evidence{Role: diag.Because, Text: t, File: file, Line: line}
}

func proof(t text.Msg, command string) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Text: t, Command: command}
}

func not(t text.Msg) diag.Evidence { return diag.Evidence{Role: diag.Not, Text: t} }

func manual(t text.Msg, shell string) diag.Fix {
	return diag.Fix{Title: t, Risk: diag.Manual, Shell: shell}
}

// edit is the fix that edits one file.
func edit(t text.Msg, risk diag.Risk, path string, splices []facts.Splice) diag.Fix {
	return diag.Fix{Title: t, Risk: risk, Actions: action.List{&action.Edit{Path: path, Splices: splices}}}
}

// view is one go.mod, read line by line.
type view struct {
	*facts.ModSource
	stmts   []gomod.Stmt
	changes []gomod.Change // against the last commit; nil also when that is not known
	errs    modfile.ErrorList
}

func newView(src *facts.ModSource) *view {
	v := &view{ModSource: src, stmts: gomod.Parse(src.Text)}
	if src.Changed() {
		v.changes = gomod.Diff(*src.Head, src.Text)
	}
	v.errs = parseErrors(src.Path, src.Text)
	return v
}

// parseErrors are the complaints of the go command's own parser, without asking anybody about versions.
func parseErrors(path, src string) modfile.ErrorList {
	_, err := modfile.Parse(path, []byte(src), nil)
	switch err := err.(type) {
	case nil:
		return nil
	case modfile.ErrorList:
		return err
	default:
		return modfile.ErrorList{{Filename: path, Err: err}}
	}
}

// views are the go.mod files of the snapshot that have content.
func views(s *facts.Snapshot) []*view {
	var out []*view
	for i := range s.ModFiles.Mods {
		src := &s.ModFiles.Mods[i]
		if src.State == facts.FileRead && !strings.ContainsRune(src.Text, 0) && strings.TrimSpace(src.Text) != "" {
			out = append(out, newView(src))
		}
	}
	return out
}

// first is the go.mod of the module around the folder, when it parses; nil otherwise.
func first(s *facts.Snapshot) *view {
	all := views(s)
	if len(all) == 0 || len(all[0].errs) > 0 || all[0].Path != s.ModFiles.Mods[0].Path || s.Project.Root == "" {
		return nil
	}
	return all[0]
}

// at is the statement of a line, nil when there is none.
func (v *view) at(line int) *gomod.Stmt {
	i := slices.IndexFunc(v.stmts, func(s gomod.Stmt) bool { return s.Line == line })
	if i < 0 {
		return nil
	}
	return &v.stmts[i]
}

// find is the first statement of a verb about a module, nil when there is none.
func (v *view) find(verb, subject string) *gomod.Stmt {
	i := slices.IndexFunc(v.stmts, func(s gomod.Stmt) bool { return s.Verb == verb && s.Arg(0) == subject })
	if i < 0 {
		return nil
	}
	return &v.stmts[i]
}

// change is the uncommitted change that made a statement, nil when the last commit has it too or is not known.
func (v *view) change(s *gomod.Stmt) *gomod.Change {
	for i := range v.changes {
		if c := &v.changes[i]; c.New != nil && c.New.Line == s.Line {
			return c
		}
	}
	return nil
}

// revert takes changes back.
func (v *view) revert(c ...gomod.Change) []facts.Splice { return gomod.Revert(*v.Head, v.Text, c) }

// takeBack is the fix that takes uncommitted statements back.
func (v *view) takeBack(c ...gomod.Change) diag.Fix {
	title := text.New("take back {n} uncommitted statement(s) of {file}: {what}", "撤回 {file} 中 {n} 条未提交的语句：{what}").
		With("n", len(c), "file", v.Path, "what", sentences(c))
	return edit(title, diag.Safe, v.Path, v.revert(c...))
}

func sentences(c []gomod.Change) string {
	var out []string
	for i := range c[:min(len(c), 5)] {
		out = append(out, sentence(&c[i]))
	}
	return strings.Join(out, "; ")
}

// committed says what the last commit has instead of a statement.
func (v *view) committed(s *gomod.Stmt) diag.Evidence {
	c := v.change(s)
	switch {
	case v.Head == nil:
		return proof(text.New("whether the line is committed is not known", "不知道该行是否已提交").With(), "")
	case c == nil:
		return proof(text.New("the last commit has the same line", "最后一次提交中就有这一行").With(), "git show HEAD:./go.mod")
	case c.Old == nil:
		return proof(text.New("the last commit has no such line", "最后一次提交中没有这一行").With(), "git diff go.mod")
	}
	return proof(text.New("the last commit has: {old}", "最后一次提交中是：{old}").With("old", c.Old.Text()), "git diff go.mod")
}

// passes reports whether the user's build was run here and passed: then nothing that would break it is true.
func passes(s *facts.Snapshot) bool { return s.Build.Outcome == facts.BuildOK }

// says reports whether the go command's complaint contains all of the words.
func says(s *facts.Snapshot, words ...string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(s.Build.Stderr, w) })
}

// complaint is the evidence of what the build says; ok is false when it was not run or says nothing.
func complaint(s *facts.Snapshot) (diag.Evidence, bool) {
	b := &s.Build
	if b.Outcome != facts.BuildFailed || len(b.Errors) == 0 {
		return diag.Evidence{}, false
	}
	said := b.Errors[0].Text
	if strings.HasSuffix(said, ":") && len(b.Errors) > 1 {
		said += " " + b.Errors[1].Text
	}
	if len(said) > 300 {
		said = strings.ToValidUTF8(said[:300], "") + "…"
	}
	return proof(text.New("{cmd} says: {said}", "{cmd} 报告：{said}").With("cmd", b.Command, "said", strings.ReplaceAll(said, "\n", " · ")), b.Command), true
}

func rel(s *facts.Snapshot, path string) string {
	if r, err := filepath.Rel(s.Dir, path); err == nil && filepath.IsLocal(r) {
		return r
	}
	return path
}

package env

import (
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// reads are the sections that every check of a value reads.
var reads = []facts.Section{facts.SecSettings, facts.SecProcess, facts.SecStartup}

// rule judges the value of one variable, or of each of several.
type rule struct {
	id        string
	variables []string
	title     text.T
	severity  diag.Severity // "" = Error
	page      page
	reads     []facts.Section // beside those of every rule
	after     []string
	// judge says what is wrong with a value that somebody set; ok is false when nothing is.
	judge func(s *facts.Snapshot, src origin.Source) (v verdict, bad bool)
}

// verdict is what a rule says of a value.
type verdict struct {
	claim text.Msg
	proof []diag.Evidence
	not   []diag.Evidence
	right string // the value that should stand there; "" = none
	// manual: taking the value away does not help, or is not ours to do; the advice is in fixes.
	manual bool
	fixes  []diag.Fix // tried before the value is changed
	person bool       // the change belongs to a person
	byHand string     // "" = show where the value stands
	// severity, when set, is that of this finding.
	severity diag.Severity
}

// check makes a check of a rule.
func (r rule) check() diag.Check {
	if r.severity == "" {
		r.severity = diag.Error
	}
	return diag.Check{
		ID: r.id, Title: r.title, Doc: r.page.doc(strings.Join(r.variables, ", ")), Severity: r.severity,
		Reads: append(append([]facts.Section{}, reads...), r.reads...),
		After: append([]string{"goenv-crlf"}, r.after...),
		Run: func(s *facts.Snapshot) []diag.Finding {
			var out []diag.Finding
			for _, name := range r.variables {
				src, ok := origin.Of(s, name)
				if !ok {
					continue
				}
				if v, bad := r.judge(s, src); bad {
					out = append(out, v.finding(src))
				}
			}
			return out
		},
	}
}

// checks makes checks of rules.
func checks(rules ...rule) []diag.Check {
	var out []diag.Check
	for _, r := range rules {
		out = append(out, r.check())
	}
	return out
}

// byPlace makes two rules of one: the first for values of the go env file, the second for all others. Where a value
// stands decides what a person must do about it.
func byPlace(r rule, inGoenv, elsewhere string) []rule {
	a, b, judge := r, r, r.judge
	a.id, b.id = inGoenv, elsewhere
	a.judge = func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if src.Kind != facts.FromGoenv {
			return verdict{}, false
		}
		return judge(s, src)
	}
	b.judge = func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if src.Kind == facts.FromGoenv {
			return verdict{}, false
		}
		return judge(s, src)
	}
	return []rule{a, b}
}

// finding makes the finding of a verdict about a value. Its subject names the value and its place, so that the same
// value of a second place, which comes to light when the first is gone, is another finding.
func (v verdict) finding(src origin.Source) diag.Finding {
	f := diag.Finding{
		Subject: src.Name + " " + src.Where(), Severity: v.severity, Claim: v.claim, ByHand: v.byHand,
		Evidence: []diag.Evidence{src.Because()},
	}
	f.Evidence = append(append(append(f.Evidence, v.proof...), v.not...), elsewhere(src))
	if f.ByHand == "" {
		f.ByHand = show(src)
	}
	f.Fixes = v.fixes
	if !v.manual {
		f.Fixes = append(f.Fixes, mend(src, v.right, v.person))
	}
	return f
}

// mend makes the fix that puts the right value, or none, where the wrong one stands. A file of the project and a
// change that somebody must decide are a person's.
func mend(src origin.Source, right string, person bool) diag.Fix {
	fix := src.Replace(right)
	if len(fix.Actions) > 0 && (person || src.OnPurpose()) {
		fix.Risk = diag.Person
	}
	return fix
}

// elsewhere rules out the other places where a variable may be set: the process environment comes before the go
// env file (cmd/go/internal/cfg: Getenv).
func elsewhere(src origin.Source) diag.Evidence {
	e := diag.Evidence{Role: diag.Not}
	switch src.Kind {
	case facts.FromProcess:
		e.Text = text.New("not the go env file: the process environment comes first, and go env -w or -u cannot change it", "不是 go env 文件：进程环境优先，go env -w 或 -u 都改变不了它").With()
	case facts.FromGoenv:
		e.Text = text.New("not the session: {name} is not in the environment of this process", "不是会话环境：本进程的环境中没有 {name}").With("name", src.Name)
	default:
		e.Text = text.New("not the session and not the go env file: neither sets {name}", "不是会话环境，也不是 go env 文件：两者都没有设置 {name}").With("name", src.Name)
	}
	return e
}

// show is the command that shows where a value stands. It does not need a go command that works.
func show(src origin.Source) string {
	if src.File != "" {
		return "grep -n " + src.Name + " " + quote(src.File)
	}
	return "printenv " + src.Name
}

// quote writes an argument for a shell.
func quote(arg string) string {
	if arg != "" && !strings.ContainsFunc(arg, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:,+@%=", r))
	}) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

func proof(t text.Msg) diag.Evidence { return diag.Evidence{Role: diag.Proof, Text: t} }

func not(t text.Msg) diag.Evidence { return diag.Evidence{Role: diag.Not, Text: t} }

// refuses is the proof that the go command itself refuses a value: what it says, and where its source decides so.
func refuses(message, source string) diag.Evidence {
	return proof(text.New("go says: {message} (decided in {source})", "go 的报错：{message}（判定位置：{source}）").With("message", message, "source", source))
}

// manual is advice with a command to type.
func manual(title text.Msg, shell string) diag.Fix {
	return diag.Fix{Title: title, Risk: diag.Manual, Shell: shell}
}

// edit is a fix that edits one file.
func edit(title text.Msg, path string, splices ...facts.Splice) diag.Fix {
	return diag.Fix{Title: title, Risk: diag.Safe, Actions: action.List{&action.Edit{Path: path, Splices: splices}}}
}

// named finds what a value names.
func named(s *facts.Snapshot, variable, part string) (facts.Named, bool) {
	for _, n := range s.Settings.Named {
		if n.Var == variable && n.Part == part {
			return n, true
		}
	}
	return facts.Named{}, false
}

// there reports whether a value's thing can be executed or read at all.
func missing(n facts.Named) bool { return n.State == facts.NamedMissing }

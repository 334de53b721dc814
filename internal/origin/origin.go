// Package origin says where the effective value of a variable comes from, as evidence, and makes the
// fixes that take exactly that away: the line of a start-up file, the line of the go env file, or,
// when only the running shell has it, the command to type.
package origin

import (
	"fmt"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/startup"
	"github.com/gorescue/gorescue/internal/text"
)

// Source is where a variable's effective value comes from.
type Source struct {
	Name  string
	Value string
	Kind  facts.OriginKind
	File  string // "" when it is in no file that we know
	Line  int
	// Assignment is the place in a start-up file; nil for other sources.
	Assignment *facts.Assignment
	// Holder is the nearest ancestor process that was started with this value, when no file explains it.
	Holder *facts.Ancestor

	s *facts.Snapshot
}

// Of returns the source of a variable: of a go setting by Settings, of anything else by the process
// environment. ok is false when the variable has no value or only a built-in default. The snapshot
// must have the sections process, startup and settings.
func Of(s *facts.Snapshot, name string) (src Source, ok bool) {
	set, isSetting := s.Settings.Values[name]
	if v, inProcess := s.Process.Lookup(name); inProcess && (!isSetting || set.Origin == facts.FromProcess) {
		return ofProcess(s, name, v), true
	}
	switch {
	case !isSetting || set.Origin == facts.FromDefault:
		return Source{}, false
	case set.Origin == facts.FromGoenv:
		return Source{Name: name, Value: set.Value, Kind: set.Origin, File: s.Settings.File.Path, Line: set.Line, s: s}, true
	}
	return Source{Name: name, Value: set.Value, Kind: set.Origin, File: s.Settings.GoRoot.Path, Line: set.Line, s: s}, true
}

func ofProcess(s *facts.Snapshot, name, value string) Source {
	src := Source{Name: name, Value: value, Kind: facts.FromProcess, s: s}
	if a, ok := startup.Origin(s.Startup, name, value); ok {
		src.File, src.Line, src.Assignment = a.File, a.Line, &a
		return src
	}
	for i := range s.Process.Ancestors {
		if a := &s.Process.Ancestors[i]; a.Vars[name] == value {
			src.Holder = a
			break
		}
	}
	return src
}

// Lasting reports whether the value comes back in a new terminal: it stands in a file that is not the
// project's own. A value without a file may be meant for one command.
func (o Source) Lasting() bool {
	return o.File != "" && !o.OnPurpose()
}

// OnPurpose reports whether the project itself sets the value (.envrc, .env).
func (o Source) OnPurpose() bool { return o.Assignment != nil && o.Assignment.Project }

// Where is the source in a few words, for sentences: "~/.profile:14", "go env file … line 3", "this shell".
func (o Source) Where() string {
	switch {
	case o.File != "":
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case o.Holder != nil:
		return fmt.Sprintf("process %d (%s)", o.Holder.PID, o.Holder.Comm)
	}
	return "environment"
}

// Because is the evidence that names the source.
func (o Source) Because() diag.Evidence {
	e := diag.Evidence{Role: diag.Because, File: o.File, Line: o.Line}
	switch {
	case o.Assignment != nil:
		e.Text = text.New("{where} has: {line}", "{where} 写有：{line}").With("where", o.Where(), "line", shown(o.Assignment.Text))
	case o.Kind == facts.FromGoenv:
		e.Text = text.New("{where} (the file of go env -w) has: {name}={value}", "{where}（go env -w 写入的文件）写有：{name}={value}").
			With("where", o.Where(), "name", o.Name, "value", shown(o.Value))
	case o.Kind == facts.FromGoroot:
		e.Text = text.New("{where} (the defaults of this Go tree) has: {name}={value}", "{where}（该 Go 目录的默认设置）写有：{name}={value}").
			With("where", o.Where(), "name", o.Name, "value", shown(o.Value))
	case o.Holder != nil:
		e.Text = text.New("process {pid} ({comm}) was started with {name}={value}; no start-up file sets it", "进程 {pid}（{comm}）启动时就带有 {name}={value}；没有启动文件设置它").
			With("pid", o.Holder.PID, "comm", o.Holder.Comm, "name", o.Name, "value", shown(o.Value))
	default:
		e.Text = text.New("{name}={value} was set in this shell or for this command; no start-up file sets it", "{name}={value} 是在当前 shell 中或仅为本命令设置的；没有启动文件设置它").
			With("name", o.Name, "value", shown(o.Value))
	}
	return e
}

// credentials are the user and password of an address.
var credentials = lazyre.New(`(://)[^/@\s"']*@`)

// shown is a value as it may be displayed: without passwords.
func shown(value string) string { return credentials().ReplaceAllString(value, "${1}…@") }

// Remove makes the fix that takes the value away at its source.
func (o Source) Remove() diag.Fix {
	switch {
	case o.Assignment != nil && len(o.Assignment.Cuts) > 0:
		var env map[string]*string
		v, set := startup.Without(o.s.Startup, *o.Assignment, o.Value)
		if set {
			env = map[string]*string{o.Name: &v}
		} else {
			env = map[string]*string{o.Name: nil}
		}
		return diag.Fix{
			Title: text.New("remove {name} at {where}", "删除 {where} 处的 {name}").With("name", o.Name, "where", o.Where()),
			Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: o.File, Splices: o.Assignment.Cuts}},
			Env: env, Shell: shellLine(o.Name, env[o.Name]),
		}
	case o.Kind == facts.FromGoenv:
		return diag.Fix{
			Title: text.New("remove the line of {name} from {file} (as go env -u {name} does)", "从 {file} 删除 {name} 一行（等同 go env -u {name}）").With("name", o.Name, "file", o.File),
			Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: o.File, Splices: goenvCuts(o.s, o.Name, "")}},
		}
	}
	return o.byHand(nil)
}

// Replace makes the fix that gives the variable another value at its source; an empty one removes it.
func (o Source) Replace(value string) diag.Fix {
	switch {
	case value == "":
		return o.Remove()
	case o.Kind == facts.FromGoenv:
		return diag.Fix{
			Title: text.New("set {name}={value} in {file}", "在 {file} 中设置 {name}={value}").With("name", o.Name, "value", value, "file", o.File),
			Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: o.File, Splices: goenvCuts(o.s, o.Name, o.Name+"="+value+"\n")}},
		}
	case o.Assignment != nil && len(o.Assignment.Cuts) > 0:
		cuts, ok := rewritten(o.Assignment, value)
		if !ok {
			break
		}
		return diag.Fix{
			Title: text.New("set {name}={value} at {where}", "把 {where} 处改为 {name}={value}").With("name", o.Name, "value", value, "where", o.Where()),
			Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: o.File, Splices: cuts}},
			Env: map[string]*string{o.Name: &value}, Shell: shellLine(o.Name, &value),
		}
	}
	return o.byHand(&value)
}

// byHand is the advice when nothing on disk can be changed.
func (o Source) byHand(value *string) diag.Fix {
	return diag.Fix{
		Title: text.New("type this in the shell that has {name}: {cmd}", "在带有 {name} 的 shell 中输入：{cmd}").With("name", o.Name, "cmd", shellLine(o.Name, value)),
		Risk:  diag.Manual, Shell: shellLine(o.Name, value),
	}
}

// rewritten replaces the whole assignment by a plain one of the same language, on the same line.
func rewritten(a *facts.Assignment, value string) ([]facts.Splice, bool) {
	if len(a.Cuts) != 1 || a.Cuts[0].New != "" {
		return nil, false
	}
	cut := a.Cuts[0]
	if !strings.HasSuffix(cut.Old, "\n") && strings.TrimSpace(cut.Old) != strings.TrimSpace(a.Text) {
		return nil, false // shares its line with something else
	}
	first := strings.Fields(a.Text + " ?")[0]
	if a.Kind == facts.KindShell && first != "export" && !strings.HasPrefix(first, a.Name+"=") && first != "declare" && first != "typeset" {
		return nil, false // a call or an expansion that does more
	}
	line := assignment(a.Kind, a.Name, value)
	indent := cut.Old[:len(cut.Old)-len(strings.TrimLeft(cut.Old, " \t"))]
	end := ""
	if strings.HasSuffix(cut.Old, "\r\n") {
		end = "\r\n"
	} else if strings.HasSuffix(cut.Old, "\n") {
		end = "\n"
	}
	cut.New = indent + line + end
	return []facts.Splice{cut}, true
}

// goenvCuts takes every line of a name away, as `go env -u` does; the last one that counts gives way
// to line, when it is not empty.
func goenvCuts(s *facts.Snapshot, name, line string) []facts.Splice {
	var out []facts.Splice
	for _, e := range s.Settings.File.Entries {
		if e.Name != name || e.Ignored != "" {
			continue
		}
		cut := e.Cut
		if !e.Shadow {
			cut.New = line
		}
		out = append(out, cut)
	}
	return out
}

// SetGoenv makes the fix that writes one setting to the go env file, as `go env -w` does. ok is false
// when that file cannot be written to sensibly (off, unreadable, odd).
func SetGoenv(s *facts.Snapshot, name, value string) (diag.Fix, bool) {
	f := &s.Settings.File
	if f.Path == "" || f.State == facts.FileUnreadable || f.State == facts.FileOdd || f.NULs > 0 || f.UTF16 {
		return diag.Fix{}, false
	}
	fix := diag.Fix{
		Title: text.New("set {name}={value} in {file} (as go env -w does)", "在 {file} 中设置 {name}={value}（等同 go env -w）").With("name", name, "value", value, "file", f.Path),
		Risk:  diag.Safe,
	}
	line := name + "=" + value + "\n"
	if cuts := goenvCuts(s, name, line); len(cuts) > 0 {
		fix.Actions = action.List{&action.Edit{Path: f.Path, Splices: cuts}}
		return fix, true
	}
	end := facts.Splice{Offset: int(f.Size), New: line}
	if n := len(f.Entries); n > 0 {
		last := f.Entries[n-1].Cut
		if last.Offset+len(last.Old) == int(f.Size) && !strings.HasSuffix(last.Old, "\n") {
			end.New = "\n" + line
		}
	}
	fix.Actions = action.List{&action.Edit{Path: f.Path, Create: true, Splices: []facts.Splice{end}}}
	return fix, true
}

// shellLine is what to type in a shell that is open already.
func shellLine(name string, value *string) string {
	if value == nil {
		return "unset " + name
	}
	return assignment(facts.KindShell, name, *value)
}

// assignment is a line that gives a variable a value for the session, in the language of a file.
func assignment(kind facts.StartupKind, name, value string) string {
	plain := name + "=" + startup.Quote(kind, value)
	switch kind {
	case facts.KindFish:
		return "set -gx " + name + " " + startup.Quote(kind, value)
	case facts.KindShell:
		return "export " + plain
	}
	return plain
}

// Beside makes the fix that sets another variable right behind the line which sets this one, in the same file and language.
func (o Source) Beside(name, value string) diag.Fix {
	if a := o.Assignment; a != nil && len(a.Cuts) == 1 && strings.HasSuffix(a.Cuts[0].Old, "\n") && strings.TrimSpace(a.Cuts[0].Old) == strings.TrimSpace(a.Text) {
		old := a.Cuts[0].Old
		indent := old[:len(old)-len(strings.TrimLeft(old, " \t"))]
		return diag.Fix{
			Title: text.New("set {name}={value} behind {where}", "在 {where} 之后设置 {name}={value}").With("name", name, "value", value, "where", o.Where()),
			Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: o.File, Splices: []facts.Splice{{Offset: a.Cuts[0].Offset + len(old), New: indent + assignment(a.Kind, name, value) + "\n"}}}},
			Env: map[string]*string{name: &value}, Shell: shellLine(name, &value),
		}
	}
	return Source{Name: name}.byHand(&value)
}

package cache

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// proof, not and because make the three kinds of evidence from a sentence in both languages and its values.
func proof(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Text: text.New(en, zh).With(values...)}
}

func not(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Not, Text: text.New(en, zh).With(values...)}
}

func because(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Because, Text: text.New(en, zh).With(values...)}
}

// by adds the command that shows an observation.
func by(e diag.Evidence, command string) diag.Evidence {
	e.Command = command
	return e
}

// manual is advice: commands for a person.
func manual(en, zh, shell string, values ...any) diag.Fix {
	return diag.Fix{Title: text.New(en, zh).With(values...), Risk: diag.Manual, Shell: shell}
}

// mode writes permission bits as ls and chmod do.
func mode(bits uint32) string { return fmt.Sprintf("%04o", bits) }

// megabytes writes a size.
func megabytes(n uint64) string {
	switch {
	case n >= 10<<30:
		return strconv.FormatUint(n>>30, 10) + " GB"
	case n >= 10<<20:
		return strconv.FormatUint(n>>20, 10) + " MB"
	case n >= 10<<10:
		return strconv.FormatUint(n>>10, 10) + " KB"
	}
	return strconv.FormatUint(n, 10) + " bytes"
}

// decided names who decides about a place: the line that sets its variable, or the default.
func decided(s *facts.Snapshot, f facts.Folder) (origin.Source, bool, diag.Evidence) {
	if f.Var != "" && f.Var != "HOME" {
		if src, ok := origin.Of(s, f.Var); ok {
			return src, true, src.Because()
		}
	}
	if f.Var == "HOME" {
		return origin.Source{}, false, because("no variable names it: {path} is the default below HOME={home}", "没有变量指定它：{path} 是 HOME={home} 下的默认位置", "path", f.Path, "home", s.Host.Home)
	}
	return origin.Source{}, false, because("no variable names it: {path} is the default", "没有变量指定它：{path} 是默认位置", "path", f.Path)
}

// aside is a place for things that a repair puts out of the way, in our own folder; it is new for each run.
func aside(s *facts.Snapshot, name string) string {
	return filepath.Join(s.Host.State, "aside", s.Incident, name)
}

// moved is a repair that puts one thing out of the way.
func moved(from, to string, risk diag.Risk) diag.Fix {
	return diag.Fix{
		Title: text.New("move {from} aside to {to} (nothing is deleted)", "把 {from} 移到 {to}（不删除任何内容）").With("from", from, "to", to),
		Risk:  risk, Actions: action.List{&action.Move{From: from, To: to}},
	}
}

// owned reports whether this user owns a node and may therefore change its mode.
func owned(s *facts.Snapshot, uid int) bool { return s.Host.UID >= 0 && uid == s.Host.UID }

// room is the evidence that a file system has space left.
func room(f facts.Folder) diag.Evidence {
	if f.Total == 0 {
		return not("a full disk: not asked for, another cause is proven", "不是磁盘已满：另一原因已得到证明")
	}
	return by(not("a full disk: {free} are free there", "不是磁盘已满：那里还有 {free} 可用", "free", megabytes(f.Free)), "df -h "+quote(f.Base.Where))
}

// quote writes a path for a shell.
func quote(path string) string {
	for _, r := range path {
		plain := r == '/' || r == '.' || r == '-' || r == '_' || r == '+' || r == '@' || r == '~' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !plain {
			out := "'"
			for _, c := range path {
				if c == '\'' {
					out += `'\''`
				} else {
					out += string(c)
				}
			}
			return out + "'"
		}
	}
	return path
}

func itoa(n int) string { return strconv.Itoa(n) }

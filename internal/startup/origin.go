package startup

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// loginPath is what login(1) gives where no file sets PATH (login.defs(5), ENV_PATH).
const loginPath = "/usr/local/bin:/usr/bin:/bin"

// Origin returns the assignment which explains the value that a variable has: the last one which gives
// exactly this value, before all one that runs for sure; else the last one whose additions are in the
// value; else the last one, when its known parts fit. ok is false when none explains it. An assignment
// that is dormant or changes nothing explains nothing.
func Origin(s facts.Startup, name, value string) (a facts.Assignment, ok bool) {
	list := slices.DeleteFunc(slices.Clone(s.Assignments), func(a facts.Assignment) bool {
		return a.Name != name || a.Dormant || a.Unset || a.Keeps && len(a.Prepend)+len(a.Append) == 0
	})
	sure := func(a facts.Assignment) bool { return !a.Guarded && !a.Local }
	exact := func(a facts.Assignment) bool { return a.Known && a.Value == value }
	adds := func(a facts.Assignment) bool { return a.Keeps && contributes(a, value) }
	for _, fits := range []func(facts.Assignment) bool{
		func(a facts.Assignment) bool { return sure(a) && exact(a) },
		exact,
		func(a facts.Assignment) bool { return sure(a) && adds(a) },
		adds,
	} {
		for _, a := range slices.Backward(list) {
			if fits(a) {
				return a, true
			}
		}
	}
	if n := len(list); n > 0 && !list[n-1].Known && sure(list[n-1]) && resembles(list[n-1].Value, value) {
		return list[n-1], true
	}
	return facts.Assignment{}, false
}

// contributes reports whether everything that an assignment adds is in a value.
func contributes(a facts.Assignment, value string) bool {
	if a.Sep == "" {
		return strings.HasPrefix(value, strings.Join(a.Prepend, "")) && strings.HasSuffix(value, strings.Join(a.Append, ""))
	}
	have := strings.Split(value, a.Sep)
	for _, e := range slices.Concat(a.Prepend, a.Append) {
		if !slices.Contains(have, e) {
			return false
		}
	}
	return true
}

// resembles reports whether a value can be what a text with unknown parts became. The known parts must
// say something.
func resembles(pattern, value string) bool {
	parts := strings.Split(pattern, holeMark)
	if len(parts) < 2 || len(strings.Join(parts, "")) < 3 {
		return false
	}
	last := len(parts) - 1
	rest, ok := strings.CutPrefix(value, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1:last] {
		if _, rest, ok = strings.Cut(rest, p); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, parts[last])
}

// PathOrigin returns the assignment which put a folder on PATH: the last one that has it, before all
// one that runs for sure.
func PathOrigin(s facts.Startup, entry string) (facts.Assignment, bool) {
	clean := func(dir string) string {
		if len(dir) > 1 {
			return strings.TrimRight(dir, "/")
		}
		return dir
	}
	has := func(a facts.Assignment) bool {
		list := slices.Concat(a.Prepend, a.Append)
		if !a.Keeps {
			list = strings.Split(a.Value, ":")
		}
		return slices.ContainsFunc(list, func(dir string) bool { return clean(dir) == clean(entry) })
	}
	for _, sure := range []bool{true, false} {
		for _, a := range slices.Backward(s.Assignments) {
			if a.Name == "PATH" && !a.Dormant && !a.Unset && (!sure || !a.Guarded && !a.Local) && has(a) {
				return a, true
			}
		}
	}
	return facts.Assignment{}, false
}

// Without returns the value that a variable, which is current now, has in a new session without the
// assignment a. set is false when it is then not set at all.
func Without(s facts.Startup, a facts.Assignment, current string) (value string, set bool) {
	if a.Keeps {
		return strip(s, a, current), true
	}
	base, set := "", false
	if a.Name == "PATH" {
		base, set = loginPath, true
	}
	after := false
	for _, b := range s.Assignments {
		switch {
		case b.Name != a.Name || b.Dormant || b.Local || b.Guarded || b.Project != a.Project:
		case same(a, b):
			after = true
		case after && b.Keeps && b.Sep != "" && contributes(b, current):
			base = strings.Join(slices.Concat(b.Prepend, list(base, b.Sep), b.Append), b.Sep)
			set = true
		case after:
		case b.Unset:
			base, set = "", false
		case b.Known:
			base, set = b.Value, true
		case b.Keeps && b.Sep != "":
			base = strings.Join(slices.Concat(b.Prepend, list(base, b.Sep), b.Append), b.Sep)
			set = true
		}
	}
	return base, set
}

func same(a, b facts.Assignment) bool {
	return a.File == b.File && a.Line == b.Line && a.Name == b.Name && a.Value == b.Value && slices.Equal(a.Cuts, b.Cuts)
}

func list(value, sep string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, sep)
}

// strip takes the additions of an assignment out of a list. The files may have been read more than once
// (a shell in a shell): all copies go that stand in the part of the list which files added, not those
// which were there before. An entry that another assignment adds too stays once.
func strip(s facts.Startup, a facts.Assignment, current string) string {
	if a.Sep == "" {
		current = strings.TrimPrefix(current, strings.Join(a.Prepend, ""))
		return strings.TrimSuffix(current, strings.Join(a.Append, ""))
	}
	var others, added []string
	for _, b := range s.Assignments {
		if b.Name != a.Name || b.Dormant || b.Unset {
			continue
		}
		if b.Keeps {
			added = append(added, slices.Concat(b.Prepend, b.Append)...)
		}
		if !same(a, b) {
			others = append(others, slices.Concat(b.Prepend, b.Append)...)
			if !b.Keeps {
				others = append(others, list(b.Value, a.Sep)...)
			}
		}
	}
	have := strings.Split(current, a.Sep)
	for _, e := range a.Prepend {
		have = remove(have, e, added, slices.Contains(others, e))
	}
	slices.Reverse(have)
	for _, e := range a.Append {
		have = remove(have, e, added, slices.Contains(others, e))
	}
	slices.Reverse(have)
	return strings.Join(have, a.Sep)
}

// remove takes the copies of an entry from the front of a list, up to the first entry that no file
// added; at least one copy goes, unless it is the only one and shared.
func remove(have []string, entry string, added []string, shared bool) []string {
	total := 0
	for _, e := range have {
		if e == entry {
			total++
		}
	}
	if total == 0 || shared && total == 1 {
		return have
	}
	var out []string
	gone, front := 0, true
	for _, e := range have {
		front = front && slices.Contains(added, e)
		if e == entry && (front || gone == 0) && (!shared || gone == 0) {
			gone++
			continue
		}
		out = append(out, e)
	}
	return out
}

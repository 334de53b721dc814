package startup

import (
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// derive fills an assignment from the pieces of its value: what it adds before and behind the old value.
func derive(a *facts.Assignment, pieces []piece, bent bool) value {
	v := flat(pieces)
	first, last := -1, -1
	for i, p := range pieces {
		if p.self {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if len(v.text) > maxValue {
		v.text, v.known = hole, false
	}
	a.Value, a.Known = v.text, v.known && !bent
	if first < 0 {
		return v
	}
	a.Keeps = true
	if len(pieces) > maxFiles {
		return v
	}
	before, after := flat(pieces[:first]).text, flat(pieces[last+1:]).text
	a.Sep = separator(a.Name, before, after)
	a.Prepend, a.Append = entries(before, a.Sep), entries(after, a.Sep)
	return v
}

// separator is the byte which stands between the old value and what is added.
func separator(name, before, after string) string {
	const marks = ":, |;"
	if before != "" && strings.ContainsRune(marks, rune(before[len(before)-1])) {
		return before[len(before)-1:]
	}
	if after != "" && strings.ContainsRune(marks, rune(after[0])) {
		return after[:1]
	}
	if name == "PATH" {
		return ":"
	}
	return ""
}

// entries splits what is added to a list; an entry that is not known is left out.
func entries(text, sep string) []string {
	if sep == "" {
		if text == "" || strings.Contains(text, hole) {
			return nil
		}
		return []string{text}
	}
	var out []string
	for e := range strings.SplitSeq(text, sep) {
		if e != "" && !strings.Contains(e, hole) {
			out = append(out, e)
		}
	}
	return out
}

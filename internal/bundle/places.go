package bundle

import (
	"maps"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/blackbox"
)

// places replaces the folders of one machine by their names, the longest first.
type places []struct{ dir, name string }

func placesOf(s *blackbox.Sample) (p places) {
	if s == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Dirs)) {
		p = append(p, struct{ dir, name string }{s.Dirs[name], name})
	}
	slices.SortStableFunc(p, func(a, b struct{ dir, name string }) int { return len(b.dir) - len(a.dir) })
	return p
}

// name replaces the folders in a text where they stand as whole elements of a path.
func (p places) name(s string) string {
	for _, x := range p {
		for from := 0; ; {
			i := strings.Index(s[from:], x.dir)
			if i < 0 {
				break
			}
			i += from
			end := i + len(x.dir)
			if i > 0 && strings.ContainsAny(s[i-1:i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-$/\\") || end < len(s) && !strings.ContainsAny(s[end:end+1], "/\\ :;,|\"'=\n\t)") {
				from = i + 1
				continue
			}
			s = s[:i] + x.name + s[end:]
			from = i + len(x.name)
		}
	}
	return s
}

// named is a copy of a sample in which places are called by their names.
func named(s *blackbox.Sample) *blackbox.Sample {
	if s == nil {
		return nil
	}
	p := placesOf(s)
	out := *s
	out.Go.Path = p.name(s.Go.Path)
	out.Settings = map[string]string{}
	for k, v := range s.Settings {
		out.Settings[k] = p.name(v)
	}
	out.Files = map[string]blackbox.File{}
	for k, f := range s.Files {
		f.Text = p.name(f.Text)
		out.Files[p.name(k)] = f
	}
	out.Editors = map[string]blackbox.Editor{}
	for k, e := range s.Editors {
		e.Gopls = p.name(e.Gopls)
		values := map[string]string{}
		for n, v := range e.Values {
			values[n] = p.name(v)
		}
		e.Values = values
		out.Editors[k] = e
	}
	out.Locks = map[string]blackbox.Lock{}
	for k, l := range s.Locks {
		out.Locks[p.name(k)] = l
	}
	return &out
}

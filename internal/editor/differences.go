package editor

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/jsonc"
)

// Differences compares settings key by key. a and b are texts of settings in JSON with comments; all keys whose values differ are
// returned in order, of objects about Go entry by entry, with the raw value on each side, "" = absent. Damaged texts are compared as far as an editor
// reads them.
func Differences(a, b []byte) []Difference {
	left, right := flat(a), flat(b)
	var out []Difference
	for k, v := range left {
		if right[k] != v {
			out = append(out, Difference{k, v, right[k]})
		}
	}
	for k, v := range right {
		if _, ok := left[k]; !ok {
			out = append(out, Difference{k, "", v})
		}
	}
	slices.SortFunc(out, func(x, y Difference) int { return strings.Compare(x.Key, y.Key) })
	return out
}

// Difference is a key that two files of settings have differently; raw JSON, "" = absent.
type Difference struct{ Key, A, B string }

// flat maps each key to its value in one spelling, whatever blanks and comments stand in it.
func flat(data []byte) map[string]string {
	out := map[string]string{}
	doc := jsonc.Parse(data)
	if doc.Root == nil || doc.Root.Kind != jsonc.Object {
		return out
	}
	plain := func(n *jsonc.Node) string {
		b, err := json.Marshal(doc.Plain(n))
		if err != nil {
			return doc.Raw(n)
		}
		return string(b)
	}
	for _, m := range doc.Root.Members {
		if m.Value == nil {
			continue
		}
		if !slices.Contains(objects(), m.Key) || m.Value.Kind != jsonc.Object {
			out[m.Key] = plain(m.Value)
			continue
		}
		for _, sub := range m.Value.Members {
			if sub.Value != nil {
				out[m.Key+" / "+sub.Key] = plain(sub.Value)
			}
		}
	}
	return out
}

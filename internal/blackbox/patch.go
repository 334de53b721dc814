package blackbox

import (
	"bytes"
	"encoding/json"
	"maps"
)

// doc is a sample as generic JSON, the form in which samples are compared and patched.
type doc = map[string]any

func toDoc(s *Sample) (doc, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var d doc
	return d, decode(data, &d)
}

func fromDoc(d doc) (*Sample, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	s := &Sample{}
	return s, json.Unmarshal(data, s)
}

// decode keeps numbers as they are written.
func decode(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode(into)
}

// delta is the JSON merge patch (RFC 7386) that makes b of a. Samples hold no null and no list, which such a
// patch cannot tell.
func delta(a, b doc) doc {
	out := doc{}
	for k := range a {
		if _, ok := b[k]; !ok {
			out[k] = nil
		}
	}
	for k, new := range b {
		old, had := a[k]
		x, ok1 := old.(doc)
		y, ok2 := new.(doc)
		switch {
		case ok1 && ok2:
			if d := delta(x, y); len(d) > 0 {
				out[k] = d
			}
		case !had || ok1 || ok2 || old != new:
			out[k] = new
		}
	}
	return out
}

// patched applies a merge patch without changing a.
func patched(a, patch doc) doc {
	out := maps.Clone(a)
	if out == nil {
		out = doc{}
	}
	for k, v := range patch {
		switch p := v.(type) {
		case nil:
			delete(out, k)
		case doc:
			old, _ := out[k].(doc)
			out[k] = patched(old, p)
		case []any: // never written by us
		default:
			out[k] = v
		}
	}
	return out
}

package blackbox

import (
	"encoding/json"
	"fmt"
)

// Series is samples in the form in which they are small: the first one whole, the others by what differs from it.
type Series struct {
	First   doc   `json:"first,omitempty"`
	Patches []doc `json:"patches,omitempty"`
}

// maxSeries bounds the samples of a series that is read.
const maxSeries = 100_000

// Pack makes a series. Every string, but for keys of fields, passes through clean; nil = as it is.
func Pack(list []*Sample, clean func(name, value string) string) (*Series, error) {
	out := &Series{}
	for i, s := range list {
		d, err := toDoc(s)
		if err != nil {
			return nil, err
		}
		if clean != nil {
			d = cleaned(d, clean, 0)
		}
		if i == 0 {
			out.First = d
		} else {
			out.Patches = append(out.Patches, delta(out.First, d))
		}
	}
	return out, nil
}

// cleaned treats all strings, and the keys below the fields of a sample, which are paths and names.
func cleaned(d doc, clean func(name, value string) string, depth int) doc {
	out := make(doc, len(d))
	for k, v := range d {
		name := k
		if depth > 0 {
			k = clean("", k)
		}
		switch x := v.(type) {
		case string:
			out[k] = clean(name, x)
		case doc:
			out[k] = cleaned(x, clean, depth+1)
		default:
			out[k] = v
		}
	}
	return out
}

// Samples unpacks a series.
func (s *Series) Samples() ([]*Sample, error) {
	if s == nil || s.First == nil {
		return nil, nil
	}
	if len(s.Patches) > maxSeries {
		return nil, fmt.Errorf("too many samples: %d", len(s.Patches))
	}
	var out []*Sample
	for i, p := range append([]doc{nil}, s.Patches...) {
		one, err := fromDoc(patched(s.First, p))
		if err != nil {
			return nil, fmt.Errorf("sample %d: %v", i, err)
		}
		out = append(out, one)
	}
	return out, nil
}

// UnmarshalJSON keeps numbers as they are written.
func (s *Series) UnmarshalJSON(data []byte) error {
	var p struct {
		First   json.RawMessage
		Patches []json.RawMessage
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	*s = Series{}
	if len(p.First) == 0 {
		return nil
	}
	if err := decode(p.First, &s.First); err != nil {
		return err
	}
	for _, r := range p.Patches {
		var d doc
		if err := decode(r, &d); err != nil {
			return err
		}
		s.Patches = append(s.Patches, d)
	}
	return nil
}

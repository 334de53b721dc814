package verify

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/modcache"
)

// Fingerprint says what a module cache holds, for comparing it with that of another machine or another day.
type Fingerprint struct {
	Schema  int       `json:"schema"`
	Kind    string    `json:"kind"` // "modcache-fingerprint"
	Tool    string    `json:"tool,omitempty"`
	Time    time.Time `json:"time"`
	Scope   Scope     `json:"scope"`
	Modules []Print   `json:"modules"`
}

// Print is one version. A part that is not there, or cannot be read, has no hash.
type Print struct {
	Module string            `json:"module"` // path@version
	Zip    string            `json:"zip,omitempty"`
	Tree   string            `json:"dir,omitempty"`
	Mod    string            `json:"mod,omitempty"`
	Want   string            `json:"want,omitempty"`  // what go.sum says of the content
	Files  map[string]string `json:"files,omitempty"` // of the folder, else of the zip: see modcache.Exam
	Inner  []modcache.Diff   `json:"inner,omitempty"` // in which folder and zip differ
}

const printKind = "modcache-fingerprint"

// FingerprintOf makes the document of a report that was made with Options.Files.
func FingerprintOf(r *Report) *Fingerprint {
	f := &Fingerprint{Schema: Schema, Kind: printKind, Tool: r.Tool, Time: r.Time, Scope: r.Scope, Modules: []Print{}}
	for _, m := range r.Modules {
		p := Print{Module: m.Path + "@" + m.Version, Zip: m.Exam.Zip.Hash, Tree: m.Exam.Tree.Hash, Mod: m.Exam.Mod.Hash, Files: m.Exam.Files, Inner: m.Exam.Diffs}
		if m.Reference == ByGoSum {
			p.Want = m.Want
		}
		f.Modules = append(f.Modules, p)
	}
	return f
}

// maxFingerprint bounds a document that is read: 512 MiB.
const maxFingerprint = 512 << 20

// ReadFingerprint reads a document. Anything else is an error.
func ReadFingerprint(r io.Reader) (*Fingerprint, error) {
	lr := &io.LimitedReader{R: r, N: maxFingerprint}
	var f Fingerprint
	if err := json.NewDecoder(lr).Decode(&f); err != nil {
		return nil, fmt.Errorf("no fingerprint: %v", err)
	}
	if f.Kind != printKind {
		return nil, errors.New("no fingerprint of a module cache")
	}
	if f.Schema != Schema {
		return nil, fmt.Errorf("a fingerprint of schema %d, not %d", f.Schema, Schema)
	}
	return &f, nil
}

// Comparison is how two fingerprints differ.
type Comparison struct {
	Schema int          `json:"schema"`
	Same   int          `json:"same"` // versions that agree in every part which both have
	Differ []Difference `json:"differ"`
	OnlyA  []string     `json:"only_a"`
	OnlyB  []string     `json:"only_b"`
}

// Difference is one version that is not the same in both.
type Difference struct {
	Module string   `json:"module"`
	Parts  []string `json:"parts"` // "zip", "dir", "mod": those that both have and that differ
	// Polluted says which side does not have what go.sum of either side says: "a", "b", "both", "" = no go.sum tells.
	Polluted string          `json:"polluted,omitempty"`
	Files    []modcache.Diff `json:"files,omitempty"` // from A to B: "changed", "missing", "extra"; at most 100
	More     int             `json:"more,omitempty"`  // files beyond these
}

// Compare compares two fingerprints.
func Compare(a, b *Fingerprint) Comparison {
	out := Comparison{Schema: Schema, Differ: []Difference{}, OnlyA: []string{}, OnlyB: []string{}}
	inB := map[string]*Print{}
	for i := range b.Modules {
		inB[b.Modules[i].Module] = &b.Modules[i]
	}
	for i := range a.Modules {
		x := &a.Modules[i]
		y := inB[x.Module]
		if y == nil {
			out.OnlyA = append(out.OnlyA, x.Module)
			continue
		}
		delete(inB, x.Module)
		if d := differ(x, y); len(d.Parts) > 0 {
			out.Differ = append(out.Differ, d)
		} else {
			out.Same++
		}
	}
	out.OnlyB = append(out.OnlyB, slices.Sorted(maps.Keys(inB))...)
	return out
}

func differ(a, b *Print) Difference {
	d := Difference{Module: a.Module}
	for _, p := range []struct{ name, x, y string }{{"zip", a.Zip, b.Zip}, {"dir", a.Tree, b.Tree}, {"mod", a.Mod, b.Mod}} {
		if p.x != "" && p.y != "" && p.x != p.y {
			d.Parts = append(d.Parts, p.name)
		}
	}
	if contentOf(a) != contentOf(b) && a.Tree == "" != (b.Tree == "") && contentOf(a) != "" && contentOf(b) != "" && len(d.Parts) == 0 {
		d.Parts = append(d.Parts, "dir") // one has only the zip, the other a folder that is not of it
	}
	if len(d.Parts) == 0 {
		return d
	}
	if want := cmp.Or(a.Want, b.Want); want != "" && !slices.Equal(d.Parts, []string{"mod"}) {
		x, y := a.bad(want), b.bad(want)
		switch {
		case x && y:
			d.Polluted = "both"
		case x:
			d.Polluted = "a"
		case y:
			d.Polluted = "b"
		}
	}
	files := changed(a.Files, b.Files)
	if len(files) == 0 { // the same folder, but another zip: what each zip differs in from its folder
		files = append(slices.Clone(a.Inner), b.Inner...)
	}
	const most = 100
	d.Files = files[:min(len(files), most)]
	d.More = max(0, len(files)-most)
	return d
}

// contentOf is the hash of what builds use.
func contentOf(p *Print) string { return cmp.Or(p.Tree, p.Zip) }

func (p *Print) bad(want string) bool {
	return p.Zip != "" && p.Zip != want || p.Tree != "" && p.Tree != want
}

func changed(a, b map[string]string) []modcache.Diff {
	var out []modcache.Diff
	for name, sum := range a {
		switch other, ok := b[name]; {
		case !ok:
			out = append(out, modcache.Diff{Name: name, What: "missing"})
		case other != sum:
			out = append(out, modcache.Diff{Name: name, What: "changed"})
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			out = append(out, modcache.Diff{Name: name, What: "extra"})
		}
	}
	slices.SortFunc(out, func(x, y modcache.Diff) int { return strings.Compare(x.Name, y.Name) })
	return out
}

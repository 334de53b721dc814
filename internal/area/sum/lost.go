package sum

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gosum"
)

// lost finds entries that git, or another file in force, has and the files do not, for versions that the project
// asks for. When the file lost more than those, the entries of older versions (whose go.mod files the graph needs)
// come back with them. Older commits are asked only when a required version is lacking lines.
func (p *place) lost(lacking bool) []facts.SumEntry {
	have := map[module.Version]bool{}
	for _, f := range p.files {
		for k := range f.sums {
			have[k] = true
		}
	}
	var out []facts.SumEntry
	taken := map[module.Version]bool{}
	for _, f := range p.files {
		if lacking {
			p.history(f)
		}
		for _, v := range f.versions {
			for k, hashes := range v.sums {
				ver := strings.TrimSuffix(k.Version, "/go.mod")
				need := p.need[module.Version{Path: k.Path, Version: ver}]
				if have[k] || taken[k] || len(hashes) != 1 || !need && v.kind == facts.WitnessHistory || len(out) >= maxLost {
					continue
				}
				taken[k] = true
				out = append(out, facts.SumEntry{Module: k.Path, Key: k.Version, Hash: hashes[0], From: v.name + ":" + short(p, f.Path), File: f.Path, Needed: need, Content: p.record(k),
					At: gosum.Place(f.lines, f.Size, k.Path+" "+k.Version+" "+hashes[0])})
			}
		}
	}
	slices.SortFunc(out, func(a, b facts.SumEntry) int {
		return strings.Compare(a.Module+" "+a.Key, b.Module+" "+b.Key)
	})
	return out
}

// short is the path of a file in its repository.
func short(p *place, path string) string {
	if p.repo != nil {
		if rel, ok := p.repo.Rel(path); ok {
			return rel
		}
	}
	return path
}

// bare lists the required versions without all of their lines, with what the cache has of them.
func (p *place) bare() []facts.SumBare {
	have := map[module.Version]bool{}
	for _, f := range p.files {
		for k := range f.sums {
			have[k] = true
		}
	}
	var out []facts.SumBare
	for _, m := range p.list.Modules {
		b := facts.SumBare{Module: m.Path, Version: m.Version.Version}
		mod := module.Version{Path: m.Path, Version: b.Version + "/go.mod"}
		b.NoZip, b.NoMod = !have[m.Version], !have[mod]
		if !b.NoZip && !b.NoMod || len(out) >= 100 || p.ctx.Err() != nil {
			continue
		}
		if b.NoZip {
			if hash, _, record := p.content(m.Version); record == "" || record == hash {
				b.Zip = hash
			}
		}
		if b.NoMod {
			b.Mod, _, _ = p.content(mod)
		}
		if f := p.own(); f != nil {
			b.At = gosum.Place(f.lines, f.Size, m.Path+" "+b.Version+" h1:")
		}
		out = append(out, b)
	}
	return out
}

// own is the file that the go command itself adds lines to: that of the workspace, or of the only module.
func (p *place) own() *file {
	for _, f := range p.files {
		if f.Work || len(p.files) == 1 {
			return f
		}
	}
	return nil
}

// asks lists what only the network can tell: hashes in dispute that nothing here decides, the content of required
// versions that a download was tried of in vain, and small go.mod files that are needed and not there.
func (p *place) asks(disputes []facts.SumDispute, bare []facts.SumBare) []facts.SumAsk {
	var out []facts.SumAsk
	add := func(a facts.SumAsk) {
		same := func(b facts.SumAsk) bool { return a.Module == b.Module && a.Version == b.Version && a.GoMod == b.GoMod }
		if len(out) < 12 && !slices.ContainsFunc(out, same) {
			out = append(out, a)
		}
	}
	for _, d := range disputes {
		if r := rule(d, nil); !d.Needed || r.verdict == fine || r.verdict == lineWrong && r.sure {
			continue
		}
		ver, isMod := strings.CutSuffix(d.Key, "/go.mod")
		a := facts.SumAsk{Module: d.Module, Version: ver, GoMod: isMod, Line: d.Hash, File: d.File, LineNo: d.Line, Why: "dispute"}
		if committed(d, d.Hash) {
			a.Witness = "HEAD:" + short(p, d.File)
		}
		add(a)
	}
	missing := 0
	for _, m := range p.list.Modules {
		if m.Needed && m.Missing != "" {
			missing++
		}
	}
	for _, m := range p.list.Modules {
		if !m.Needed || m.Missing == "" || m.Missing == "partial" || missing > 40 {
			continue
		}
		for _, isMod := range []bool{true, false} {
			if isMod && m.Missing != "mod" || !isMod && !p.failed(m.Version) {
				continue
			}
			k := m.Version
			if isMod {
				k.Version += "/go.mod"
			}
			if a, ok := p.ask(k, isMod); ok {
				add(a)
			}
		}
	}
	for _, b := range bare {
		if b.Zip != "" || b.Mod != "" {
			add(facts.SumAsk{Module: b.Module, Version: b.Version, GoMod: b.Zip == "", Why: "bare"})
		}
	}
	return out
}

// ask is the question about a key which has exactly one line.
func (p *place) ask(k module.Version, isMod bool) (facts.SumAsk, bool) {
	a := facts.SumAsk{Module: k.Path, Version: strings.TrimSuffix(k.Version, "/go.mod"), GoMod: isMod, Why: "missing"}
	for _, f := range p.files {
		for _, l := range f.lines {
			if l.Key() != k {
				continue
			}
			if a.Line != "" && a.Line != l.Hash() {
				return a, false
			}
			a.Line, a.File, a.LineNo = l.Hash(), f.Path, l.N
			for _, v := range f.versions {
				if v.kind == facts.WitnessHead && slices.Contains(v.sums[k], a.Line) {
					a.Witness = "HEAD:" + short(p, f.Path)
				}
			}
		}
	}
	return a, a.Line != ""
}

func lstat(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func itoa(n int) string { return strconv.Itoa(n) }

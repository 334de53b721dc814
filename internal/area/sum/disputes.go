package sum

import (
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gosum"
	"github.com/gorescue/gorescue/internal/modcache"
)

// disputes finds the lines that some witness contradicts and asks every local witness about them.
func (p *place) disputes() []facts.SumDispute {
	var out []facts.SumDispute
	twins := p.twins()
	for _, f := range p.files {
		seen := map[module.Version]int{}
		for _, l := range f.lines {
			k, h := l.Key(), l.Hash()
			if !l.OK() || !strings.HasPrefix(h, "h1") {
				continue // a hash of a kind that the go command passes over
			}
			seen[k]++
			d := facts.SumDispute{Module: k.Path, Key: k.Version, File: f.Path, Work: f.Work, Line: l.N, Hash: h, HashAt: l.HashAt(""), Cut: l.Cut(),
				First: seen[k] == 1, Others: len(f.sums[k]) - 1, Needed: p.needed(k)}
			if !gosum.Possible(h) {
				d.Impossible = "form"
			} else if twin := twins[h]; twin != (module.Version{}) && twin != k && !strings.HasSuffix(k.Version, "/go.mod") {
				d.Impossible = twin.String()
			}
			if !p.doubted(f, k, &d) {
				continue
			}
			p.witnesses(f, k, &d)
			if out = append(out, d); len(out) >= maxDisputes || p.ctx.Err() != nil {
				return out
			}
		}
	}
	return out
}

// twins finds, for hashes that several modules have, the one whose content really has it. The hash of a content
// covers the module's path and version (golang.org/x/mod/sumdb/dirhash over names path@version/file), so that
// no two can be equal. Hashes of go.mod files can.
func (p *place) twins() map[string]module.Version {
	byHash := map[string][]module.Version{}
	for _, f := range p.files {
		for _, l := range f.lines {
			if k := l.Key(); l.OK() && !strings.HasSuffix(k.Version, "/go.mod") && !slices.Contains(byHash[l.Hash()], k) {
				byHash[l.Hash()] = append(byHash[l.Hash()], k)
			}
		}
	}
	out := map[string]module.Version{}
	for h, keys := range byHash {
		if len(keys) < 2 {
			continue
		}
		for _, k := range keys {
			owner := p.record(k) == h
			for _, f := range p.files {
				for _, v := range f.versions {
					owner = owner || slices.Contains(v.sums[k], h) && v.kind == facts.WitnessHead
				}
			}
			if owner && out[h] == (module.Version{}) {
				out[h] = k
			}
		}
	}
	return out
}

// needed reports whether the go command compares this key in the project: a version that is required, or, for a
// go.mod file, one that it has read before, as it reads those of older versions in the graph.
func (p *place) needed(k module.Version) bool {
	ver, isMod := strings.CutSuffix(k.Version, "/go.mod")
	if p.need[module.Version{Path: k.Path, Version: ver}] {
		return true
	}
	return isMod && p.record(k) != ""
}

// doubted reports whether something cheap to see speaks against a line.
func (p *place) doubted(f *file, k module.Version, d *facts.SumDispute) bool {
	ver, isMod := strings.CutSuffix(k.Version, "/go.mod")
	if d.Impossible != "" || d.Needed && !isMod && p.failed(module.Version{Path: k.Path, Version: ver}) {
		return true // or its download was tried in vain
	}
	if d.Needed {
		if r := p.record(k); r != "" && r != d.Hash {
			return true
		}
	}
	for _, g := range p.files {
		for _, h := range g.sums[k] {
			if h != d.Hash && strings.HasPrefix(h, "h1") {
				return true
			}
		}
	}
	for _, v := range f.versions {
		if v.kind == facts.WitnessHead && len(v.sums[k]) > 0 && !slices.Contains(v.sums[k], d.Hash) {
			return true
		}
	}
	return false
}

// witnesses asks git, the other lines and files, and the module cache about a key.
func (p *place) witnesses(f *file, k module.Version, d *facts.SumDispute) {
	add := func(kind facts.WitnessKind, where, hash string) {
		w := facts.SumWitness{Kind: kind, Where: where, Hash: hash}
		if hash != "" && !slices.Contains(d.Witnesses, w) && len(d.Witnesses) < 20 {
			d.Witnesses = append(d.Witnesses, w)
		}
	}
	hash, where, record := p.content(k)
	add(facts.WitnessCache, where, hash)
	if hash != "" && !strings.HasSuffix(k.Version, "/go.mod") {
		add(facts.WitnessRecord, strings.TrimSuffix(where, filepath.Ext(where))+".ziphash", record)
	}
	if hash != "" {
		d.Cached = p.cached(k)
	}
	p.history(f)
	old := map[string]bool{} // of older commits only the newest with each hash
	for _, v := range f.versions {
		for _, h := range v.sums[k] {
			if v.kind == facts.WitnessHistory && old[h] {
				continue
			}
			old[h] = old[h] || v.kind == facts.WitnessHistory
			add(v.kind, v.name, h)
		}
	}
	for _, g := range p.files {
		for _, l := range g.lines {
			if l.Key() == k && (g != f || l.N != d.Line) {
				add(facts.WitnessFile, g.Path+":"+itoa(l.N), l.Hash())
			}
		}
		if g != f {
			for _, v := range g.versions {
				for _, h := range v.sums[k] {
					if v.kind == facts.WitnessHead {
						add(facts.WitnessFile, g.Path+" in HEAD", h)
					}
				}
			}
		}
	}
}

// cached lists what the module cache has of the content, or of the go.mod file, of a key.
func (p *place) cached(k module.Version) []string {
	ver, isMod := strings.CutSuffix(k.Version, "/go.mod")
	paths, err := modcache.PathsOf(p.cache, module.Version{Path: k.Path, Version: ver})
	if err != nil {
		return nil
	}
	list := []string{paths.Tree, paths.Zip, paths.ZipHash}
	if isMod {
		list = []string{paths.Mod}
	}
	var out []string
	for _, path := range list {
		if lstat(path) {
			out = append(out, path)
		}
	}
	return out
}

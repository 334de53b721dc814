package sum

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// verdict says which of the parties of a dispute is wrong.
type verdict string

// The verdicts. undecided: the witnesses do not settle it.
const (
	fine         verdict = "fine"
	lineWrong    verdict = "line"
	contentWrong verdict = "content"
	undecided    verdict = "undecided"
)

// ruling is a verdict with its grounds.
type ruling struct {
	verdict verdict
	right   string             // the hash that the version should have, "" = unknown
	by      []facts.SumWitness // who vouches for it
	content string             // what the content is now, "" = unknown
	sure    bool               // the witnesses on both sides of the question were heard
}

// rule decides a dispute. A line is wrong only when somebody who says what it should be (git, another file in
// force, the checksum database) and the content itself agree against it, or when it cannot be the hash of
// that module at all. answers are what the network said about this key.
func rule(d facts.SumDispute, answers []facts.SumAnswer) ruling {
	r := ruling{verdict: undecided, content: contentOf(d)}
	served := map[string]bool{}
	for _, a := range answers {
		switch {
		case a.Hash == "":
		case a.Entry == facts.EntryDB:
			d.Witnesses = append(d.Witnesses, facts.SumWitness{Kind: facts.WitnessDB, Where: a.Source, Hash: a.Hash})
		default:
			served[a.Hash] = true
		}
	}
	if db := hashOf(d, facts.WitnessDB); db != "" {
		r.right, r.by, r.sure = db, vouchers(d, db), true
		switch {
		case db != d.Hash:
			r.verdict = lineWrong
		case r.content != "" && r.content != db:
			r.verdict = contentWrong
		default:
			r.verdict = fine
		}
		return r
	}
	switch {
	case r.content == d.Hash && r.content != "":
		r.verdict, r.right, r.by, r.sure = fine, d.Hash, vouchers(d, d.Hash), true
	case r.content != "":
		r.againstContent(d, served)
	case served[d.Hash]:
		r.verdict, r.right, r.sure = fine, d.Hash, true
	default:
		r.withoutContent(d, served)
	}
	return r
}

// againstContent rules when the cache has content, and it is not what the line says.
func (r *ruling) againstContent(d facts.SumDispute, served map[string]bool) {
	backed := committed(d, d.Hash) // HEAD has the line as it is
	vouched := vouchers(d, r.content)
	switch {
	case len(vouched) > 0 && (!backed || d.Impossible != "" || served[r.content] && !served[d.Hash]):
		r.verdict, r.right, r.by, r.sure = lineWrong, r.content, vouched, true
	case len(vouched) > 0 && served[d.Hash]: // the team has accepted another content, and this cache has the old one
		r.verdict, r.right, r.by, r.sure = contentWrong, d.Hash, vouchers(d, d.Hash), true
	case len(vouched) > 0: // HEAD against its own history
	case d.Impossible == "form" && remains(d.Hash, r.content):
		r.verdict, r.right, r.sure = lineWrong, r.content, true
	case d.Impossible == "" && backed:
		r.verdict, r.right, r.by, r.sure = contentWrong, d.Hash, vouchers(d, d.Hash), len(served) == 0 || served[d.Hash]
	}
}

// withoutContent rules when the cache has nothing to compare, and no proxy serves what the line says.
func (r *ruling) withoutContent(d facts.SumDispute, served map[string]bool) {
	for _, w := range d.Witnesses {
		if saysShould(w.Kind) && w.Hash != d.Hash && served[w.Hash] {
			r.verdict, r.right, r.by, r.sure = lineWrong, w.Hash, vouchers(d, w.Hash), true
			return
		}
	}
	if len(served) > 0 {
		return // the proxies serve something that nobody vouches for
	}
	head := hashOf(d, facts.WitnessHead)
	switch {
	case d.Impossible != "" && head != "" && head != d.Hash:
		r.verdict, r.right, r.by, r.sure = lineWrong, head, vouchers(d, head), true
	case d.Impossible != "":
		if one := onlyOther(d); one != "" {
			r.verdict, r.right, r.by, r.sure = lineWrong, one, vouchers(d, one), true
		}
	case head != "" && !committed(d, d.Hash):
		r.verdict, r.right, r.by = lineWrong, head, vouchers(d, head) // nothing to confirm it with: a person decides
	}
}

// remains reports whether a hash that was cut is the beginning of another, long enough to tell.
func remains(cut, whole string) bool {
	return len(cut) >= len("h1:")+10 && strings.HasPrefix(whole, cut)
}

// onlyOther is the one other hash that witnesses claim, "" when there are several or none.
func onlyOther(d facts.SumDispute) string {
	one := ""
	for _, w := range d.Witnesses {
		if !saysShould(w.Kind) || w.Hash == d.Hash || w.Hash == one {
			continue
		}
		if one != "" {
			return ""
		}
		one = w.Hash
	}
	return one
}

// committed reports whether HEAD has a hash for the key of a dispute.
func committed(d facts.SumDispute, hash string) bool {
	return slices.ContainsFunc(d.Witnesses, func(w facts.SumWitness) bool { return w.Kind == facts.WitnessHead && w.Hash == hash })
}

// vouchers are the witnesses who say that a hash is what it should be.
func vouchers(d facts.SumDispute, hash string) []facts.SumWitness {
	var out []facts.SumWitness
	for _, w := range d.Witnesses {
		if w.Hash == hash && saysShould(w.Kind) {
			out = append(out, w)
		}
	}
	return out
}

func hashOf(d facts.SumDispute, kind facts.WitnessKind) string {
	for _, w := range d.Witnesses {
		if w.Kind == kind {
			return w.Hash
		}
	}
	return ""
}

// contentOf is the hash of what the module cache has, "" when it has nothing, or when the cache contradicts itself
// and the line with it.
func contentOf(d facts.SumDispute) string {
	content, record := hashOf(d, facts.WitnessCache), hashOf(d, facts.WitnessRecord)
	if record != "" && record != content && content != d.Hash {
		return ""
	}
	return content
}

// saysShould reports whether a witness says what a hash should be, not what the content is now.
func saysShould(k facts.WitnessKind) bool {
	switch k {
	case facts.WitnessHead, facts.WitnessIndex, facts.WitnessMerge, facts.WitnessHistory, facts.WitnessFile, facts.WitnessDB:
		return true
	}
	return false
}

// about are the answers of the network that concern a key.
func about(s *facts.Snapshot, module, key string) []facts.SumAnswer {
	ver, isMod := strings.CutSuffix(key, "/go.mod")
	var out []facts.SumAnswer
	for _, a := range s.SumSources.Answers {
		if a.Module == module && a.Version == ver && a.GoMod == isMod {
			out = append(out, a)
		}
	}
	return out
}

package network

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
)

// slow is how long one answer may take: a build asks for hundreds, two at a time.
const slow = 2 * time.Second

// view is what the go command will meet: the first entry of GOPROXY that keeps it from a file that it needs.
type view struct {
	s     *facts.Snapshot
	i     int // of entry in Entries
	entry *facts.NetEntry
	file  *facts.NetFetch
	ans   *facts.NetAnswer // of file
	// lacks: every server that go asks says that it does not have the file, and there is no other entry.
	lacks bool
	// late: go gets past this entry, or gets the file from it, after a wait that it pays for each file.
	late bool
}

// predict follows the go command through GOPROXY for every file that was asked for (cmd/go/internal/modfetch: TryProxies)
// and returns what is in its way, nil when nothing is.
func predict(s *facts.Snapshot) *view {
	n := &s.Network
	asked := n.Asked
	if len(asked) == 0 {
		asked = []string{""}
	}
	var found *view
	for _, m := range asked {
		for _, kind := range []string{goproxy.Mod, goproxy.Zip} {
			if m == "" {
				kind = ""
			}
			if v := follow(s, m, kind); v != nil && (found == nil || found.late && !v.late) {
				found = v
			}
		}
	}
	return found
}

// follow is predict for one file.
func follow(s *facts.Snapshot, m, kind string) *view {
	var lacking, waited *view
	for i := range s.Network.Entries {
		e := &s.Network.Entries[i]
		if e.Word {
			if e.URL == goproxy.NoProxy {
				continue
			}
			return nil // direct: git is asked; off has a check of its own
		}
		f := fetchOf(e, m, kind)
		if f == nil {
			return nil
		}
		v := &view{s: s, i: i, entry: e, file: f, ans: &f.Answer}
		switch {
		case f.OK() && !sluggish(e):
			return waited
		case f.OK():
			v.late = true
			return v
		case f.Answer.Fail == facts.NetDeadline:
			return nil // not known
		case f.Answer.NotFound():
			if lacking == nil {
				lacking = v
			}
			v.lacks = true
			continue
		case !e.OnError || f.Bad != "" || f.Answer.Fail == facts.NetPage || hangs(f.Answer.Fail):
			return v
		}
		if waits(f.Answer.Fail) && waited == nil {
			v.late = true
			waited = v
		}
		if lacking == nil || lacking.lacks {
			lacking = v // the error that go reports when no other entry has it
		}
	}
	if waited != nil {
		return waited
	}
	return lacking
}

// fetchOf is what an entry did for a file: when it was not asked for that one, its first failure.
func fetchOf(e *facts.NetEntry, m, kind string) *facts.NetFetch {
	for i := range e.Files {
		if e.Files[i].Module == m && e.Files[i].Kind == kind {
			return &e.Files[i]
		}
	}
	for i := range e.Files {
		if e.Files[i].Module == m && !e.Files[i].OK() {
			return &e.Files[i]
		}
	}
	return nil
}

// hangs: the go command waits for ever (it has no limit for an answer, cmd/go/internal/web/http.go).
func hangs(f facts.NetFail) bool { return f == facts.NetSilent || f == facts.NetStalled }

// waits: the go command gives up after 10 to 30 s, for each file anew.
func waits(f facts.NetFail) bool {
	return f == facts.NetBlackHole || f == facts.NetTLSSilent || f == facts.NetResolverSilent
}

func headerTime(a *facts.NetAnswer) time.Duration {
	var t time.Duration
	for _, st := range a.Stages {
		if st.Step == facts.StepHeader {
			t += st.Took
		}
	}
	return t
}

// healthy lists the servers that have every file that was asked for, at good speed: first the other entries of
// GOPROXY, then those of the policy.
func (v *view) healthy() []*facts.NetEntry {
	var out []*facts.NetEntry
	for _, list := range [][]facts.NetEntry{v.s.Network.Entries, v.s.Network.Others} {
		for i := range list {
			if e := &list[i]; !e.Word && e != v.entry && whole(e) {
				out = append(out, e)
			}
		}
	}
	return out
}

func whole(e *facts.NetEntry) bool {
	return len(e.Files) > 0 && !sluggish(e) && !slices.ContainsFunc(e.Files, func(f facts.NetFetch) bool { return !f.OK() })
}

// sluggish: each good answer took long. One slow answer among quick ones says nothing.
func sluggish(e *facts.NetEntry) bool {
	good := 0
	for i := range e.Files {
		if f := &e.Files[i]; f.OK() {
			if good++; headerTime(&f.Answer) < slow {
				return false
			}
		}
	}
	return good > 0
}

// host is that of an address, with its port if it has one.
func host(address string) (name, withPort string) {
	u, err := url.Parse(address)
	if err != nil {
		return "", ""
	}
	return u.Hostname(), u.Host
}

// loginFor is the line of the credentials file that is meant for a host: with its port or without.
func loginFor(s *facts.Snapshot, address string) string {
	name, full := host(address)
	for _, m := range s.Settings.Netrc.Machines {
		if m == full || m == name {
			return m
		}
	}
	return ""
}

// usesNetrc reports whether go reads the file of credentials at all.
func usesNetrc(s *facts.Snapshot) bool {
	v := s.Settings.Get("GOAUTH")
	return v == "" || slices.Contains(strings.FieldsFunc(v, func(r rune) bool { return r == ';' || r == ' ' }), "netrc")
}

package toolchain

import (
	"go/version"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// choice is what the go command that starts here makes of GOTOOLCHAIN, go.mod and go.work
// (cmd/go/internal/toolchain/select.go: Select, Exec), computed without running it.
type choice struct {
	setting string           // GOTOOLCHAIN as it counts
	origin  facts.OriginKind // of setting
	mode    string           // "auto", "path", or "" when no file can change the choice
	pin     bool             // setting names a release: files are compared with that, not with the local one
	name    string           // the toolchain that is chosen: "go1.26.0"; the local one's name when it is that
	by      chooser
	how     how
	sw      *facts.GoSwitch // of path and cache
	bad     string          // what is wrong with the setting or the toolchain line, in the go command's words
	blocked blocked         // of download: why it cannot work; "" = it may
}

type chooser string

const (
	bySetting   chooser = "setting"
	byGo        chooser = "go"
	byToolchain chooser = "toolchain"
)

type how string

const (
	howLocal    how = "local"
	howPath     how = "path"
	howCache    how = "cache"
	howDownload how = "download"
)

type blocked string

// Why a download cannot work whatever the network is like.
const (
	blockedMode   blocked = "path"   // GOTOOLCHAIN says: from PATH only
	blockedProxy  blocked = "proxy"  // GOPROXY=off
	blockedSum    blocked = "sumdb"  // GOSUMDB=off: toolchains are always verified with the checksum database
	blockedName   blocked = "lang"   // go1.25 is a language version, not a release
	blockedFuture blocked = "future" // no release of this number can exist yet
)

// lines are the go and toolchain lines that the choice is made by: those of go.work when there is one,
// else of go.mod.
func lines(p *facts.Project) (file *facts.ModFile) {
	if p.Work.Path != "" {
		return &p.Work
	}
	return &p.GoMod
}

// choose computes the choice. v must have a program whose release is known.
func (v *view) choose() choice {
	local := release(v.version)
	c := choice{name: local, how: howLocal, by: bySetting}
	c.setting, c.origin = v.toolchain()
	if c.setting == "" || local == "" || version.Compare(local, "go1.21") < 0 || v.s.Settings.Get("GO111MODULE") == "off" {
		return c
	}
	min := local
	switch c.setting {
	case "auto", "path":
		c.mode = c.setting
	default:
		name, suffix, plus := strings.Cut(c.setting, "+")
		if name != "local" {
			if min = release(name); min == "" || strings.ContainsAny(name, `\/`) {
				c.bad = "invalid GOTOOLCHAIN \"" + c.setting + "\""
				return c
			}
			c.name, c.pin = name, true
		}
		if plus && suffix != "auto" && suffix != "path" {
			c.bad = "invalid GOTOOLCHAIN \"" + c.setting + "\": only version suffixes are +auto and +path"
			return c
		}
		c.mode = suffix
	}
	if c.mode != "" {
		c.byLines(lines(&v.s.Project), min)
	}
	if c.bad == "" && release(c.name) != local {
		c.locate(v)
	}
	return c
}

// byLines raises the choice to what the file asks for.
func (c *choice) byLines(f *facts.ModFile, min string) {
	if t := f.Toolchain; t != nil {
		if t.Value == "default" {
			return
		}
		want := release(t.Value)
		if want == "" {
			c.bad = "invalid toolchain \"" + t.Value + "\""
			c.by = byToolchain
			return
		}
		if version.Compare(want, min) > 0 {
			c.name, c.by, min = t.Value, byToolchain, want
		}
	}
	if g := f.Go; g != nil && version.IsValid("go"+g.Value) && version.Compare("go"+g.Value, min) > 0 {
		c.name, c.by = "go"+g.Value, byGo
		if version.Lang(c.name) == c.name && version.Compare(c.name, "go1.21") >= 0 {
			c.name += ".0"
		}
	}
}

// locate says where the chosen toolchain comes from.
func (c *choice) locate(v *view) {
	c.how = howDownload
	noSum := v.s.Settings.Get("GOSUMDB") == "off"
	for i := range v.s.Toolchain.Switch {
		sw := &v.s.Toolchain.Switch[i]
		switch {
		case sw.Name != c.name:
		case !sw.Cache:
			c.how, c.sw = howPath, sw
			return
		case c.mode == "path":
		case noSum:
			c.blocked = blockedSum
			return
		default:
			c.how, c.sw = howCache, sw
		}
	}
	if c.how == howCache {
		return
	}
	switch {
	case c.mode == "path":
		c.blocked = blockedMode
	case version.Lang(release(c.name)) == c.name && version.Compare(c.name, "go1.21") >= 0:
		c.blocked = blockedName
	case proxyOff(v.s.Settings.Get("GOPROXY")):
		c.blocked = blockedProxy
	case noSum && !strings.HasPrefix(v.s.Settings.Get("GOPROXY"), "file://"):
		c.blocked = blockedSum
	case tooFar(release(c.name), v.s.Taken):
		c.blocked = blockedFuture
	}
}

// proxyOff reports whether GOPROXY asks nobody.
func proxyOff(list string) bool {
	for _, e := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '|' }) {
		if e = strings.TrimSpace(e); e != "" {
			return e == "off"
		}
	}
	return false
}

// tooFar reports whether a release cannot exist at a time: go1.27 came out in August 2026 and a new one
// comes every half year (go.dev/s/release); a year is added for safety, and a clock before 2026 says
// nothing.
func tooFar(name string, now time.Time) bool {
	const known = 27
	since := now.Sub(time.Date(2026, time.August, 1, 0, 0, 0, 0, time.UTC))
	if since < -366*24*time.Hour {
		return false
	}
	newest := known + 2 + int(max(since, 0)/(182*24*time.Hour))
	minor := strings.TrimPrefix(version.Lang(name), "go1.")
	n := 0
	for _, r := range minor {
		if r < '0' || r > '9' || n > 1e6 {
			return n > newest
		}
		n = 10*n + int(r-'0')
	}
	return n > newest
}

// demand is what a go command must be to work here, and who asks for it.
type demand struct {
	version string // "go1.26.0"; "" = nothing asks
	file    string
	line    int
	value   string // as it is written
}

// floor is the highest go line of the modules and the workspace that a command here loads; a go command
// that is older refuses (cmd/go/internal/modload: TooNewError).
func (v *view) floor() demand {
	p := &v.s.Project
	var d demand
	if v.s.Settings.Get("GO111MODULE") == "off" {
		return d
	}
	add := func(file string, g *facts.Directive) {
		if g == nil || !version.IsValid("go"+g.Value) {
			return
		}
		if want := "go" + g.Value; d.version == "" || version.Compare(want, d.version) > 0 {
			d = demand{version: want, file: file, line: g.Line, value: g.Value}
		}
	}
	if p.Work.Path != "" {
		add(p.Work.Path, p.Work.Go)
		for _, u := range p.Uses {
			add(u.Dir+"/go.mod", u.Go)
		}
		return d
	}
	add(p.GoMod.Path, p.GoMod.Go)
	return d
}

// runs is the release that will do the work when nothing has to be downloaded.
func (c *choice) runs() string { return release(c.name) }

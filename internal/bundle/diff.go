package bundle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// Side is one of two states that are compared.
type Side struct {
	Name   string           `json:"name"`
	Sample *blackbox.Sample `json:"-"`
	Facts  *facts.Snapshot  `json:"-"` // nil = only a sample is known
}

// Rank says what a difference can explain. A lower one is shown first.
type Rank string

// The ranks.
const (
	Decides Rank = "build"   // decides what the go command does
	Edits   Rank = "editor"  // decides what editors and gopls do
	Holds   Rank = "machine" // room, memory, locks, load
	Runs    Rank = "process" // what runs
)

// Difference is one thing that is not the same on both sides. "" on a side: it is not there.
type Difference struct {
	Rank  Rank   `json:"rank"`
	What  text.T `json:"-"`
	Key   string `json:"key"`
	A     string `json:"a"`
	B     string `json:"b"`
	Lines string `json:"lines,omitempty"` // of a text: what was taken away and added, in unified form
	order int
}

// Diff compares two sides. Places are called by their names ($HOME, $PROJECT, $GOROOT …), so that what only lies
// elsewhere is equal. What moves all the time and decides nothing (processor time, times of files) is left out. The most
// telling difference is the first.
func Diff(a, b Side) []Difference {
	d := &differ{}
	x, y := named(a.Sample), named(b.Sample)
	if x != nil && y != nil {
		d.goCommand(x, y)
		d.settings(x, y)
		d.files(x, y)
		d.editors(x, y)
		d.machine(x, y)
		d.gopls(x, y)
	}
	if a.Facts != nil && b.Facts != nil {
		d.facts(a, b)
	}
	slices.SortStableFunc(d.out, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(weight(a.Rank), weight(b.Rank)), cmp.Compare(a.order, b.order), cmp.Compare(a.Key, b.Key))
	})
	return d.out
}

func weight(r Rank) int { return slices.Index([]Rank{Decides, Edits, Holds, Runs}, r) }

type differ struct{ out []Difference }

// slot is the place of a difference among the others: the smaller, the earlier.
type slot struct {
	rank  Rank
	order int
}

func (d *differ) add(at slot, what text.T, key, a, b string) *Difference {
	if a == b {
		return &Difference{}
	}
	d.out = append(d.out, Difference{Rank: at.rank, What: what, Key: key, A: a, B: b, order: at.order})
	return &d.out[len(d.out)-1]
}

func (d *differ) goCommand(a, b *blackbox.Sample) {
	d.add(slot{Decides, 0}, text.New("release of the go command", "go 命令的版本"), "go", a.Go.Release, b.Go.Release)
	if a.Go.Release == b.Go.Release {
		d.add(slot{Decides, 40}, text.New("the go command", "go 命令"), "go.path", a.Go.Path, b.Go.Path)
	}
}

// strong are the settings that decide a build, the most telling first.
const strong = " GOTOOLCHAIN GOFLAGS GOWORK GO111MODULE GOPROXY GOPRIVATE GONOPROXY GONOSUMDB GOSUMDB GOINSECURE GOOS GOARCH CGO_ENABLED GOEXPERIMENT CC GOROOT GOENV GODEBUG "

// weak are those that change how fast and where, or that are told elsewhere.
const weak = " GOCACHE GOTMPDIR TMPDIR GOMAXPROCS GOGC GOMEMLIMIT GOTRACEBACK GOBIN GOPATH GOMODCACHE "

func (d *differ) settings(a, b *blackbox.Sample) {
	what := text.New("setting of the go command", "go 命令的设置")
	for _, n := range keys(a.Settings, b.Settings) {
		if n == "GOVERSION" || n == "GOTOOLDIR" || n == "GOGCCFLAGS" {
			continue
		}
		rank, order := Decides, 20
		switch {
		case strings.Contains(strong, " "+n+" "):
			order = 5
		case strings.Contains(weak, " "+n+" "):
			rank = Holds
		}
		d.add(slot{rank, order}, what, n, a.Settings[n], b.Settings[n])
	}
}

func (d *differ) files(a, b *blackbox.Sample) {
	for _, p := range keys(a.Files, b.Files) {
		x, had := a.Files[p]
		y, has := b.Files[p]
		if x.Sum == y.Sum && state(x, had) == state(y, has) {
			continue
		}
		role := cmp.Or(y.Role, x.Role)
		rank, order := Decides, 1
		switch role {
		case blackbox.RoleSums:
			order = 3
		case blackbox.RoleVendor, blackbox.RoleGoEnv:
			order = 4
		case blackbox.RoleGoTree, blackbox.RoleStartup:
			order = 30
		case blackbox.RoleSettings:
			rank, order = Edits, 20
		}
		e := d.add(slot{rank, order}, text.New("file", "文件"), p, version(x, had), version(y, has))
		if x.Text != "" && y.Text != "" && e.Key != "" {
			e.Lines = hunk(x.Text, y.Text)
		}
	}
}

// state is why a file is not read, "" = it is. A file that one side never looked for is one that is missing.
func state(f blackbox.File, known bool) string {
	if !known {
		return "missing"
	}
	return f.State
}

func version(f blackbox.File, known bool) string {
	if s := state(f, known); s != "" {
		return s
	}
	return fmt.Sprintf("%d bytes, sha256 %s", f.Size, f.Sum)
}

// hunk is the changed lines with two lines around them, without a header.
func hunk(a, b string) string {
	edits := udiff.Lines(a, b)
	u, err := udiff.ToUnified("a", "b", a, edits, 2)
	if err != nil {
		return ""
	}
	var out strings.Builder
	for l := range strings.Lines(u) {
		if !strings.HasPrefix(l, "--- ") && !strings.HasPrefix(l, "+++ ") {
			out.WriteString(l)
		}
	}
	return out.String()
}

func (d *differ) editors(a, b *blackbox.Sample) {
	for _, n := range keys(a.Editors, b.Editors) {
		x, had := a.Editors[n]
		y, has := b.Editors[n]
		if !had || !has {
			d.add(slot{Edits, 30}, text.New("editor", "编辑器"), n, presence(had), presence(has))
			continue
		}
		d.add(slot{Edits, 0}, text.New("release of the gopls that {key} starts", "{key} 启动的 gopls 版本"), n+" gopls", cmp.Or(x.Release, x.Gopls), cmp.Or(y.Release, y.Gopls))
		if x.Release == y.Release {
			d.add(slot{Edits, 2}, text.New("gopls that {key} starts", "{key} 启动的 gopls"), n+" gopls path", x.Gopls, y.Gopls)
		}
		for _, k := range keys(x.Values, y.Values) {
			d.add(slot{Edits, 1}, text.New("setting of an editor", "编辑器的设置"), n+": "+k, x.Values[k], y.Values[k])
		}
	}
}

func presence(is bool) string {
	if is {
		return "there"
	}
	return ""
}

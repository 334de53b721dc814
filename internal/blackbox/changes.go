package blackbox

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/text"
)

// jump is by how much the time of day may run away from the clock of the machine between two samples: adjustments of a
// time server are smaller.
const jump = 2.0

// changes are what happened between two samples, at one moment and without hysteresis.
func changes(w *window) []Event {
	a, b := w.Prev, w.Cur
	if a == nil {
		return nil
	}
	var out []Event
	note := func(id, subject string, m text.Msg) {
		out = append(out, Event{ID: id, Kind: Noted, Subject: subject, At: b.At, Msg: m})
	}
	if a.Boot == b.Boot {
		if d := b.At.Sub(a.At).Seconds() - (b.Up - a.Up); math.Abs(d) >= jump {
			note("clock-jump", "", text.New("the clock jumped by {by}", "系统时钟跳变了 {by}").With("by", time.Duration(d*float64(time.Second)).Round(100*time.Millisecond)))
		}
	}
	if a.Go != b.Go {
		note("go-changed", "", text.New("the go command of this folder was {old} and is {new}", "此目录的 go 命令原为 {old}，现为 {new}").
			With("old", a.Go.Release+" "+a.Go.Path, "new", b.Go.Release+" "+b.Go.Path))
	}
	for _, p := range slices.Sorted(maps.Keys(b.Files)) {
		x, had := a.Files[p]
		y := b.Files[p]
		if had && (x.Sum != y.Sum || x.State != y.State) {
			note("file-"+string(y.Role)+"-changed", p, fileWords(x, y).With("path", p))
		}
	}
	for _, n := range names(a.Settings, b.Settings) {
		if a.Settings[n] != b.Settings[n] {
			note("setting-changed", n, text.New("{name} was {old} and is {new}", "{name} 原为 {old}，现为 {new}").
				With("name", n, "old", quoted(a.Settings[n]), "new", quoted(b.Settings[n])))
		}
	}
	goplsChanges(a, b, note)
	if y := b.Lsp; y != nil && (a.Lsp == nil && y.Trips > 0 || a.Lsp != nil && y.Trips > a.Lsp.Trips) {
		note("lsp-trip", "", text.New("the supervisor replaced gopls: {verdict} ({why})", "监督程序替换了 gopls：{verdict}（{why}）").With("verdict", y.Verdict, "why", y.Why))
	}
	return out
}

func goplsChanges(a, b *Sample, note func(id, subject string, m text.Msg)) {
	if a.Gopls == nil || b.Gopls == nil {
		return
	}
	for _, id := range names(a.Gopls, b.Gopls) {
		x, had := a.Gopls[id]
		y, has := b.Gopls[id]
		if had && (!has || x.Start != y.Start) {
			note("gopls-ended", id, text.New("gopls (process {pid}, {release}) ended; it had {rss} and had used {cpu}", "gopls（进程 {pid}，{release}）已结束；占用内存 {rss}，已用 {cpu}").
				With("pid", id, "release", cmp.Or(x.Release, "?"), "rss", unitBytes.in(float64(x.RSS)), "cpu", unitSeconds.in(x.CPU)))
		}
		if has && (!had || x.Start != y.Start) {
			note("gopls-started", id, text.New("gopls (process {pid}, {release}) started in {dir}", "gopls（进程 {pid}，{release}）已在 {dir} 启动").
				With("pid", id, "release", cmp.Or(y.Release, "?"), "dir", y.Dir))
		}
	}
}

func fileWords(x, y File) text.T {
	switch {
	case y.State == "missing":
		return text.New("{path} was removed", "{path} 已被删除")
	case x.State == "missing":
		return text.New("{path} was made", "{path} 已被创建")
	case y.State != "":
		return text.New("{path} cannot be read any more", "{path} 已无法读取")
	}
	return text.New("{path} has changed", "{path} 已改变")
}

// names are the keys of two maps, sorted.
func names[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func quoted(s string) string {
	if s == "" {
		return "–"
	}
	return fmt.Sprintf("%q", s)
}

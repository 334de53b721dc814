package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/bundle"
	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

func (s *shared) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff A B",
		Short: s.say(text.New("what differs between two states, the most telling first: now, -15m, a time, a snapshot", "两个状态的差异，最能说明问题的在前：now、-15m、时间、快照文件")),
		Long: s.say(text.New(`A and B are each one of: now; a time before now such as -15m or -2h, or a time as 2006-01-02T15:04:05Z, out of the black box that
gorescue watch keeps of this folder; a file that gorescue snapshot wrote, here or on another machine.
What only lies in another folder ($HOME, GOPATH …) is equal; processor times and the like are left out.`,
			`A 和 B 各为以下之一：now；如 -15m、-2h 的过去时间，或 2006-01-02T15:04:05Z 形式的时间（取自 gorescue watch 为此目录保留的黑匣子）；
gorescue snapshot 在本机或其他机器上写出的文件。仅仅位于不同目录（$HOME、GOPATH 等）视为相同；处理器时间之类不计。`)),
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return s.diff(cmd.Context(), args) },
	}
}

var pastTime = lazyre.New(`^-[0-9.]+(ms|s|m|h)[0-9a-z.]*$`)

// pastTimes lets a time before now be an argument of diff, though it looks like a flag.
func pastTimes(args []string) []string {
	i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if i < 0 || args[i] != "diff" {
		return args
	}
	out := slices.Clone(args)
	for k := i + 1; k < len(out); k++ {
		if pastTime().MatchString(out[k]) {
			out[k] = "ago:" + out[k][1:]
		}
	}
	return out
}

// diffDocument is the JSON of diff.
type diffDocument struct {
	Schema      int              `json:"schema"`
	A           diffSide         `json:"a"`
	B           diffSide         `json:"b"`
	Findings    []findingDiff    `json:"findings"` // what only one side has
	Differences []diffDifference `json:"differences"`
	Events      []jsonWatchEvent `json:"events,omitempty"` // between the two, of the black box
}

type diffSide struct {
	Name string     `json:"name"`
	At   *time.Time `json:"at,omitempty"`
}

type findingDiff struct {
	Check string `json:"check"`
	Claim string `json:"claim"`
	In    string `json:"in"` // "a" or "b"
}

type diffDifference struct {
	bundle.Difference
	What string `json:"what"`
}

func (s *shared) diff(ctx context.Context, args []string) error {
	w, err := s.world(nil)
	if err != nil {
		return err
	}
	p := &picker{s: s, ctx: ctx, w: w, whole: isFile(args[:1]) || isFile(args[1:])}
	a, err := p.pick(args[0])
	if err != nil {
		return err
	}
	b, err := p.pick(args[1])
	if err != nil {
		return err
	}
	if a.Sample != nil && b.Sample != nil && !p.whole && b.Sample.At.Before(a.Sample.At) {
		a, b = b, a // the earlier one first
	}
	doc := diffDocument{Schema: jsonSchema, A: sideOf(a), B: sideOf(b), Findings: s.findingDiffs(a, b), Differences: []diffDifference{}}
	for _, d := range bundle.Diff(a, b) {
		doc.Differences = append(doc.Differences, diffDifference{d, d.What.With("key", d.Key).In(s.lang)})
	}
	if !p.whole {
		doc.Events = p.between(a.Sample, b.Sample)
	}
	if s.json {
		enc := json.NewEncoder(s.Stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(doc)
	}
	s.writeDiff(doc)
	return nil
}

func sideOf(x bundle.Side) diffSide {
	out := diffSide{Name: x.Name}
	if x.Sample != nil {
		out.At = &x.Sample.At
	}
	return out
}

// picker turns arguments into sides.
type picker struct {
	s     *shared
	ctx   context.Context
	w     probe.World
	whole bool // one side is a file: the other one is made like it
	now   *blackbox.Sample
	ring  *blackbox.History
}

func (p *picker) present() *blackbox.Sample {
	if p.now == nil {
		p.now = p.s.sampleNow(p.ctx, p.w)
	}
	return p.now
}

func (p *picker) pick(arg string) (bundle.Side, error) {
	switch ago, past := strings.CutPrefix(arg, "ago:"); {
	case arg == "now" && p.whole:
		b, _, err := p.s.bundle(p.ctx, p.w, 0, false)
		if err != nil {
			return bundle.Side{}, err
		}
		return bundle.Side{Name: "now", Sample: b.Sample(), Facts: b.Facts}, nil
	case arg == "now":
		return bundle.Side{Name: "now", Sample: p.present()}, nil
	case past:
		d, err := time.ParseDuration(ago)
		if err != nil {
			return bundle.Side{}, usage(text.New("cannot read the time -{t}: write -15m, -90s, -2h", "无法识别时间 -{t}：请写 -15m、-90s、-2h").With("t", ago))
		}
		return p.past("-"+ago, func(h *blackbox.History) *blackbox.Sample { return h.Before(d, p.present()) })
	}
	if t, err := time.Parse(time.RFC3339, arg); err == nil {
		return p.past(arg, func(h *blackbox.History) *blackbox.Sample { return h.At(t) })
	}
	b, err := bundle.ReadFile(arg)
	if err != nil {
		return bundle.Side{}, err
	}
	return bundle.Side{Name: arg, Sample: b.Sample(), Facts: b.Facts}, nil
}

func (p *picker) past(name string, find func(*blackbox.History) *blackbox.Sample) (bundle.Side, error) {
	hint := text.New("gorescue watch --background keeps the last hours of this folder from now on", "gorescue watch --background 从现在起保留此目录最近数小时的状态").With()
	if p.ring == nil {
		h, err := blackbox.Read(blackbox.Folder(p.w.State, p.w.Dir), time.Time{})
		if err != nil {
			return bundle.Side{}, text.Errorf(text.New("cannot read the black box: {err}", "无法读取黑匣子：{err}").With("err", err), hint)
		}
		p.ring = h
	}
	if len(p.ring.Samples) == 0 {
		return bundle.Side{}, text.Errorf(text.New("cannot look back to {t}: nobody has watched {dir}", "无法回看 {t}：没有人监视过 {dir}").With("t", name, "dir", p.w.Dir), hint)
	}
	x := find(p.ring)
	if x == nil {
		first := p.ring.Samples[0].At.Local().Format("2006-01-02 15:04:05")
		return bundle.Side{}, text.Errorf(text.New("cannot look back to {t}: the black box begins at {first}", "无法回看 {t}：黑匣子始于 {first}").With("t", name, "first", first),
			text.New("gorescue diff now {first}", "gorescue diff now {first}").With("first", p.ring.Samples[0].At.Add(time.Second).Format(time.RFC3339)))
	}
	if p.whole {
		b, red, err := p.s.bundle(p.ctx, p.w, 0, false)
		if err != nil {
			return bundle.Side{}, err
		}
		if b, err = bundle.Make(red, b.Facts, []*blackbox.Sample{x}, nil); err != nil {
			return bundle.Side{}, err
		}
		x = b.Sample()
	}
	return bundle.Side{Name: name, Sample: x}, nil
}

// between are the events of the black box from one sample to another.
func (p *picker) between(a, b *blackbox.Sample) (out []jsonWatchEvent) {
	if p.ring == nil || a == nil || b == nil {
		return nil
	}
	for _, e := range p.ring.Events {
		if e.At.After(a.At) && !e.At.After(b.At) {
			out = append(out, p.s.jsonEvent(e))
		}
	}
	return out
}

// findingDiffs are the findings that only one of two whole sets of facts has.
func (s *shared) findingDiffs(a, b bundle.Side) []findingDiff {
	out := []findingDiff{}
	if a.Facts == nil || b.Facts == nil {
		return out
	}
	checks := catalog.Checks()
	x, y := diag.Run(checks, a.Facts), diag.Run(checks, b.Facts)
	only := func(in string, r, other *diag.Report) {
		for _, f := range r.Roots() {
			same := func(o diag.Finding) bool { return o.Check == f.Check && !o.Unknown }
			if !f.Unknown && !slices.ContainsFunc(other.Findings, same) {
				out = append(out, findingDiff{f.Check, f.Claim.In(s.lang), in})
			}
		}
	}
	only("a", x, y)
	only("b", y, x)
	return out
}

func (s *shared) writeDiff(d diffDocument) {
	when := func(x diffSide) string {
		if x.At == nil {
			return x.Name
		}
		return x.Name + " (" + x.At.Local().Format("2006-01-02 15:04:05") + ")"
	}
	s.print(text.New("{a}  →  {b}", "{a}  →  {b}").With("a", when(d.A), "b", when(d.B)))
	for _, f := range d.Findings {
		side := d.A.Name
		if f.In == "b" {
			side = d.B.Name
		}
		s.print(text.New("{mark} only in {side}: {claim}  {check}", "{mark} 仅见于 {side}：{claim}  {check}").With("mark", "✗", "side", side, "claim", f.Claim, "check", f.Check))
	}
	titles := map[bundle.Rank]text.T{
		bundle.Decides: text.New("decides the build", "决定构建"), bundle.Edits: text.New("decides what editors do", "决定编辑器的行为"),
		bundle.Holds: text.New("room and load", "资源与负载"), bundle.Runs: text.New("processes", "进程"),
	}
	var last bundle.Rank
	for _, x := range d.Differences {
		if x.Rank != last {
			fmt.Fprintf(s.Stdout, "%s\n", s.paint(bold, s.say(titles[x.Rank])))
			last = x.Rank
		}
		fmt.Fprintf(s.Stdout, "  %s: %s\n", x.What, text.Visible(x.Key))
		if x.Lines != "" {
			for l := range strings.Lines(x.Lines) {
				fmt.Fprintf(s.Stdout, "      %s\n", text.Visible(strings.TrimRight(l, "\r\n")))
			}
			continue
		}
		fmt.Fprintf(s.Stdout, "      %s  →  %s\n", shown(x.A), shown(x.B))
	}
	if len(d.Differences)+len(d.Findings) == 0 {
		s.print(text.New("nothing differs that could explain a fault", "没有能够说明故障的差异").With())
	}
	for _, e := range d.Events {
		s.watchEvent(e.Event)
	}
}

// shown is a value for a person.
func shown(v string) string {
	if v == "" {
		return "–"
	}
	return text.Visible(v)
}

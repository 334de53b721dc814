package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// envEntry is one variable in the JSON of explain env.
type envEntry struct {
	Name   string           `json:"name"`
	Value  string           `json:"value"`
	Origin facts.OriginKind `json:"origin"`
	File   string           `json:"file,omitempty"`
	Line   int              `json:"line,omitempty"`
	Holder int              `json:"holder,omitempty"` // process that was started with it
}

// explainEnv shows every setting of the go command with its true origin.
func (s *shared) explainEnv(ctx context.Context) error {
	w, err := s.world(nil)
	if err != nil {
		return err
	}
	snap := s.ground(ctx, w)
	list := []envEntry{}
	for _, name := range sortedKeys(snap.Settings.Values) {
		v := snap.Settings.Values[name]
		e := envEntry{Name: name, Value: v.Value, Origin: v.Origin}
		if src, ok := origin.Of(snap, name); ok {
			e.File, e.Line = src.File, src.Line
			if src.Holder != nil {
				e.Holder = src.Holder.PID
			}
		}
		list = append(list, e)
	}
	if s.json {
		enc := json.NewEncoder(s.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"schema": jsonSchema, "env": list, "goenv": snap.Settings.File.Path})
	}
	for _, e := range list {
		fmt.Fprintf(s.Stdout, "%s=%s\n", e.Name, text.Visible(e.Value))
		fmt.Fprintln(s.Stdout, "   ", s.paint(dim, s.originOf(e)))
	}
	return nil
}

func (s *shared) originOf(e envEntry) string {
	switch {
	case e.Origin == facts.FromDefault:
		return s.say(text.New("built-in default", "内置默认值"))
	case e.File != "":
		return text.New("set by {file}:{line}", "由 {file}:{line} 设置").With("file", e.File, "line", e.Line).In(s.lang)
	case e.Holder != 0:
		return text.New("process {pid} was started with it; in no start-up file", "进程 {pid} 启动时已带有；不在任何启动文件中").With("pid", e.Holder).In(s.lang)
	}
	return s.say(text.New("set in this shell or for this command; in no start-up file", "在当前 shell 中或仅为本命令设置；不在任何启动文件中"))
}

// ground collects only the sections that say where settings come from.
func (s *shared) ground(ctx context.Context, w probe.World) *facts.Snapshot {
	return s.sections(ctx, w, facts.SecHost, facts.SecProcess, facts.SecStartup, facts.SecSettings)
}

// sections collects only these sections, which must not need others.
func (s *shared) sections(ctx context.Context, w probe.World, wanted ...facts.Section) *facts.Snapshot {
	var probes []probe.Probe
	for _, p := range catalog.Probes() {
		if slices.Contains(wanted, p.Section) {
			probes = append(probes, p)
		}
	}
	return probe.Collect(ctx, w, probes, min(s.budget, 5*time.Second))
}

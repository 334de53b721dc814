package gobuild

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/probe"
)

// shapers are the variables that decide how code is compiled and linked. Variables that say where something lies
// are left out: without them the build asks another cache or another tree, which proves nothing.
var shapers = strings.Fields(`GOFLAGS GOEXPERIMENT GODEBUG GOFIPS140 GOOS GOARCH GOAMD64 GOARM64 GOARM GO386 GO111MODULE
	CGO_ENABLED CC CXX FC AR PKG_CONFIG GCCGO CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_FFLAGS CGO_LDFLAGS GO_EXTLINK_ENABLED
	PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR LD_PRELOAD LD_LIBRARY_PATH LIBRARY_PATH CPATH C_INCLUDE_PATH
	CPLUS_INCLUDE_PATH GCC_EXEC_PREFIX COMPILER_PATH`)

// maxTrials bounds the builds that are tried without a setting.
const maxTrials = 8

// Blame finds the settings without which, each alone, the same build passes. It is asked for a build that failed; the
// answer is an experiment, so it needs no list of what each value can do wrong. An error means that there was not time
// enough to tell.
func Blame(ctx context.Context, w probe.World, failed *facts.Build, set *facts.Settings) ([]facts.Blame, error) {
	suspects := suspects(w, set)
	if len(suspects) == 0 || len(suspects) > maxTrials {
		return nil, nil
	}
	how := &overlay{}
	if failed.Early { // nothing was compiled then, so nothing need be compiled now
		how.Depth = Load
	}
	late := error(nil)
	passes := func(without []facts.Blame) bool {
		vars := plain(w, set)
		for _, s := range without {
			delete(vars, s.Name)
			if s.Part != "" && s.Rest != "" {
				vars[s.Name] = s.Rest
			}
		}
		other := w
		other.Vars = vars
		b, err := ask(ctx, other, set, how)
		if ctx.Err() != nil || err == nil && b.Outcome == facts.BuildTimedOut {
			late = fmt.Errorf("the build without one setting was not finished: %w", context.DeadlineExceeded)
		}
		return err == nil && b.Outcome == facts.BuildOK
	}
	if len(suspects) > 1 && !passes(whole(suspects)) {
		return nil, late
	}
	var out []facts.Blame
	for _, s := range suspects {
		if late == nil && passes([]facts.Blame{s}) {
			out = append(out, s)
		}
	}
	return out, late
}

// suspects lists what the session or the go env file sets. Each flag of GOFLAGS stands for itself.
func suspects(w probe.World, set *facts.Settings) []facts.Blame {
	var out []facts.Blame
	for _, name := range shapers {
		v, inProcess := w.Vars[name]
		if s, ok := set.Values[name]; ok && (s.Origin == facts.FromProcess || s.Origin == facts.FromGoenv) {
			v, inProcess = s.Value, true
		} else if ok && s.Origin != "" {
			inProcess = false // a default
		}
		if !inProcess || v == "" {
			continue
		}
		if name != "GOFLAGS" {
			out = append(out, facts.Blame{Name: name})
			continue
		}
		words, err := goenv.Words(v)
		if err != nil {
			out = append(out, facts.Blame{Name: name})
			continue
		}
		for i, word := range words {
			var rest []string
			for j, other := range words {
				if j != i {
					rest = append(rest, v[other.Start:other.End])
				}
			}
			out = append(out, facts.Blame{Name: name, Part: word.Text, Rest: strings.Join(rest, " ")})
		}
	}
	return out
}

// whole are the suspects as variables: every one is taken away.
func whole(suspects []facts.Blame) []facts.Blame {
	out := slices.Clone(suspects)
	for i := range out {
		out[i].Part, out[i].Rest = "", ""
	}
	return out
}

// plain is the environment with the settings of the go env file as variables, and that file switched off; the go
// command then takes the same values for everything (cmd/go/internal/cfg, func Getenv).
func plain(w probe.World, set *facts.Settings) map[string]string {
	vars := maps.Clone(w.Vars)
	for _, e := range set.File.Entries {
		if e.Ignored == "" && !e.Shadow && vars[e.Name] == "" {
			vars[e.Name] = e.Value
		}
	}
	vars["GOENV"] = "off"
	return vars
}

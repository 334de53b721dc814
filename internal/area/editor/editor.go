// Package editor knows the editors' side of Go: settings files that an editor reads only in part, settings that
// name what is not there, layers that switch gopls off, folders without trust, extensions that are not
// whole. It reads files; it starts no editor.
package editor

import (
	"context"
	"fmt"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecEditors, Needs: []facts.Section{facts.SecSettings}, Run: collect}}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return []diag.Check{
		zeros, utf16, conflict, cutOff, twoRoots, noComma, syntax, duplicate,
		stateDamaged, untrusted, parentUntrusted, extensionDisabled, extensionBroken,
		serverOff, varGoroot, varBad, toolGone, toolMissing, gobin, sdkGone, pluginOff,
		unknownKey, nested, wrongType, removedSetting, unknownSetting, filtersHide, tagsHide,
	}
}

func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	ew := editor.World{Dir: w.Dir, Root: editor.Root(w.Dir, w.Get("HOME")), Vars: w.Vars, GoBin: s.Settings.Get("GOBIN")}
	found := editor.Look(ctx, ew)
	if len(found.List) == 0 {
		return nil, fmt.Errorf("no editor that is known has settings of this user: %w", probe.ErrSkipped)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for i := range found.List {
		found.List[i].Running = running(&found.List[i])
	}
	return func(s *facts.Snapshot) { s.Editors = found }, nil
}

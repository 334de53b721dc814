//go:build !linux

package gopls

import (
	"context"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

func census(editor.World, []facts.Editor) []facts.GoplsProcess { return nil }

func watching(context.Context, probe.World, *facts.Snapshot, *facts.Gopls) *facts.Watches { return nil }

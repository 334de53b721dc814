//go:build !linux

package gopls

import (
	"context"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
)

func census(editor.World, []facts.Editor) []facts.GoplsProcess { return nil }

func watching(context.Context, *facts.Snapshot) *facts.Watches { return nil }

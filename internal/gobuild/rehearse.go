package gobuild

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// How long one trial may take. With the network it is the user's own next command that is tried.
const (
	offlineLimit = 30 * time.Second
	onlineLimit  = 30 * time.Second
)

// IsModuleFile reports whether a path is one of the files that a team shares and the go command builds by: go.mod,
// go.sum, go.work, go.work.sum, or something in a vendor folder.
func IsModuleFile(path string) bool {
	switch filepath.Base(path) {
	case "go.mod", "go.sum", "go.work", "go.work.sum", "vendor":
		return true
	}
	return strings.Contains(filepath.ToSlash(path), "/vendor/")
}

// Rehearse asks whether the user's build would be better with what a repair leaves behind, before it is done: the
// build is run against a scratch copy of the files that IsModuleFile names. An error says why the repair should
// not be done: the build fails with a complaint that it has now, or passes now and would fail, or cannot be
// tried. nil: it passes, gets further than before, or the repair changes no such file. A machine without a go
// program, or a folder without a project, has nothing that could be tried: nil.
func Rehearse(ctx context.Context, w probe.World, now *facts.Snapshot, after *action.DryRun) error {
	files := Files{}
	for path, im := range after.Changed() {
		if filepath.Base(path) == "modules.txt" {
			// No overlay reaches it. Such a repair makes its own trial: action.Vendor in a scratch folder, the restoring of
			// a committed list by the go command's rules of consistency.
			return nil
		}
		inCache := within(path, now.Settings.Get("GOMODCACHE"))
		if !IsModuleFile(path) || inCache || im.Kind == atomicfile.Folder || onlyIgnores(path, im.Data) {
			continue
		}
		files[path] = im.Data
		if im.Kind == atomicfile.File && im.Data == nil {
			files[path] = []byte{}
		}
	}
	if len(files) == 0 || !now.Has(facts.SecSettings) {
		return nil
	}
	b, err := try(ctx, w, &now.Settings, files)
	if errors.Is(err, probe.ErrSkipped) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot try it in a scratch copy: %w", err)
	}
	if b.Outcome == facts.BuildNeedsDownload && (onlySums(files) || large(ctx, w, &now.Settings)) {
		// A line of go.sum is changed only for what its witnesses agree on, and the go command verifies what it fetches.
		// A scratch copy of a large project's modules would take longer than a repair may; there the proof comes after.
		return nil
	}
	before := &facts.Build{}
	if now.Has(facts.SecBuild) {
		before = &now.Build
	}
	return judge(before, b)
}

// try asks without the network and, when only the network is missing, as the user's own next command would.
func try(ctx context.Context, w probe.World, set *facts.Settings, files Files) (*facts.Build, error) {
	short, cancel := context.WithTimeout(ctx, offlineLimit)
	defer cancel()
	b, err := Try(short, w, set, files, How{})
	if err != nil || b.Outcome != facts.BuildNeedsDownload || onlySums(files) || large(ctx, w, set) || set.Get("GOPROXY") == "off" || inWorkspace(w.Dir, set) { // there go writes go.work.sum, -mod=readonly or not
		return b, err
	}
	long, cancel := context.WithTimeout(ctx, onlineLimit)
	defer cancel()
	return Try(long, w, set, files, How{Online: true})
}

// onlyIgnores reports whether a new go.mod differs from the present one in nothing but ignore lines: measured with
// go1.26.8, the pattern ./... does not see those of an overlay, and they change no module.
func onlyIgnores(path string, data []byte) bool {
	old, err := buildlist.ReadFile(path)
	if err != nil || filepath.Base(path) != "go.mod" {
		return false
	}
	was, err1 := withoutIgnores(old)
	is, err2 := withoutIgnores(data)
	return err1 == nil && err2 == nil && was == is
}

func withoutIgnores(data []byte) (string, error) {
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return "", err
	}
	for _, i := range slices.Clone(f.Ignore) {
		if err := f.DropIgnore(i.Path); err != nil {
			return "", err
		}
	}
	f.Cleanup()
	out, err := f.Format()
	return string(out), err
}

// onlySums reports whether a repair changes nothing but go.sum and go.work.sum.
func onlySums(files Files) bool {
	for path := range files {
		if base := filepath.Base(path); base != "go.sum" && base != "go.work.sum" {
			return false
		}
	}
	return true
}

// large reports whether a project has more modules than a trial with the network can take into a scratch cache.
func large(ctx context.Context, w probe.World, set *facts.Settings) bool {
	list, _ := buildlist.Of(ctx, w.Dir, set)
	return len(list.Modules) > 50
}

func inWorkspace(dir string, set *facts.Settings) bool {
	list, _ := buildlist.Read(dir, buildlist.Settings{GOWORK: set.Get("GOWORK")})
	return list.Work != ""
}

// judge compares a trial with the build as it is.
func judge(before, trial *facts.Build) error {
	switch trial.Outcome {
	case facts.BuildOK, facts.BuildNotStarted:
		return nil
	case facts.BuildTimedOut:
		if trial.Why != "" {
			return nil // all packages were found; there is only much to compile
		}
		return errors.New("tried in a scratch copy: the build did not end in time")
	case facts.BuildNeedsDownload:
		return fmt.Errorf("tried in a scratch copy: the build needs what is not in the module cache (%s)", needed(trial))
	case facts.BuildStuck:
		return errors.New("tried in a scratch copy: the build hangs")
	}
	first := foreign(trial)
	if first == nil {
		return nil // what is left is the user's own code
	}
	if was := foreign(before); before.Outcome == facts.BuildFailed && was != nil && was.Text != first.Text {
		return nil // one fault hides the next
	}
	return fmt.Errorf("tried in a scratch copy: the build fails: %s", first.Text)
}

func needed(b *facts.Build) string {
	switch {
	case len(b.Needs) > 0:
		return strings.Join(b.Needs[:min(len(b.Needs), 5)], " ")
	case len(b.Errors) > 0:
		return b.Errors[0].Text
	}
	return "the network"
}

// foreign is the first complaint that is not about the user's own code, nil when there is none.
func foreign(b *facts.Build) *facts.BuildError {
	for i := range b.Errors {
		e := b.Errors[i]
		if e.Class == facts.ClassUserCode {
			continue
		}
		if strings.HasSuffix(e.Text, ":") && i+1 < len(b.Errors) { // "errors parsing go.mod:"
			e.Text += " " + b.Errors[i+1].Text
		}
		return &e
	}
	if b.Outcome == facts.BuildFailed && len(b.Errors) == 0 {
		return &facts.BuildError{Text: "(no message)"}
	}
	return nil
}

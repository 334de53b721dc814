// Package editortest is the suite that every adapter of package editor passes.
package editortest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
)

// Fixture is an editor as its user has it.
type Fixture struct {
	Files    map[string]string // below the home folder; they make the editor be found
	Settings string            // the settings file, below the home folder
	Starts   bool              // it starts gopls
	ByHand   bool              // its settings are edited by a person
}

// Test runs the suite.
func Test(t *testing.T, a editor.Adapter, f Fixture) {
	home := t.TempDir()
	bin := filepath.Join(home, "bin")
	gopls := filepath.Join(bin, "gopls")
	w := editor.World{Dir: filepath.Join(home, "proj"), Root: filepath.Join(home, "proj"),
		Vars: map[string]string{"HOME": home, "PATH": bin}}
	write(t, gopls, "#!/bin/sh\n", 0o755)
	write(t, filepath.Join(home, "proj", "go.mod"), "module m\n", 0o644)
	if found := a.Find(w); len(found) > 0 {
		t.Fatalf("found in an empty home: %+v", found)
	}
	if found := a.Find(editor.World{Dir: w.Dir, Root: w.Root}); len(found) > 0 {
		t.Fatalf("found without a home: %+v", found)
	}
	for name, data := range f.Files {
		write(t, filepath.Join(home, name), data, 0o644)
	}
	e := one(t, a, w)
	if f.Starts && e.Start.Path != gopls {
		t.Fatalf("starts %q, want %q: %+v", e.Start.Path, gopls, e.Start)
	}
	front(t, a, f, w, e)
	hostile(t, a, f, w)
}

func write(t *testing.T, path, data string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), mode); err != nil {
		t.Fatal(err)
	}
}

// one finds and reads the one editor.
func one(t *testing.T, a editor.Adapter, w editor.World) *facts.Editor {
	t.Helper()
	found := a.Find(w)
	if len(found) != 1 || found[0].Kind == "" || found[0].Name == "" || !filepath.IsAbs(found[0].Dir) {
		t.Fatalf("found %+v, want one editor", found)
	}
	a.Read(context.Background(), w, &found[0])
	return &found[0]
}

// front: a program put in front is what starts then, also where the name has signs that need quoting; what
// was in the settings is still there.
func front(t *testing.T, a editor.Adapter, f Fixture, w editor.World, e *facts.Editor) {
	program := filepath.Join(w.Vars["HOME"], `a "b\c`, "gopls")
	write(t, program, "#!/bin/sh\n", 0o755)
	act, err := editor.Front(e, program)
	if f.ByHand || !f.Starts {
		if err == nil {
			t.Errorf("edits %s", act.Path)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time replaces the first
		if err := act.Apply(context.Background(), action.Real{Change: "test"}); err != nil {
			t.Fatal(err)
		}
		after := one(t, a, w)
		if after.Start.Path != program || after.Start.Why != "setting" {
			t.Fatalf("after the edit it starts %q: %+v", after.Start.Path, after.Files)
		}
		program = filepath.Join(w.Vars["HOME"], "other", "gopls")
		write(t, program, "#!/bin/sh\n", 0o755)
		if act, err = editor.Front(after, program); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range f.Files {
		now, _ := os.ReadFile(filepath.Join(w.Vars["HOME"], name))
		for _, word := range bytes.Fields([]byte(data)) {
			if !bytes.Contains(now, bytes.TrimRight(word, ",}")) {
				t.Errorf("%s lost %q:\n%s", name, word, now)
			}
		}
	}
}

// hostile: no settings file crashes or hangs the reader.
func hostile(t *testing.T, a editor.Adapter, f Fixture, w editor.World) {
	path := filepath.Join(w.Vars["HOME"], f.Settings)
	deep := bytes.Repeat([]byte(`{"a":[`), 100000)
	for name, data := range map[string][]byte{"zeros": make([]byte, 1000), "deep": deep, "UTF-16": []byte("\xff\xfe{\x00}\x00"), "half UTF-16": []byte("\xff\xfe{"), "text": []byte("hello"), "list": []byte("[1, 2]"), "huge": bytes.Repeat([]byte(" "), 5<<20)} {
		write(t, path, string(data), 0o644)
		quick(t, name, a, w)
	}
	_ = os.Remove(path)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	quick(t, "folder", a, w)
	_ = os.Remove(path)
	if err := os.Symlink(path, path); err != nil {
		t.Fatal(err)
	}
	quick(t, "loop", a, w)
}

func quick(t *testing.T, name string, a editor.Adapter, w editor.World) {
	t.Helper()
	done := make(chan bool)
	go func() {
		defer close(done)
		for _, e := range a.Find(w) {
			a.Read(context.Background(), w, &e)
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: does not come back", name)
	}
}

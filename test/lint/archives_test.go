package lint

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var headerLine = regexp.MustCompile(`^# ([a-z][a-z -]*): (.+)$`)

// TestArchives: the header of every fault archive says what a reader and the tests need.
func TestArchives(t *testing.T) {
	allowed := strings.Fields("title area symptom cause evidence look-alikes remedy never source platform needs note check also named expect undo miss")
	for _, file := range archives(t, "cases") {
		h, files := header(t, file)
		for _, key := range []string{"title", "area", "symptom", "cause", "evidence", "remedy", "never", "source"} {
			if h[key] == "" {
				t.Errorf("%s: no %q in the header", file, key)
			}
		}
		for key := range h {
			if !slices.Contains(allowed, key) {
				t.Errorf("%s: unknown header line %q", file, key)
			}
		}
		if e := h["expect"]; e != "" && e != "propose" {
			t.Errorf("%s: expect: %s", file, e)
		}
		for _, name := range []string{"check.sh", "inject.sh", "remedy.sh", "untouched.sh"} {
			if !files[name] {
				t.Errorf("%s: no %s", file, name)
			}
		}
		if !files["shell.sh"] && !files["lib.sh"] && !files["editor.sh"] {
			t.Errorf("%s: no shell.sh, lib.sh or editor.sh: how does the developer call a tool?", file)
		}
	}
	for _, file := range archives(t, "healthy") {
		h, files := header(t, file)
		for _, key := range []string{"title", "area", "odd", "healthy because"} {
			if h[key] == "" {
				t.Errorf("%s: no %q in the header", file, key)
			}
		}
		for _, name := range []string{"setup.sh", "check.sh", "shell.sh"} {
			if !files[name] {
				t.Errorf("%s: no %s", file, name)
			}
		}
	}
}

func archives(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "testdata", dir, "*.txtar"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d archives in testdata/%s (%v)", len(files), dir, err)
	}
	return files
}

func header(t *testing.T, file string) (map[string]string, map[string]bool) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	h := map[string]string{}
	for line := range strings.Lines(string(a.Comment)) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		if m := headerLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			h[m[1]] = m[2]
		}
	}
	files := map[string]bool{}
	for _, f := range a.Files {
		files[f.Name] = true
	}
	return h, files
}

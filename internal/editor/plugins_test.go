package editor

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestExtensions: each way in which an extension can be there by half.
func TestExtensions(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, ".vscode", "extensions")
	put(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), "{}")
	entry := func(id, folder string) string {
		return `{"identifier":{"id":"` + id + `"},"version":"1.0.0","relativeLocation":"` + folder + `"}`
	}
	put(t, filepath.Join(dir, "extensions.json"), "["+entry("golang.go", "golang.go-1.0.0")+","+entry("a.gone", "a.gone-1.0.0")+","+entry("a.half", "a.half-1.0.0")+","+entry("a.old", "a.old-1.0.0")+"]")
	put(t, filepath.Join(dir, ".obsolete"), `{"a.old-1.0.0":true,"a.left-1.0.0":true}`)
	for _, f := range []string{"golang.go-1.0.0", "a.half-1.0.0", "a.old-1.0.0", "a.left-1.0.0", "a.loose-2.0.0"} {
		put(t, filepath.Join(dir, f, "package.json"), `{"publisher":"a","name":"loose","version":"2.0.0","main":"./out/main"}`)
	}
	for _, f := range []string{"golang.go-1.0.0", "a.old-1.0.0", "a.loose-2.0.0"} {
		put(t, filepath.Join(dir, f, "out", "main.js"), "")
	}
	w := World{Dir: home, Root: home, Vars: map[string]string{"HOME": home}}
	e := &facts.Editor{Kind: facts.EditorVSCode, Name: "Code", Dir: filepath.Join(home, ".config", "Code")}
	got := map[string]string{}
	for _, p := range Extensions(context.Background(), w, e) {
		got[p.ID] = p.State
	}
	want := map[string]string{"golang.go": "ok", "a.gone": "missing", "a.half": "incomplete", "a.old": "obsolete", "a.loose": "unlisted"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestHostCrashes counts starts without a goodbye before them, in the last minutes alone.
func TestHostCrashes(t *testing.T) {
	now := time.Now()
	at := func(ago time.Duration) string { return now.Add(-ago).Format("2006-01-02 15:04:05.000") + " [info] " }
	dir := t.TempDir()
	e := &facts.Editor{Kind: facts.EditorVSCode, Dir: dir}
	if _, ok := HostCrashes(e, now); ok {
		t.Error("no log tells something")
	}
	put(t, filepath.Join(dir, "logs", "x", "window1", "exthost", "exthost.log"),
		at(9*time.Minute)+"Extension host with pid 1 started\n"+at(8*time.Minute)+"Extension host with pid 2 started\n"+ // too long ago
			at(4*time.Minute)+"Extension host with pid 3 started\n"+at(3*time.Minute)+"Extension host with pid 3 exiting with code 0\n"+
			at(2*time.Minute)+"Extension host with pid 4 started\n"+at(time.Minute)+"Extension host with pid 5 started\n")
	if n, ok := HostCrashes(e, now); !ok || n != 2 {
		t.Errorf("%d crashes, %v", n, ok)
	}
}

// TestDifferences: values count, not how they are written.
func TestDifferences(t *testing.T) {
	a := "{\n// mine\n\"x\": [1, 2],\n\"gopls\": {\"a\": true, \"b\": 1,},\n\"only\": \"left\"\n}"
	b := `{"gopls": {"b": 2, "a": true}, "x": [1,2], "go.toolsEnvVars": {"A": "b"}}`
	want := []Difference{{"go.toolsEnvVars / A", "", `"b"`}, {"gopls / b", "1", "2"}, {"only", `"left"`, ""}}
	if got := Differences([]byte(a), []byte(b)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Differences([]byte("{\"a\": 1, \"b\""), []byte("{\"a\": 1}")); len(got) > 1 {
		t.Errorf("of a damaged file: %v", got)
	}
	if got := Differences(nil, []byte("\x00\xff")); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

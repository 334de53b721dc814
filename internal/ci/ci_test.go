package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		".github/workflows/ci.yml": "jobs:\n  a:\n    container: golang:1.24-bookworm\n    steps:\n      - uses: actions/setup-go@v5\n        with:\n          go-version: '1.25.x' # team\n      - with: {}\n          go-version-file: go.mod\n          go-version: ${{ matrix.go }}\n",
		".gitlab-ci.yml":           "image: registry.example.test/lib/golang:1.26.1\n",
		"Dockerfile":               "FROM --platform=linux/amd64 golang:1.23 AS build\n# FROM golang:1.1\nFROM debian:12\n",
		"Dockerfile.dev":           "from golang:${V}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "Dockerfile.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range Read(dir) {
		got = append(got, filepath.Base(u.File)+" "+string(rune('0'+u.Line))+" "+u.Go+u.Named)
	}
	want := "ci.yml 3 1.24, ci.yml 7 1.25.x, ci.yml 9 go.mod, .gitlab-ci.yml 1 1.26.1, Dockerfile 1 1.23"
	if strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if len(Read(filepath.Join(dir, "none"))) != 0 {
		t.Error("a folder that is not there")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("go-version: 1.2\nFROM golang:1\nimage: golang:1.9@sha256:0\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, u := range parse("f", text) {
			if u.Line < 1 || u.Line > lines || !strings.Contains(text, u.Text) || (u.Go == "") == (u.Named == "") {
				t.Fatalf("%q: %+v", text, u)
			}
		}
	})
}

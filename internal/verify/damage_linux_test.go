package verify_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/verify"
)

const greet, v120 = "example.com/greet", "v1.2.0"

// TestDamage makes every kind of damage, asks the real go mod verify, and finds what it does not see.
func TestDamage(t *testing.T) {
	for _, tc := range []struct {
		name   string
		damage func(b *bench)
		goSays string // a part of what go mod verify says; "all modules verified" = it is blind, or has healed it
		want   []string
	}{
		{"E1 folder edited", func(b *bench) { b.set(filepath.Join(b.at(greet, v120, ""), "greet.go"), "package greet\n") },
			"dir has been modified", []string{"example.com/greet tree-differs"}},
		{"E2 zip truncated", func(b *bench) { b.set(b.at(greet, v120, "zip"), b.read(b.at(greet, v120, "zip"))[:200]) },
			"not a valid zip file", []string{"example.com/greet zip-unreadable"}},
		{"E2b zip truncated and no folder", func(b *bench) {
			b.set(b.at(greet, v120, "zip"), b.read(b.at(greet, v120, "zip"))[:200])
			b.remove(b.at(greet, v120, ""))
		}, "not a valid zip file", []string{"example.com/greet zip-unreadable"}},
		{"E3 record missing", func(b *bench) { b.remove(b.at(greet, v120, "ziphash")) },
			"missing ziphash", []string{"example.com/greet ziphash-missing"}},
		{"E4 record wrong", func(b *bench) { b.set(b.at(greet, v120, "ziphash"), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") },
			"has been modified", []string{"example.com/greet ziphash-differs"}},
		{"E4b record of NUL bytes", func(b *bench) { b.set(b.at(greet, v120, "ziphash"), strings.Repeat("\x00", 47)) },
			"", []string{"example.com/greet ziphash-malformed"}},
		{"E5 consistently poisoned", func(b *bench) { consistent(b, greet, v120) },
			"all modules verified", []string{"example.com/greet not-as-go-sum"}},
		{"E6 replacement poisoned", func(b *bench) { consistent(b, "example.com/fork", "v1.0.0") },
			"all modules verified", []string{"example.com/fork not-as-go-sum"}},
		{"E6 replacement edited", func(b *bench) {
			b.set(filepath.Join(b.at("example.com/fork", "v1.0.0", ""), "old.go"), "package old\n\nfunc Old() { panic(1) }\n")
		}, "all modules verified", []string{"example.com/fork tree-differs"}},
		{"E7 half extracted", func(b *bench) { b.set(b.at(greet, v120, "partial"), "") },
			"all modules verified", []string{"example.com/greet partial-left"}},
		{"E7b half extracted and zip gone", func(b *bench) { b.set(b.at(greet, v120, "partial"), ""); b.remove(b.at(greet, v120, "zip")) },
			"all modules verified", []string{"example.com/greet partial-left"}},
		{"E8 empty info", func(b *bench) { b.set(b.at(greet, v120, "info"), "") },
			"all modules verified", []string{"example.com/greet info-invalid"}},
		{"E9 list of NUL bytes", func(b *bench) {
			b.set(filepath.Join(filepath.Dir(b.at(greet, v120, "zip")), "list"), strings.Repeat("\x00", 20))
		},
			"all modules verified", []string{"list-invalid"}},
		{"E10 go.mod emptied", func(b *bench) { b.set(b.at(greet, v120, "mod"), "") },
			"checksum mismatch", []string{"example.com/greet mod-differs"}},
		{"E12 vendor edited", func(b *bench) {
			b.must("mod", "vendor")
			b.write("proj/vendor/example.com/greet/greet.go", "package greet\n\nfunc Hello() string { return \"evil\" }\n")
			b.write("proj/vendor/example.com/old/more.go", "package old\n")
			if err := os.Remove(filepath.Join(b.proj, "vendor/example.com/text/text.go")); err != nil {
				b.Fatal(err)
			}
		}, "all modules verified", []string{"vendor changed greet.go", "vendor extra more.go", "vendor missing text.go"}},
		{"healthy", func(*bench) {}, "all modules verified", []string{}},
		{"healthy with vendor", func(b *bench) { b.must("mod", "vendor") }, "all modules verified", []string{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			tc.damage(b)
			got := kinds(b.verify(b.options())) // first: go mod verify may heal or download
			out, _ := b.runEnv([]string{"GOPROXY=off"}, "mod", "verify")
			t.Logf("go mod verify: %s", strings.TrimSpace(out))
			t.Logf("modcache verify: %v", got)
			if !strings.Contains(out, tc.goSays) {
				t.Errorf("go mod verify says %q, want %q", out, tc.goSays)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("found %v, want %v", got, tc.want)
			}
		})
	}
}

// consistent replaces zip, record and folder of a version by others that agree with each other.
func consistent(b *bench, path, version string) {
	b.Helper()
	v := module.Version{Path: path, Version: version}
	other := newOther(b, path, version)
	for _, ext := range []string{"zip", "ziphash"} {
		b.set(b.at(path, version, ext), b.read(other.at(path, version, ext)))
	}
	b.remove(b.at(path, version, ""))
	paths, err := modcache.PathsOf(b.cache, v)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.CopyFS(paths.Tree, os.DirFS(other.at(path, version, ""))); err != nil {
		b.Fatal(err)
	}
}

// newOther is a second cache that was filled by a proxy with other contents under the same version.
func newOther(b *bench, path, version string) *bench {
	b.Helper()
	o := &bench{T: b.T, root: filepath.Join(b.root, "other")}
	o.proj, o.cache, o.proxy = filepath.Join(o.root, "proj"), filepath.Join(o.root, "home", "go", "pkg", "mod"), filepath.Join(o.root, "proxy")
	b.Cleanup(func() { o.writable(o.cache) })
	var requires []string
	if path == greet {
		requires = []string{"example.com/text v1.0.0"}
	}
	o.publish(path, version, map[string]string{"greet.go": "package greet\n\nfunc Hello() string { return \"evil\" }\n"}, requires...)
	o.write("proj/go.mod", "module example.com/victim\n\ngo 1.21\n")
	o.must("mod", "download", path+"@"+version)
	return o
}

// TestNobodyVouches: without go.sum a consistent entry cannot be told from the real one. The report says by
// what it was judged.
func TestNobodyVouches(t *testing.T) {
	b := newBench(t)
	consistent(b, greet, v120)
	if err := os.Remove(filepath.Join(b.proj, "go.sum")); err != nil {
		t.Fatal(err)
	}
	r := b.verify(b.options())
	if len(r.Damaged()) > 0 {
		t.Errorf("%v", kinds(r))
	}
	for _, m := range r.Modules {
		if m.Reference != verify.ByRecord {
			t.Errorf("%s: judged by %s", m.Path, m.Reference)
		}
	}
	if r.Counts.OwnOnly == 0 || r.Counts.GoSum != 0 {
		t.Errorf("%+v", r.Counts)
	}
}

// TestAll looks at versions that no go.sum names, too.
func TestAll(t *testing.T) {
	b := newBench(t)
	b.publish("example.com/Big", "v0.1.0", map[string]string{"big.go": "package big\n"})
	b.write("proxy/example.com/!big/@v/v0.1.0.zip", b.read(filepath.Join(b.proxy, "example.com/Big/@v/v0.1.0.zip")))
	for _, ext := range []string{"mod", "info"} {
		b.write("proxy/example.com/!big/@v/v0.1.0."+ext, b.read(filepath.Join(b.proxy, "example.com/Big/@v/v0.1.0."+ext)))
	}
	b.must("mod", "download", "example.com/Big@v0.1.0")
	o := b.options()
	o.All = true
	if r := b.verify(o); len(kinds(r)) != 0 || r.Counts.Modules != 4 {
		t.Errorf("%v, %+v", kinds(r), r.Counts)
	}
	b.set(filepath.Join(b.at("example.com/!big", "v0.1.0", ""), "big.go"), "package big // edited\n")
	if r := b.verify(o); !slices.Equal(kinds(r), []string{"example.com/Big tree-differs"}) {
		t.Errorf("%v", kinds(r))
	}
	if r := b.verify(b.options()); len(kinds(r)) != 0 {
		t.Errorf("%v of a version that this project does not name", kinds(r))
	}
	o.Patterns = []string{"example.com/Big@v0.1.0"}
	if r := b.verify(o); r.Counts.Modules != 1 {
		t.Errorf("%+v", r.Counts)
	}
	outside := o
	outside.Dir = t.TempDir()
	if r := b.verify(outside); !slices.Equal(kinds(r), []string{"example.com/Big tree-differs"}) {
		t.Errorf("%v outside of a project", kinds(r))
	}
	outside.All = false
	if _, err := verify.Run(t.Context(), outside); !verify.IsNoProject(err) {
		t.Errorf("%v", err)
	}
}

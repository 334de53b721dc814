package env

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

// TestValues: each bad value, in the go env file and in a start-up file, is found, repaired to what was meant, and taken back.
func TestValues(t *testing.T) {
	home := "HOME" // stands for the home folder
	for i, c := range []struct {
		id, name, value string
		right           string // the value after the repair; "" = gone
		goenvID         string // the check for the go env file, "" = id, "-" = none
		requires        bool
	}{
		{id: "go111module-bad-value", name: "GO111MODULE", value: "true"},
		{id: "go111module-bad-value", name: "GO111MODULE", value: "ON"},
		{id: "go111module-off-left", name: "GO111MODULE", value: "off"},
		{id: "goexperiment-unknown", name: "GOEXPERIMENT", value: "rangefunc", goenvID: "goexperiment-unknown-goenv"},
		{id: "goexperiment-unknown", name: "GOEXPERIMENT", value: "loopvar,norangefunc,nodwarf5", right: "loopvar,nodwarf5", goenvID: "goexperiment-unknown-goenv"},
		{id: "goarch-variant-invalid", name: "GORISCV64", value: "rva21", goenvID: "-"},
		{id: "goarch-variant-invalid", name: "GOFIPS140", value: "on"},
		{id: "gopath-literal-tilde", name: "GOPATH", value: "~/go"},
		{id: "gopath-literal-tilde", name: "GOPATH", value: "~/work:/opt/go", right: home + "/work:/opt/go"},
		{id: "gopath-relative", name: "GOPATH", value: "go"},
		{id: "gopath-relative", name: "GOPATH", value: "/opt/a:b", right: "/opt/a"},
		{id: "gopath-relative", name: "GOPATH", value: "$HOME/gopath", right: home + "/gopath"},
		{id: "gopath-relative", name: "GOPATH", value: `"/opt/gopath"`, right: "/opt/gopath"},
		{id: "gopath-first-entry-empty", name: "GOPATH", value: ":/opt/gopath", right: "/opt/gopath"},
		{id: "gowork-relative", name: "GOWORK", value: "on"},
		{id: "gowork-relative", name: "GOWORK", value: "go.work"},
		{id: "gowork-variable-points-to-removed-file", name: "GOWORK", value: "/no/where/go.work", goenvID: "gowork-env-stale"},
		{id: "gowork-variable-points-to-removed-file", name: "GOWORK", value: "/tmp", goenvID: "gowork-env-stale"},
		{id: "gocache-off", name: "GOCACHE", value: "off"},
		{id: "gocache-relative", name: "GOCACHE", value: "cache"},
		{id: "gocache-relative", name: "GOCACHE", value: "~/.cache/go-build"},
		{id: "gocache-relative", name: "GOCACHE", value: "~/elsewhere", right: home + "/elsewhere"},
		{id: "gomodcache-relative", name: "GOMODCACHE", value: "mod"},
		{id: "gobin-relative", name: "GOBIN", value: "bin"},
		{id: "gobin-relative", name: "GOBIN", value: "~/bin", right: home + "/bin"},
		{id: "gobin-relative", name: "GOBIN", value: "~/go/bin"},
		{id: "goflags-not-parsable", name: "GOFLAGS", value: "-v -ldflags=-X main.version=1", right: "-v '-ldflags=-X main.version=1'"},
		{id: "goflags-not-parsable", name: "GOFLAGS", value: "mod=mod -v", right: "-v"},
		{id: "goflags-not-parsable", name: "GOFLAGS", value: `"-ldflags=-w -s`, right: `"-ldflags=-w -s"`},
		{id: "goflags-missing-equals", name: "GOFLAGS", value: "-tags a,b -v", right: "-tags=a,b -v", goenvID: "goflags-missing-equals-goenv"},
		{id: "goflags-missing-equals", name: "GOFLAGS", value: "-mod vendor -v", right: "-v", goenvID: "goflags-missing-equals-goenv", requires: true},
		{id: "goflags-unknown-flag", name: "GOFLAGS", value: "-v -verbose", right: "-v"},
		{id: "goflags-unknown-flag", name: "GOFLAGS", value: "-gcflags=-N -l", right: "'-gcflags=-N -l'"},
		{id: "goflags-bad-value", name: "GOFLAGS", value: "-mod=on -v", right: "-v"},
		{id: "goflags-bad-value", name: "GOFLAGS", value: "-C=/tmp"},
		{id: "goflags-mod-vendor", name: "GOFLAGS", value: "-v -mod=vendor", right: "-v", goenvID: "goflags-mod-vendor-goenv", requires: true},
		{id: "goflags-modfile", name: "GOFLAGS", value: "-modfile=go.local.mod", goenvID: "goflags-modfile-goenv"},
		{id: "goflags-overlay-missing", name: "GOFLAGS", value: "-overlay=/no/overlay.json -v", right: "-v"},
		{id: "goflags-toolexec-missing", name: "GOFLAGS", value: "-v '-toolexec=/no/tool -x'", right: "-v"},
		{id: "goflags-toolexec-missing", name: "GOFLAGS", value: "-toolexec=no-such-program"},
		{id: "goflags-exec-missing", name: "GOFLAGS", value: "-exec=/no/qemu"},
		{id: "goflags-pgo-missing", name: "GOFLAGS", value: "-pgo=/no/p"},
		{id: "goflags-vettool-missing", name: "GOFLAGS", value: "-vettool=/no/v"},
		{id: "goos-goarch-unsupported", name: "GOARCH", value: "x86_64"},
		{id: "goos-goarch-unsupported", name: "GOOS", value: "macos"},
		{id: "goos-goarch-unsupported", name: "GOARCH", value: "wasm"},
		{id: "goos-left-in-profile", name: "GOOS", value: "windows", goenvID: "go-env-goos-windows"},
		{id: "goos-left-in-profile", name: "GOOS", value: "freebsd", goenvID: "goos-left-in-goenv"},
		{id: "goarch-left-in-profile", name: "GOARCH", value: "s390x", goenvID: "goarch-left-in-goenv"},
		{id: "cc-bad-value", name: "CC", value: "bin/cc"},
		{id: "cc-bad-value", name: "CXX", value: "'c++"},
		{id: "cc-bad-value", name: "CC", value: "~/bin/cc -m64", right: home + "/bin/cc -m64"},
		{id: "gopackagesdriver-missing", name: "GOPACKAGESDRIVER", value: "/no/driver.sh", goenvID: "-"},
		{id: "goproxy-malformed", name: "GOPROXY", value: "https://p.example.test;direct", right: "https://p.example.test,direct"},
		{id: "goproxy-malformed", name: "GOPROXY", value: "https://p.example.test/mod https://q.example.test", right: "https://p.example.test/mod,https://q.example.test"},
		{id: "goproxy-malformed", name: "GOPROXY", value: "https://p.example.test DIRECT", right: "https://p.example.test,direct"},
		{id: "goauth-malformed", name: "GOAUTH", value: "netrc;"},
		{id: "goauth-malformed", name: "GOAUTH", value: "/opt/helper;git /no/where", right: "/opt/helper"},
		{id: "xdg-cache-home-relative", name: "XDG_CACHE_HOME", value: "cache", goenvID: "-"},
	} {
		for _, place := range []string{"profile", "goenv"} {
			id := c.id
			if place == "goenv" {
				if c.goenvID == "-" || strings.HasPrefix(c.value, "'") {
					continue
				}
				if c.goenvID != "" {
					id = c.goenvID
				}
			}
			t.Run(fmt.Sprintf("%s %d %s", c.name, i, place), func(t *testing.T) {
				t.Logf("%s=%s", c.name, c.value)
				b := newBench(t)
				if c.requires {
					b.require()
				}
				right := strings.ReplaceAll(c.right, home, b.home)
				if place == "goenv" {
					b.goenv("GOPRIVATE=corp.example\n" + c.name + "=" + c.value + "\nGONOSUMDB=corp.example\n")
					b.mend(id)
					want := "GOPRIVATE=corp.example\n" + c.name + "=" + right + "\nGONOSUMDB=corp.example\n"
					if right == "" {
						want = "GOPRIVATE=corp.example\nGONOSUMDB=corp.example\n"
					}
					if got := b.said(b.env()); got != want {
						t.Errorf("the file has %q, want %q", got, want)
					}
					return
				}
				if strings.Contains(c.value, "'") {
					b.profile = "export " + c.name + "=" + `"` + strings.NewReplacer(`"`, `\"`, "$", `\$`).Replace(c.value) + "\"\n"
					b.write(filepath.Join(b.home, ".profile"), ownLines+b.profile)
					b.w.Vars[c.name] = c.value
				} else {
					b.export(c.name, c.value)
				}
				b.mend(id)
				got := b.said(filepath.Join(b.home, ".profile"))
				if right == "" && got != ownLines || right != "" && !strings.Contains(got, "export "+c.name+"=") {
					t.Errorf("the profile has %q, want %q", got, right)
				}
			})
		}
	}
}

// TestHealthyValues: what looks the same and is right is not accused.
func TestHealthyValues(t *testing.T) {
	for name, set := range map[string]func(b *bench){
		"nothing":             func(*bench) {},
		"modules on":          func(b *bench) { b.export("GO111MODULE", "on") },
		"GOPATH mode":         func(b *bench) { b.export("GO111MODULE", "off"); b.export("GOPATH", b.gopathAround()) },
		"off for one command": func(b *bench) { b.w.Vars["GO111MODULE"] = "off" },
		"GOPATH list":         func(b *bench) { b.export("GOPATH", b.home+"/go:"+b.home+"/old:") },
		"GOPATH with a tilde": func(b *bench) { b.export("GOPATH", b.home+"/go~1") },
		"known experiments":   func(b *bench) { b.export("GOEXPERIMENT", "loopvar,nodwarf5,none") },
		"newer Go wanted":     newerGo,
		"GOAMD64 of nonsense": func(b *bench) { b.goenv("GOMIPS=hard\nGORISCV64=x\n"); b.export("GO386", "387") },
		"own processor":       func(b *bench) { b.export("GOARCH", runtime.GOARCH); b.export("GOOS", runtime.GOOS) },
		"one cross build":     func(b *bench) { b.w.Vars["GOOS"], b.w.Vars["GOARCH"] = "windows", "arm64" },
		"32 bits":             func(b *bench) { b.export("GOARCH", map[string]string{"amd64": "386", "arm64": "arm"}[runtime.GOARCH]) },
		"project's choice":    func(b *bench) { b.envrc("GOOS", "windows") },
		"runner":              func(b *bench) { b.export("GOOS", "js"); b.export("GOARCH", "wasm"); b.runner("go_js_wasm_exec") },
		"emulator":            emulator,
		"only for windows":    func(b *bench) { b.export("GOOS", "windows"); b.write(b.proj+"/w/w_windows.go", "package w\n") },
		"cgo off on purpose":  func(b *bench) { b.goenv("CGO_ENABLED=0\n") },
		"cgo off, both ways":  func(b *bench) { b.goenv("CGO_ENABLED=0\n"); b.cgo(true) },
		"cgo off, built":      func(b *bench) { b.goenv("CGO_ENABLED=0\n"); b.cgo(false); b.built(facts.BuildOK) },
		"cgo off once":        func(b *bench) { b.w.Vars["CGO_ENABLED"] = "0"; b.cgo(false) },
		"dead CC, no C":       func(b *bench) { b.export("CC", "/no/cc") },
		"dead CC, cgo off":    func(b *bench) { b.export("CC", "/no/cc"); b.export("CGO_ENABLED", "0"); b.useNet() },
		"dead CC, it builds":  func(b *bench) { b.export("CC", "/no/cc"); b.useNet(); b.built(facts.BuildOK) },
		"dead pkg-config":     func(b *bench) { b.export("PKG_CONFIG", "/no/pkg-config"); b.cgo(false) },
		"CC with arguments":   func(b *bench) { b.export("CC", b.program(b.home+"/bin/cc")+" -m64"); b.useNet() },
		"quoted ldflags":      func(b *bench) { b.export("GOFLAGS", `"-ldflags=-w -s" -v`) },
		"flag of one command": func(b *bench) { b.export("GOFLAGS", "-timeout=1m -u") },
		"vendor, nothing":     func(b *bench) { b.goenv("GOFLAGS=-mod=vendor\n") },
		"vendor, there": func(b *bench) {
			b.goenv("GOFLAGS=-mod=vendor\n")
			b.require()
			b.write(b.proj+"/vendor/modules.txt", "")
		},
		"mod=mod": func(b *bench) { b.goenv("GOFLAGS=-mod=mod\n") },
		"modfile": func(b *bench) { b.export("GOFLAGS", "-modfile=x.mod"); b.write(b.proj+"/x.mod", ""); b.below("sub") },
		"overlay": func(b *bench) { b.export("GOFLAGS", "-overlay="+b.write(b.home+"/o.json", "{}")) },
		"pgo":     func(b *bench) { b.export("GOFLAGS", "-pgo=auto -v") },
		"GOWORK":  func(b *bench) { b.export("GOWORK", "off") },
		"caches elsewhere": func(b *bench) {
			b.export("GOCACHE", "/no/cache")
			b.export("GOMODCACHE", "/no/mod")
			b.export("XDG_CACHE_HOME", "rel")
		},
		"driver off":          func(b *bench) { b.export("GOPACKAGESDRIVER", "off") },
		"proxies":             func(b *bench) { b.export("GOPROXY", "p.example.test:8080|file:///x, direct,???") },
		"no proxies":          func(b *bench) { b.goenv("GOPROXY=off\nGOSUMDB=off\n") },
		"helper that is gone": func(b *bench) { b.export("GOAUTH", "/no/helper;netrc") },
		"GOVCS":               func(b *bench) { b.export("GOVCS", "private:git, public:git|hg") },
		"no netrc at all":     func(b *bench) { b.export("NETRC", "/no/netrc") },
		"netrc of others": func(b *bench) {
			b.export("NETRC", "/no/netrc")
			b.write(b.home+"/.netrc", "machine x.example login a password b\n")
		},
		"GOAUTH off":         func(b *bench) { b.export("GOAUTH", "off") },
		"other tools' names": func(b *bench) { b.export("GOOGLE_API_KEY", "x"); b.export("GOVERSION", "go1.2") },
		"carriage returns":   func(b *bench) { b.goenv("GOFLAGS=-v\r\nGOPROXY=off\r\nCC=gcc\r\n") },
		"mark and a comment": func(b *bench) { b.goenv("\ufeff# mine\nGOPRIVATE=x\n") },
		"garbage lines":      func(b *bench) { b.goenv("GOFLAGS -v\n GOARCH=arm\nfoo=bar\nFOO=bar\n=\n") },
		"zeros behind":       func(b *bench) { b.goenv("GOPRIVATE=x\n\x00\x00\x00\n") },
		"moved for good": func(b *bench) {
			b.goenv("GOPRIVATE=x\n")
			b.export("XDG_CONFIG_HOME", b.home+"/cfg")
			b.write(b.home+"/cfg/go/env", "GOPRIVATE=y\n")
		},
		"moved, never used": func(b *bench) { b.export("XDG_CONFIG_HOME", b.home+"/cfg") },
		"moved, same values": func(b *bench) {
			b.goenv("GOPRIVATE=x\n")
			b.export("XDG_CONFIG_HOME", b.home+"/cfg")
			b.export("GOPRIVATE", "x")
		},
		"moved for a sandbox": func(b *bench) { b.goenv("GOPRIVATE=x\n"); b.w.Vars["XDG_CONFIG_HOME"] = b.home + "/cfg" },
		"GOENV off":           func(b *bench) { b.goenv("GOPRIVATE=x\n"); b.export("GOENV", "off") },
		"no home, but caches": func(b *bench) {
			delete(b.w.Vars, "HOME")
			b.w.Vars["GOCACHE"], b.w.Vars["GOPATH"] = "/c", "/g"
			b.require()
		},
		"no home, no modules":  func(b *bench) { delete(b.w.Vars, "HOME"); b.w.Vars["GOCACHE"] = "/c" },
		"not one variable set": func(b *bench) { b.w.Vars = map[string]string{"HOME": b.home} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			set(b)
			b.want()
		})
	}
}

// gopathAround makes the project lie in the src of a GOPATH.
func (b *bench) gopathAround() string {
	gopath := filepath.Join(b.home, "gp")
	dir := filepath.Join(gopath, "src/example.com/app")
	b.write(filepath.Join(dir, "go.mod"), "module example.com/app\n")
	b.w.Dir = dir
	return gopath
}

func newerGo(b *bench) {
	b.export("GOEXPERIMENT", "fromthefuture")
	b.w.Vars["GOTOOLCHAIN"] = "auto"
	b.write(filepath.Join(b.proj, "go.mod"), "module example.com/app\n\ngo 1.99.0\n")
}

func emulator(b *bench) {
	b.export("GOARCH", "riscv64")
	b.change = func(s *facts.Snapshot) { s.Host.Binfmt = []string{"qemu-riscv64"} }
}

func (b *bench) envrc(name, value string) {
	b.write(filepath.Join(b.proj, ".envrc"), "export "+name+"="+value+"\n")
	b.w.Vars[name], b.w.Vars["DIRENV_DIR"] = value, "-"+b.proj
}

func (b *bench) runner(name string) {
	b.w.Vars["PATH"] = filepath.Dir(b.program(filepath.Join(b.home, "bin", name))) + ":" + b.w.Vars["PATH"]
}

// cgo makes a package with import "C" that main imports; both: also a file for builds without cgo.
func (b *bench) cgo(both bool) {
	b.write(filepath.Join(b.proj, "native/c.go"), "package native\n\n// int x;\nimport \"C\"\n")
	b.write(filepath.Join(b.proj, "main.go"), "package main\n\nimport _ \"example.com/app/native\"\n\nfunc main() {}\n")
	if both {
		b.write(filepath.Join(b.proj, "native/pure.go"), "//go:build !cgo\n\npackage native\n")
	}
}

func (b *bench) useNet() {
	b.write(filepath.Join(b.proj, "main.go"), "package main\n\nimport _ \"net/http\"\n\nfunc main() {}\n")
}

func (b *bench) built(o facts.BuildOutcome, errs ...facts.BuildError) {
	b.change = func(s *facts.Snapshot) { s.Build.Outcome, s.Build.Errors = o, errs }
}

func (b *bench) below(dir string) {
	b.w.Dir = filepath.Join(b.proj, dir)
	b.write(filepath.Join(b.w.Dir, "s.go"), "package sub\n")
}

func TestCgo(t *testing.T) {
	gcc := func(b *bench) string { // a machine with and without a C compiler, whatever the test runs on
		dir := filepath.Join(b.home, "cbin")
		b.program(filepath.Join(dir, "gcc"))
		return dir
	}
	dead := facts.BuildError{Text: "cgo: C compiler \"/no/cc\" not found: exec: \"/no/cc\": stat /no/cc", Class: facts.ClassCgo}
	for name, c := range map[string]struct {
		id  string
		set func(b *bench)
	}{
		"CC gone, net is used":        {"cc-compiler-removed", func(b *bench) { b.export("CC", "/no/cc"); b.useNet() }},
		"CC gone, the build says so":  {"cc-compiler-removed", func(b *bench) { b.export("CC", "/no/cc"); b.built(facts.BuildFailed, dead) }},
		"CC gone, in the go env file": {"cc-compiler-removed", func(b *bench) { b.goenv("CC=/no/cc -m64\n"); b.useNet() }},
		"pkg-config gone": {"pkg-config-removed", func(b *bench) {
			b.export("PKG_CONFIG", "/no/pkg-config")
			b.write(filepath.Join(b.proj, "a.go"), "package main\n\n// #cgo pkg-config: x\nimport \"C\"\n")
		}},
		"cgo off, go env file":   {"cgo-disabled-in-goenv", func(b *bench) { b.goenv("CGO_ENABLED=0\n"); b.cgo(false) }},
		"cgo off, start-up file": {"cgo-disabled-in-profile", func(b *bench) { b.export("CGO_ENABLED", "0"); b.cgo(false) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.w.Vars["PATH"] = gcc(b) + ":" + b.w.Vars["PATH"]
			c.set(b)
			if b.change != nil {
				b.want(c.id)
				return // the stub of the build says the same after the repair
			}
			b.mend(c.id)
		})
	}
	t.Run("cgo on without a compiler", func(t *testing.T) {
		b := newBench(t)
		b.w.Vars["PATH"] = "/no/where"
		b.export("CGO_ENABLED", "1")
		b.useNet()
		b.mend("cgo-enabled-without-compiler")
	})
	t.Run("no compiler for C code", func(t *testing.T) {
		b := newBench(t)
		b.w.Vars["PATH"] = "/no/where"
		b.export("CGO_ENABLED", "1")
		b.cgo(false)
		b.want("cgo-enabled-without-compiler")
		if f := b.diagnose(t.Context(), b.w).Findings[0]; len(f.Fixes) != 1 || f.Fixes[0].Risk != diag.Manual {
			t.Errorf("fixes: %+v", f.Fixes)
		}
	})
	t.Run("no compiler and nothing set", func(t *testing.T) {
		b := newBench(t)
		b.w.Vars["PATH"] = "/no/where"
		b.useNet()
		b.want()
	})
}

// TestPersons: what a person must decide is not repaired by itself.
func TestPersons(t *testing.T) {
	for _, c := range [][3]string{
		{"goproxy-malformed", "GOPROXY", "proxy"},
		{"gosumdb-malformed", "GOSUMDB", "sum.example.test+0000+AAAA"},
		{"govcs-malformed", "GOVCS", "git"},
		{"cgo-enabled-bad-value", "CGO_ENABLED", "false"},
	} {
		b := newBench(t)
		b.export(c[1], c[2])
		b.want(c[0])
		for _, fix := range b.diagnose(t.Context(), b.w).Findings[0].Fixes {
			if fix.Risk == diag.Safe {
				t.Errorf("%s: safe: %s", c[0], fix.Title)
			}
		}
	}
	b := newBench(t)
	b.envrc("GOCACHE", "off")
	b.want("gocache-off")
	if fix := b.diagnose(t.Context(), b.w).Findings[0].Fixes[0]; fix.Risk != diag.Person {
		t.Errorf("a file of the project: %+v", fix)
	}
	b = newBench(t)
	b.w.Vars["GOCACHE"] = "off"
	b.want("gocache-off")
	if fix := b.diagnose(t.Context(), b.w).Findings[0].Fixes[0]; fix.Risk != diag.Manual || fix.Shell != "unset GOCACHE" {
		t.Errorf("a value of the shell: %+v", fix)
	}
}

// TestGobinList: the folder that holds the programs is chosen.
func TestGobinList(t *testing.T) {
	b := newBench(t)
	b.program(filepath.Join(b.home, "tools/bin/gopls"))
	b.write(filepath.Join(b.home, "go/bin/notes.txt"), "")
	b.goenv("GOBIN=" + b.home + "/go/bin:" + b.home + "/tools/bin:/no/where\n")
	b.mend("gopls-gobin-has-path-list")
	if got := b.said(b.env()); got != "GOBIN="+b.home+"/tools/bin\n" {
		t.Errorf("GOBIN became %q", got)
	}
}

// TestSecondPlace: a value that stands in two places is taken away in both, one after the other.
func TestSecondPlace(t *testing.T) {
	b := newBench(t)
	b.goenv("GOCACHE=off\nGOARCH=riscv64\n")
	b.export("GOCACHE", "off")
	b.export("GOARCH", "riscv64")
	b.repair("gocache-off")
	b2 := *b
	delete(b2.w.Vars, "GOCACHE")
	delete(b2.w.Vars, "GOARCH")
	b2.want()
	if got := b.said(b.env()); got != "" {
		t.Errorf("the go env file has %q", got)
	}
}

func TestDownloads(t *testing.T) {
	t.Run("NETRC", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.home, ".netrc"), "machine p.example.test login a password hunter2\n")
		b.w.Vars["GOPROXY"] = "https://p.example.test/x,direct"
		b.export("NETRC", "/no/netrc")
		b.mend("netrc-env-points-to-missing-file")
	})
	t.Run("GOAUTH", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.home, ".netrc"), "machine p.example.test login a password hunter2\n")
		b.w.Vars["GOPROXY"] = "https://p.example.test/x,direct"
		b.goenv("GOAUTH=off\n")
		b.mend("goauth-off")
	})
	t.Run("GOSUMDB", func(t *testing.T) {
		b := newBench(t)
		b.goenv("GOSUMDB=sum.corp.example\n")
		b.want("gosumdb-name-without-key")
		_, key, err := note.GenerateKey(rand.Reader, "sum.corp.example")
		if err != nil {
			t.Fatal(err)
		}
		b.change = func(s *facts.Snapshot) { s.Policy.SumDB = key + " https://sum.corp.example/db" }
		b.mend("gosumdb-name-without-key")
	})
	b := newBench(t)
	b.goenv("GOPROXY=https://me:hunter2@p.example.test;direct\n")
	for _, f := range b.diagnose(t.Context(), b.w).Findings {
		if s := f.Claim.String(); strings.Contains(s, "hunter2") {
			t.Errorf("a password is shown: %s", s)
		}
	}
}

func TestBazel(t *testing.T) {
	b := newBench(t)
	b.export("GOPACKAGESDRIVER", "tools/driver.sh")
	b.write(filepath.Join(b.proj, "MODULE.bazel"), "")
	b.want("gopackagesdriver-missing")
	if fix := b.diagnose(t.Context(), b.w).Findings[0].Fixes; len(fix) != 1 || fix[0].Risk != diag.Manual {
		t.Errorf("in a Bazel workspace: %+v", fix)
	}
	b.program(filepath.Join(b.proj, "tools/driver.sh"))
	b.want()
}

func TestAMD64(t *testing.T) {
	b := newBench(t)
	b.goenv("GOAMD64=v4\n")
	b.change = func(s *facts.Snapshot) {
		s.Settings.CPULevel, s.Host.Arch = 2, "amd64"
		s.Settings.Values["GOARCH"] = facts.Setting{Value: "amd64", Origin: facts.FromDefault}
	}
	b.mend("goamd64-above-cpu")
	b.goenv("GOAMD64=v2\n")
	b.want()
}

// TestPairs compares the list of platforms with the Go tree that runs the test.
func TestPairs(t *testing.T) {
	for _, p := range strings.Fields(run(t, "go", "tool", "dist", "list")) {
		if !strings.Contains(pairs, " "+p+" ") {
			t.Errorf("%s is no platform for us", p)
		}
	}
}

// TestVariants compares our judgement of variables of architectures with the real go command.
func TestVariants(t *testing.T) {
	for _, kv := range []string{"GOARM64=v8.0", "GOARM64=v9.5,lse", "GOARM64=v7", "GOARM64=v8.0,foo", "GOMIPS=hardfloat", "GOMIPS=hard", "GOMIPS64=x", "GOPPC64=power10",
		"GOPPC64=power7", "GORISCV64=rva22u64", "GORISCV64=rva21", "GOWASM=satconv,signext", "GOWASM=foo", "GOFIPS140=off", "GOFIPS140=latest", "GOFIPS140=on"} {
		name, value, _ := strings.Cut(kv, "=")
		cmd := goCommand("version")
		cmd.Env = append(cmd.Environ(), kv, "GOTOOLCHAIN=local")
		_, err := cmd.CombinedOutput()
		if good := variants()[name].MatchString(value); good != (err == nil) {
			t.Errorf("%s: we say %t, go says %v", kv, good, err)
		}
	}
}

// TestIDs: the page of every check speaks of its own variable and is long enough to help.
func TestIDs(t *testing.T) {
	for _, err := range diag.Validate(Checks()) {
		t.Error(err)
	}
	for _, c := range Checks() {
		if n := strings.Count(c.Doc.En, "\n"); n < 15 || n > 45 || !strings.Contains(c.Doc.Zh, "## 证据") {
			t.Errorf("%s: its page has %d lines", c.ID, n)
		}
		if strings.Contains(c.Doc.En, "{") {
			t.Errorf("%s: its page has an open place", c.ID)
		}
	}
	if !slices.ContainsFunc(Checks(), func(c diag.Check) bool { return c.ID == "gopls-gobin-has-path-list" }) {
		t.Error("a check is missing")
	}
	if os.PathListSeparator != ':' {
		t.Error("these tests are for Unix")
	}
}

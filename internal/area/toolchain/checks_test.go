package toolchain

import (
	"slices"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

// program is a go command of a release in a tree, as the probe sees it on linux/amd64.
func program(root, version string) facts.GoProgram {
	return facts.GoProgram{Path: root + "/bin/go", Real: root + "/bin/go", Kind: facts.GoBinary, Size: 1 << 24, Mode: 0o755, Runs: true,
		Version: version, OS: "linux", Arch: "amd64", Trimmed: true, Root: root}
}

// treeAt is a whole tree.
func treeAt(root, version string) facts.GoTree {
	t := facts.GoTree{Root: root, Real: root, From: "path", State: facts.TreeFound, Version: version, Program: program(root, version),
		ToolDir: root + "/pkg/tool/linux_amd64", GoToolchain: "auto"}
	for _, name := range []string{"compile", "asm", "link", "vet", "cgo", "cover"} {
		t.Tools = append(t.Tools, facts.GoTool{Name: name, Path: t.ToolDir + "/" + name, Kind: facts.GoBinary, Mode: 0o755, Runs: true, Version: version, Arch: "amd64"})
	}
	return t
}

// healthy is a machine with go1.26.8 first in PATH, go1.27.4 behind it, and a project that asks for 1.25.0.
func healthy() *facts.Snapshot {
	s := &facts.Snapshot{Dir: "/w", Taken: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Sections: map[facts.Section]facts.Status{}}
	for _, sec := range reads(facts.SecProject, facts.SecBuild) {
		s.Sections[sec] = facts.Status{State: facts.OK}
	}
	s.Host = facts.Host{OS: "linux", Arch: "amd64"}
	s.Process.Vars = map[string]string{"PATH": "/new/bin:/newer/bin:/usr/bin", "HOME": "/h"}
	s.Startup = facts.Startup{LoginFile: "/h/.profile", LoginKind: facts.KindShell, Files: []facts.StartupFile{{Path: "/h/.profile", Kind: facts.KindShell, Size: 100}},
		Assignments: []facts.Assignment{{File: "/h/.profile", Kind: facts.KindShell, Line: 3, Name: "PATH", Value: "/new/bin:/newer/bin:/usr/bin", Known: true, Keeps: true, Sep: ":",
			Prepend: []string{"/new/bin"}, Text: `export PATH="/new/bin:$PATH"`, Cuts: []facts.Splice{{Offset: 10, Old: "export PATH=\"/new/bin:$PATH\"\n"}}}}}
	s.Settings.File = facts.EnvFile{Path: "/h/.config/go/env", State: facts.FileRead, UID: -1}
	s.Settings.Values = map[string]facts.Setting{"GOTOOLCHAIN": {Value: "auto", Origin: facts.FromDefault}, "GOPROXY": {Value: "https://proxy.example.com", Origin: facts.FromGoroot}}
	s.Toolchain = facts.Toolchain{
		Commands: []facts.GoCommand{{GoProgram: program("/new", "go1.26.8"), Index: 0, Entry: "/new/bin"}, {GoProgram: program("/newer", "go1.27.4"), Index: 1, Entry: "/newer/bin"}},
		Trees:    []facts.GoTree{treeAt("/new", "go1.26.8"), treeAt("/newer", "go1.27.4")},
		Godebugs: []string{"asynctimerchan", "panicnil"},
	}
	s.Project = facts.Project{Root: "/w", GoMod: facts.ModFile{Path: "/w/go.mod", State: facts.FileRead, Size: 40, Module: "m", Go: line(3, "1.25.0"),
		Head: &facts.ModVersion{Sound: true, Size: 40, Go: line(3, "1.25.0")}}}
	return s
}

func line(n int, value string) *facts.Directive {
	return &facts.Directive{Line: n, Value: value, Cut: facts.Splice{Offset: 10, Old: "go " + value + "\n"}}
}

func set(s *facts.Snapshot, name, value string, from facts.OriginKind) {
	s.Settings.Values[name] = facts.Setting{Value: value, Origin: from, Line: 2}
	switch from {
	case facts.FromProcess:
		s.Process.Vars[name] = value
		s.Startup.Assignments = append(s.Startup.Assignments, facts.Assignment{File: "/h/.profile", Kind: facts.KindShell, Line: 9, Name: name, Value: value, Known: true,
			Text: "export " + name + "=" + value, Cuts: []facts.Splice{{Offset: 50, Old: "export " + name + "=" + value + "\n"}}})
	case facts.FromGoenv:
		s.Settings.File.Entries = append(s.Settings.File.Entries, facts.EnvEntry{Line: 2, Name: name, Value: value, Cut: facts.Splice{Offset: 5, Old: name + "=" + value + "\n"}})
	}
}

// only keeps the first Go of the machine.
func only(s *facts.Snapshot) {
	s.Toolchain.Commands, s.Toolchain.Trees = s.Toolchain.Commands[:1], s.Toolchain.Trees[:1]
}

func shim(s *facts.Snapshot, sh *facts.GoShell, tr *facts.GoTrial) {
	c := &s.Toolchain.Commands[0]
	c.GoProgram = facts.GoProgram{Path: "/new/bin/go", Real: "/new/bin/go", Kind: facts.GoScriptFile, Mode: 0o755, Runs: true, Script: sh}
	s.Toolchain.Trial = tr
}

func failed(stderr string) facts.GoAnswer { return facts.GoAnswer{Exit: 127, Stderr: stderr} }

func answer(version, root string) facts.GoAnswer { return facts.GoAnswer{Version: version, Root: root} }

func TestChecks(t *testing.T) {
	first := func(s *facts.Snapshot) *facts.GoCommand { return &s.Toolchain.Commands[0] }
	tests := []struct {
		name   string
		break_ func(*facts.Snapshot)
		want   []string // nil = nothing may fire
		fix    diag.Risk
	}{
		{"healthy", func(*facts.Snapshot) {}, nil, ""},
		{"nothing in PATH", func(s *facts.Snapshot) { s.Toolchain.Commands, s.Toolchain.First = nil, -1 }, []string{"go-not-in-path"}, diag.Safe},
		{"nothing on the machine", func(s *facts.Snapshot) { s.Toolchain = facts.Toolchain{First: -1} }, []string{"go-not-in-path"}, diag.Manual},
		{"dangling link only", func(s *facts.Snapshot) {
			s.Toolchain.First, s.Toolchain.Commands = -1, s.Toolchain.Commands[:1]
			first(s).GoProgram = facts.GoProgram{Path: "/new/bin/go", Link: "/gone/go", Kind: facts.GoDangling}
		}, []string{"go-link-dangling"}, diag.Safe},
		{"dangling link first, good go behind", func(s *facts.Snapshot) {
			first(s).GoProgram = facts.GoProgram{Path: "/new/bin/go", Link: "/gone/go", Kind: facts.GoDangling}
			s.Toolchain.First = 1
		}, nil, ""},
		{"no x bit", func(s *facts.Snapshot) {
			only(s)
			s.Toolchain.First = -1
			first(s).Runs, first(s).Mode = false, 0o644
		}, []string{"go-not-executable"}, diag.Safe},
		{"noexec mount", func(s *facts.Snapshot) {
			only(s)
			s.Toolchain.First = -1
			first(s).Runs, first(s).NoExec = false, true
			s.Toolchain.Trees = append(s.Toolchain.Trees, treeAt("/usr/local/go", "go1.26.8"))
		}, []string{"go-not-executable"}, diag.Safe},
		{"cut off", func(s *facts.Snapshot) {
			first(s).Kind = facts.GoDamaged
			f := failed("")
			s.Toolchain.Trial = &facts.GoTrial{Usual: failed(""), Plain: &f}
		}, []string{"go-binary-damaged"}, diag.Safe},
		{"looks cut off, and works", func(s *facts.Snapshot) {
			first(s).Kind = facts.GoDamaged
			s.Toolchain.Trial = &facts.GoTrial{Usual: answer("go1.26.8", "/new")}
		}, nil, ""},
		{"a wrapper that prints", func(s *facts.Snapshot) {
			first(s).Kind = facts.GoScriptFile
			s.Toolchain.Trial = &facts.GoTrial{Usual: answer("go1.26.8", "/new")}
			s.Toolchain.Trial.Usual.Noise = "using go 1.26"
			s.Toolchain.Trees = append(s.Toolchain.Trees, treeAt("/usr/local/go", "go1.26.8"))
		}, []string{"go-wrapper-prints"}, diag.Manual},
		{"other processor", func(s *facts.Snapshot) {
			first(s).Arch = "arm64"
			s.Toolchain.Trees[0].Program.Arch = "arm64"
			s.Toolchain.Trial = &facts.GoTrial{Usual: facts.GoAnswer{Exit: -1, Start: "exec format error"}}
		}, []string{"go-other-architecture"}, diag.Safe},
		{"other processor, emulated", func(s *facts.Snapshot) {
			first(s).Arch = "arm64"
			s.Toolchain.Trial = &facts.GoTrial{Usual: answer("go1.26.8", "/new")}
		}, nil, ""},
		{"loader missing", func(s *facts.Snapshot) {
			first(s).Lacks = "/lib/ld-musl-x86_64.so.1"
			s.Toolchain.Trial = &facts.GoTrial{Usual: facts.GoAnswer{Exit: -1, Start: "no such file or directory"}}
		}, []string{"go-other-architecture"}, diag.Safe},
		{"lone copy", func(s *facts.Snapshot) { first(s).Root = ""; s.Toolchain.Trees = s.Toolchain.Trees[1:] }, []string{"go-binary-copied"}, diag.Safe},
		{"lone copy with GOROOT", func(s *facts.Snapshot) {
			first(s).Root = ""
			set(s, "GOROOT", "/new", facts.FromProcess)
		}, nil, ""},
		{"foreign program", func(s *facts.Snapshot) {
			first(s).GoProgram = facts.GoProgram{Path: "/new/bin/go", Real: "/new/bin/go", Kind: facts.GoProgramOf, Runs: true, Main: "corp.example/demo/cmd/go", OS: "linux", Arch: "amd64"}
		}, []string{"other-program-named-go"}, diag.Safe},
		{"launcher by link that works", func(s *facts.Snapshot) {
			first(s).GoProgram = facts.GoProgram{Path: "/new/bin/go", Real: "/usr/bin/snap", Link: "/usr/bin/snap", Kind: facts.GoProgramOf, Runs: true, Main: "snap", OS: "linux", Arch: "amd64"}
			s.Toolchain.Trial = &facts.GoTrial{Usual: answer("go1.26.8", "/new")}
		}, nil, ""},
		{"dead shim", func(s *facts.Snapshot) {
			f := failed("not found")
			shim(s, &facts.GoShell{Line: 3, Text: "exec x", Target: "/gone/go", State: facts.NamedMissing}, &facts.GoTrial{Usual: failed("not found"), Plain: &f})
		}, []string{"go-shim-dead-version"}, diag.Safe},
		{"slow shim", func(s *facts.Snapshot) {
			shim(s, &facts.GoShell{}, &facts.GoTrial{Usual: facts.GoAnswer{Exit: -1, TimedOut: true}})
		}, nil, ""},
		{"shim that starts itself", func(s *facts.Snapshot) {
			shim(s, &facts.GoShell{Line: 2, Target: "/new/bin/go", State: facts.NamedProgram, Self: true}, nil)
		}, []string{"go-shim-dead-version"}, diag.Safe},
		{"shim that works", func(s *facts.Snapshot) {
			shim(s, &facts.GoShell{}, &facts.GoTrial{Usual: answer("go1.26.8", "/new")})
		}, nil, ""},
		{"script that we do not run", func(s *facts.Snapshot) { shim(s, &facts.GoShell{}, nil) }, nil, ""},
		{"shim, and GOROOT is gone", func(s *facts.Snapshot) {
			set(s, "GOROOT", "/gone", facts.FromProcess)
			s.Toolchain.Trees = append(s.Toolchain.Trees, facts.GoTree{Root: "/gone", Real: "/gone", State: facts.TreeMissing})
			good := answer("go1.26.8", "/new")
			shim(s, &facts.GoShell{}, &facts.GoTrial{Usual: failed("cannot find GOROOT"), Plain: &good})
		}, []string{"goroot-env-removed-tree"}, diag.Safe},
		{"relative entry", func(s *facts.Snapshot) { first(s).Relative, first(s).Entry = true, "../new/bin" }, []string{"go-path-relative"}, diag.Safe},
	}
	for _, tt := range append(tests, append(rootCases(), chainCases()...)...) {
		s := healthy()
		tt.break_(s)
		r := diag.Run(Checks(), s)
		var got []string
		for _, f := range r.Findings {
			if f.Unknown {
				t.Errorf("%s: unknown: %s", tt.name, f.Claim)
			}
			got = append(got, f.Check)
			checkShape(t, tt.name, &f)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
			continue
		}
		if len(tt.want) > 0 && (len(r.Findings[0].Fixes) == 0 || r.Findings[0].Fixes[0].Risk != tt.fix) {
			t.Errorf("%s: fixes %+v, want the first %s", tt.name, r.Findings[0].Fixes, tt.fix)
		}
	}
}

// checkShape holds every finding to what a proof must have.
func checkShape(t *testing.T, name string, f *diag.Finding) {
	t.Helper()
	roles := map[diag.Role]int{}
	for _, e := range f.Evidence {
		roles[e.Role]++
		if e.Text.In("en") == "" || e.Text.In("zh") == "" {
			t.Errorf("%s: %s: empty evidence", name, f.Check)
		}
	}
	if roles[diag.Because] == 0 || roles[diag.Proof] == 0 || roles[diag.Not] == 0 || f.ByHand == "" || f.Claim.Zh == "" {
		t.Errorf("%s: %s: roles %v, by hand %q", name, f.Check, roles, f.ByHand)
	}
}

type testCase = struct {
	name   string
	break_ func(*facts.Snapshot)
	want   []string
	fix    diag.Risk
}

func rootCases() []testCase {
	gone := func(s *facts.Snapshot, state facts.GoTreeState, from facts.OriginKind) {
		set(s, "GOROOT", "/gone", from)
		s.Toolchain.Trees = append(s.Toolchain.Trees, facts.GoTree{Root: "/gone", Real: "/gone", State: state})
	}
	tool := func(s *facts.Snapshot, name string, change func(*facts.GoTool)) {
		for i := range s.Toolchain.Trees[0].Tools {
			if tl := &s.Toolchain.Trees[0].Tools[i]; tl.Name == name {
				change(tl)
			}
		}
	}
	return []testCase{
		{"GOROOT removed", func(s *facts.Snapshot) { gone(s, facts.TreeMissing, facts.FromProcess) }, []string{"goroot-env-removed-tree"}, diag.Safe},
		{"GOROOT a file, in goenv", func(s *facts.Snapshot) { gone(s, facts.TreeNoFolder, facts.FromGoenv) }, []string{"goroot-env-removed-tree"}, diag.Safe},
		{"GOROOT empty", func(s *facts.Snapshot) { gone(s, facts.TreeNone, facts.FromProcess) }, []string{"goroot-env-empty-dir"}, diag.Safe},
		{"GOROOT of the project's own .envrc", func(s *facts.Snapshot) {
			gone(s, facts.TreeMissing, facts.FromProcess)
			s.Startup.Assignments[len(s.Startup.Assignments)-1].Project = true
		}, []string{"goroot-env-removed-tree"}, diag.Person},
		{"GOROOT unreadable", func(s *facts.Snapshot) { gone(s, facts.TreeUnreadable, facts.FromProcess) }, nil, ""},
		{"GOROOT other, profile", func(s *facts.Snapshot) { set(s, "GOROOT", "/newer", facts.FromProcess) }, []string{"goroot-env-other-version"}, diag.Safe},
		{"GOROOT other, goenv", func(s *facts.Snapshot) { set(s, "GOROOT", "/newer", facts.FromGoenv) }, []string{"goroot-in-goenv-other-version"}, diag.Safe},
		{"GOROOT its own, by a link", func(s *facts.Snapshot) {
			set(s, "GOROOT", "/current", facts.FromProcess)
			s.Toolchain.Trees[0].Root = "/current"
		}, nil, ""},
		{"GOROOT by default only", func(s *facts.Snapshot) {
			s.Settings.Values["GOROOT"] = facts.Setting{Value: "/new", Origin: facts.FromDefault}
		}, nil, ""},
		{"compile missing", func(s *facts.Snapshot) {
			tool(s, "compile", func(t *facts.GoTool) { *t = facts.GoTool{Name: t.Name, Path: t.Path, Kind: facts.GoAbsent} })
		}, []string{"go-tool-compile-missing"}, diag.Safe},
		{"link empty", func(s *facts.Snapshot) {
			tool(s, "link", func(t *facts.GoTool) { t.Kind, t.Version = facts.GoEmpty, "" })
		}, []string{"go-tool-compile-missing"}, diag.Safe},
		{"asm without x", func(s *facts.Snapshot) {
			tool(s, "asm", func(t *facts.GoTool) { t.Runs, t.Mode = false, 0o644 })
		}, []string{"go-tool-not-executable"}, diag.Safe},
		{"tools on a noexec mount", func(s *facts.Snapshot) {
			for i := range s.Toolchain.Trees[0].Tools {
				s.Toolchain.Trees[0].Tools[i].Runs, s.Toolchain.Trees[0].Tools[i].NoExec = false, true
			}
		}, []string{"go-tool-not-executable"}, diag.Safe},
		{"compile of another release", func(s *facts.Snapshot) { tool(s, "compile", func(t *facts.GoTool) { t.Version = "go1.25.0" }) }, []string{"go-tools-from-other-release"}, diag.Safe},
		{"experiment in the release's name", func(s *facts.Snapshot) {
			tool(s, "compile", func(t *facts.GoTool) { t.Version = "go1.26.8 X:boringcrypto" })
		}, nil, ""},
		{"std cut", func(s *facts.Snapshot) { s.Toolchain.Trees[0].Absent = []string{"/new/src/fmt"} }, []string{"go-tree-incomplete"}, diag.Safe},
		{"mixed", func(s *facts.Snapshot) {
			s.Toolchain.Clashes = []facts.GoClash{{Package: "strconv", Name: "IntSize", File: "/new/src/strconv/a.go", Line: 1, Other: "/new/src/strconv/b.go", OtherAt: 2}}
		}, []string{"goroot-mixed-releases"}, diag.Safe},
		{"a broken tree that is not used", func(s *facts.Snapshot) { s.Toolchain.Trees[1].Tools[0].Kind = facts.GoAbsent }, nil, ""},
		{"a broken tree, but a cached toolchain does the work", func(s *facts.Snapshot) {
			s.Toolchain.Trees[0].Tools[0].Kind = facts.GoAbsent
			set(s, "GOTOOLCHAIN", "go1.27.1", facts.FromGoenv)
			s.Toolchain.Switch = []facts.GoSwitch{{Name: "go1.27.1", Path: "/c/t", Cache: true}}
			s.Toolchain.Trees = append(s.Toolchain.Trees, treeAt("/c/t", "go1.27.1"))
		}, nil, ""},
	}
}

func chainCases() []testCase {
	wants := func(s *facts.Snapshot, v string) {
		s.Project.GoMod.Go, s.Project.GoMod.Head.Go = line(3, v), line(3, v)
	}
	chain := func(s *facts.Snapshot, v string) { s.Project.GoMod.Toolchain = line(5, v) }
	return []testCase{
		{"GOTOOLCHAIN invalid", func(s *facts.Snapshot) { set(s, "GOTOOLCHAIN", "1.26", facts.FromProcess) }, []string{"gotoolchain-invalid"}, diag.Safe},
		{"GOTOOLCHAIN bad suffix", func(s *facts.Snapshot) { set(s, "GOTOOLCHAIN", "go1.26.0+best", facts.FromGoenv) }, []string{"gotoolchain-invalid"}, diag.Safe},
		{"GOTOOLCHAIN local and enough", func(s *facts.Snapshot) { set(s, "GOTOOLCHAIN", "local", facts.FromGoenv); chain(s, "go1.99.0") }, nil, ""},
		{"GOTOOLCHAIN of a custom build", func(s *facts.Snapshot) { set(s, "GOTOOLCHAIN", "go1.26.8-corp", facts.FromGoenv) }, nil, ""},
		{"pinned, to be downloaded", func(s *facts.Snapshot) { set(s, "GOTOOLCHAIN", "go1.25.3", facts.FromGoenv) }, nil, ""},
		{"pinned, GOPROXY=off", func(s *facts.Snapshot) {
			set(s, "GOTOOLCHAIN", "go1.25.3", facts.FromGoenv)
			set(s, "GOPROXY", "off", facts.FromGoenv)
		}, []string{"gotoolchain-unavailable"}, diag.Safe},
		{"pinned to a language version", func(s *facts.Snapshot) { set(s, "GOTOOLCHAIN", "go1.25", facts.FromGoenv) }, []string{"gotoolchain-unavailable"}, diag.Safe},
		{"pinned below the go line, from PATH only", func(s *facts.Snapshot) { set(s, "GOTOOLCHAIN", "go1.24.3+path", facts.FromGoenv) }, []string{"gotoolchain-unavailable"}, diag.Safe},
		{"pinned in goenv, too old", func(s *facts.Snapshot) {
			set(s, "GOTOOLCHAIN", "go1.24.0", facts.FromGoenv)
			s.Toolchain.Switch = []facts.GoSwitch{{Name: "go1.24.0", Path: "/h/go/bin/go1.24.0"}}
		}, []string{"gotoolchain-pinned-in-goenv"}, diag.Safe},
		{"pinned in the profile, too old", func(s *facts.Snapshot) {
			set(s, "GOTOOLCHAIN", "go1.24.0", facts.FromProcess)
			s.Toolchain.Switch = []facts.GoSwitch{{Name: "go1.24.0", Path: "/h/go/bin/go1.24.0"}}
		}, []string{"gotoolchain-pinned-in-profile"}, diag.Safe},
		{"pinned and enough", func(s *facts.Snapshot) {
			set(s, "GOTOOLCHAIN", "go1.25.0", facts.FromProcess)
			s.Toolchain.Switch = []facts.GoSwitch{{Name: "go1.25.0", Path: "/h/go/bin/go1.25.0"}}
		}, nil, ""},
		{"old first, auto", func(s *facts.Snapshot) { wants(s, "1.27.0") }, []string{"old-go-first-in-path-offline"}, diag.Safe},
		{"old first, but its newer toolchain is cached", func(s *facts.Snapshot) {
			wants(s, "1.27.0")
			s.Toolchain.Switch = []facts.GoSwitch{{Name: "go1.27.0", Path: "/c/t", Cache: true}}
			s.Toolchain.Trees = append(s.Toolchain.Trees, treeAt("/c/t", "go1.27.0"))
		}, nil, ""},
		{"old first, local", func(s *facts.Snapshot) { wants(s, "1.27.0"); set(s, "GOTOOLCHAIN", "local", facts.FromGoenv) }, []string{"old-go-first-in-path-offline"}, diag.Safe},
		{"old first, and enough", func(s *facts.Snapshot) { wants(s, "1.26") }, nil, ""},
		{"old only, auto, to be downloaded", func(s *facts.Snapshot) { only(s); wants(s, "1.27.0") }, nil, ""},
		{"old only, local, cached toolchain", func(s *facts.Snapshot) {
			only(s)
			wants(s, "1.27.0")
			set(s, "GOTOOLCHAIN", "local", facts.FromGoenv)
			s.Toolchain.Switch = []facts.GoSwitch{{Name: "go1.27.0", Path: "/c/t", Cache: true}}
		}, []string{"gotoolchain-pinned-in-goenv"}, diag.Safe},
		{"old only, local by the distribution, cached toolchain", func(s *facts.Snapshot) {
			only(s)
			wants(s, "1.27.0")
			s.Toolchain.Trees[0].GoToolchain = "local"
			s.Toolchain.Switch = []facts.GoSwitch{{Name: "go1.27.0", Path: "/c/t", Cache: true}}
		}, []string{"gotoolchain-local-by-default"}, diag.Safe},
		{"go line committed, local, nothing here", func(s *facts.Snapshot) { wants(s, "1.99.0"); set(s, "GOTOOLCHAIN", "local", facts.FromGoenv) }, []string{"gomod-go-line-too-new"}, diag.Manual},
		{"go line not committed, local", func(s *facts.Snapshot) {
			s.Project.GoMod.Go = line(3, "1.99.0")
			set(s, "GOTOOLCHAIN", "local", facts.FromGoenv)
		}, []string{"gomod-go-line-too-new"}, diag.Safe},
		{"go line not committed, auto, cannot exist", func(s *facts.Snapshot) { s.Project.GoMod.Go = line(3, "1.99.0") }, []string{"gomod-go-line-too-new"}, diag.Safe},
		{"go line not committed, auto, may exist", func(s *facts.Snapshot) { s.Project.GoMod.Go = line(3, "1.28.0") }, nil, ""},
		{"go line in GOPATH mode", func(s *facts.Snapshot) { wants(s, "1.99.0"); set(s, "GO111MODULE", "off", facts.FromGoenv) }, nil, ""},
		{"toolchain line invalid", func(s *facts.Snapshot) { chain(s, "1.26.0") }, []string{"gomod-toolchain-line-invalid"}, diag.Safe},
		{"toolchain line default", func(s *facts.Snapshot) { chain(s, "default") }, nil, ""},
		{"toolchain line too new, not committed", func(s *facts.Snapshot) { chain(s, "go1.99.0") }, []string{"gomod-toolchain-line-too-new"}, diag.Safe},
		{"toolchain line to be downloaded", func(s *facts.Snapshot) { only(s); chain(s, "go1.27.2") }, nil, ""},
		{"go.mod of zero bytes, in git", func(s *facts.Snapshot) {
			m := &s.Project.GoMod
			m.Go, m.NULs, m.Blank, m.Index = nil, 40, true, &facts.ModVersion{Sound: true, Size: 40, Whole: []facts.Splice{{Old: "\x00", New: "module m\n"}}}
		}, []string{"gomod-zero-filled"}, diag.Safe},
		{"go.mod of zero bytes, nowhere else", func(s *facts.Snapshot) {
			m := &s.Project.GoMod
			m.Go, m.NULs, m.Blank, m.Head = nil, 40, true, nil
		}, []string{"gomod-zero-filled"}, diag.Manual},
		{"go.mod empty as a mark", func(s *facts.Snapshot) {
			s.Project.GoMod = facts.ModFile{Path: "/w/go.mod", State: facts.FileRead, Blank: true, Head: &facts.ModVersion{}}
		}, nil, ""},
		{"godebug unknown, not committed", func(s *facts.Snapshot) {
			s.Project.GoMod.Godebug = []facts.Directive{{Line: 5, Key: "asynctimerchn", Cut: facts.Splice{Old: "godebug asynctimerchn=0\n"}}}
		}, []string{"gomod-godebug-unknown"}, diag.Safe},
		{"godebug known", func(s *facts.Snapshot) {
			s.Project.GoMod.Godebug = []facts.Directive{{Line: 5, Key: "panicnil"}, {Line: 6, Key: "default", Value: "go1.24"}}
		}, nil, ""},
		{"godebug, table unknown", func(s *facts.Snapshot) {
			s.Toolchain.Godebugs = nil
			s.Project.GoMod.Godebug = []facts.Directive{{Line: 5, Key: "x"}}
		}, nil, ""},
		{"workspace asks for more than its first module", func(s *facts.Snapshot) {
			set(s, "GOTOOLCHAIN", "local", facts.FromGoenv)
			s.Project.Work = facts.ModFile{Path: "/go.work", State: facts.FileRead, Go: line(1, "1.27.0")}
		}, []string{"old-go-first-in-path-offline"}, diag.Safe},
		{"development tree", func(s *facts.Snapshot) {
			s.Toolchain.Commands[0].Version = "devel go1.28-abcdef"
			t := treeAt("/new", "devel go1.28-abcdef")
			s.Toolchain.Trees[0] = t
			wants(s, "1.27.0")
		}, nil, ""},
	}
}

// TestNothingKnown: with no fact at all, nothing but the lack of a go program is a finding, and without the
// sections everything is unknown.
func TestNothingKnown(t *testing.T) {
	s := healthy()
	s.Toolchain, s.Project, s.Settings, s.Startup = facts.Toolchain{First: -1}, facts.Project{}, facts.Settings{}, facts.Startup{}
	for _, f := range diag.Run(Checks(), s).Findings {
		if f.Check != notInPathID {
			t.Errorf("%s: %s", f.Check, f.Claim)
		}
	}
	for _, f := range diag.Run(Checks(), &facts.Snapshot{}).Findings {
		if !f.Unknown {
			t.Errorf("%s: %s", f.Check, f.Claim)
		}
	}
}

func TestTooFar(t *testing.T) {
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for name, want := range map[string]bool{"go1.27.0": false, "go1.29.0": false, "go1.30.0": true, "go1.99.0": true, "go1.260": true} {
		if tooFar(name, now) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	if tooFar("go1.99.0", time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) || tooFar("go1.31.0", now.AddDate(2, 0, 0)) {
		t.Error("clock")
	}
}

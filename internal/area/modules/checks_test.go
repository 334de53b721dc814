package modules

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

const base = `module example.com/app

go 1.25

require (
	example.com/greet v1.2.0
	example.com/pin v0.1.0 // pinned, keep
)

require example.com/text v1.0.0 // indirect
`

const sums = `example.com/greet v1.2.0/go.mod h1:x
example.com/pin v0.1.0/go.mod h1:x
example.com/text v1.0.0/go.mod h1:x
`

// snapshot has a project whose go.mod is now, and whose last commit has head ("" = no repository).
func snapshot(head, now string) *facts.Snapshot {
	s := &facts.Snapshot{Dir: "/w", Sections: map[facts.Section]facts.Status{}}
	for _, c := range Checks() {
		for _, sec := range c.Reads {
			s.Sections[sec] = facts.Status{State: facts.OK}
		}
	}
	s.Project.Root = "/w"
	src := facts.ModSource{Path: "/w/go.mod", State: facts.FileRead, Text: now}
	if head != "" {
		src.Head, src.Index = &head, &head
	}
	s.ModFiles.Mods = []facts.ModSource{src}
	s.ModFiles.Sum = facts.ModSource{Path: "/w/go.sum", State: facts.FileRead, Text: sums}
	s.Toolchain.Commands = []facts.GoCommand{{GoProgram: facts.GoProgram{Version: "go1.26.8"}}}
	s.Settings.Values = map[string]facts.Setting{"GOTOOLCHAIN": {Value: "local"}}
	s.Build = facts.Build{Outcome: facts.BuildFailed, Command: "go build ./...", Stderr: "go: errors", Errors: []facts.BuildError{{Text: "go: errors", Class: facts.ClassModule}}}
	return s
}

func ids(r *diag.Report) string {
	var out []string
	for _, f := range r.Findings {
		id := f.Check
		if f.Unknown {
			id = "?" + id
		}
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

// fixed is the go.mod after the first fix of the first finding, with its risk; "" when there is none that acts.
func fixed(t *testing.T, r *diag.Report, now string) (string, diag.Risk) {
	t.Helper()
	for _, f := range r.Findings[0].Fixes {
		if len(f.Actions) == 0 {
			return "", f.Risk
		}
		e, ok := f.Actions[0].(*action.Edit)
		if !ok {
			return "", f.Risk
		}
		out, err := action.Spliced([]byte(now), e.Splices)
		if err != nil {
			t.Fatal(err)
		}
		return string(out), f.Risk
	}
	return "", ""
}

func with(old, new string) string {
	if !strings.Contains(base, old) {
		panic(old)
	}
	return strings.Replace(base, old, new, 1)
}

// TestLines: what is said of a go.mod that does not parse, and what becomes of it. want "=head": it is the committed
// file again.
func TestLines(t *testing.T) {
	for _, tc := range []struct {
		name, head, now string
		id              string
		want            string
		risk            diag.Risk
	}{
		{"whole", base, base, "", "", ""},
		{"misspelt", base, with("require example.com/text", "required example.com/text"), "gomod-unknown-directive-typo", "=head", diag.Safe},
		{"misspelt, other edit stays", base, with("require example.com/text v1.0.0", "reqiure example.com/text v1.1.0"), "gomod-unknown-directive-typo", with("text v1.0.0", "text v1.1.0"), diag.Safe},
		{"misspelt block", base, with("require (", "requires ("), "gomod-unknown-directive-typo", "=head", diag.Safe},
		{"misspelt, no git", "", with("require (", "require s("), "gomod-line-malformed", "", diag.Manual},
		{"misspelt, no git, one word", "", with("require (", "requier ("), "gomod-unknown-directive-typo", base, diag.Safe},
		{"go misspelt", "", with("go 1.25", "goo 1.25"), "gomod-unknown-directive-typo", base, diag.Safe},
		{"no word at all", base, with("go 1.25\n", "go 1.25\n\nfoobar baz\n"), "gomod-unknown-directive-typo", "=head", diag.Safe},
		{"no word at all, committed", with("go 1.25\n", "foobar baz\n"), with("go 1.25\n", "foobar baz\n"), "gomod-unknown-directive-typo", "", diag.Manual},
		{"go twice", base, with("go 1.25", "go 1.24\ngo 1.25"), "gomod-duplicate-go-directive", "=head", diag.Safe},
		{"go twice, higher first, no git", "", with("go 1.25", "go 1.25\n\ngo 1.24.3"), "gomod-duplicate-go-directive", with("go 1.25", "go 1.25\n"), diag.Safe},
		{"toolchain twice", base, with("go 1.25", "go 1.25\n\ntoolchain go1.25.1\ntoolchain go1.26.0"), "gomod-duplicate-go-directive", with("go 1.25", "go 1.25\n\ntoolchain go1.26.0"), diag.Safe},
		{"module twice", base, with("module example.com/app", "module example.com/app\nmodule example.com/fork"), "gomod-duplicate-go-directive", "=head", diag.Safe},
		{"module twice, no git", "", with("module example.com/app", "module example.com/app\nmodule example.com/fork"), "gomod-duplicate-go-directive", "", diag.Manual},
		{"branch", base, with("greet v1.2.0", "greet main"), "gomod-branch-name-as-version", "=head", diag.Safe},
		{"latest", base, with("greet v1.2.0", "greet latest"), "gomod-branch-name-as-version", "=head", diag.Safe},
		{"no v", base, with("greet v1.2.0", "greet 1.2.0"), "gomod-branch-name-as-version", "=head", diag.Safe},
		{"two branches", base, strings.Replace(with("greet v1.2.0", "greet main"), "pin v0.1.0", "pin dev", 1), "gomod-branch-name-as-version", "=head", diag.Safe},
		{"branch, committed", with("greet v1.2.0", "greet main"), with("greet v1.2.0", "greet main"), "gomod-branch-name-as-version", "", diag.Manual},
		{"major", base, with("greet v1.2.0", "greet v2.0.0"), "major-version-suffix-missing", "=head", diag.Safe},
		{"suffix without major", base, with("greet v1.2.0", "greet/v3 v1.2.0"), "major-version-suffix-missing", "=head", diag.Safe},
		{"incompatible is legal", base, with("greet v1.2.0", "greet v2.0.0+incompatible"), "", "", ""},
		{"version forgotten", base, with("greet v1.2.0", "greet"), "gomod-line-malformed", "=head", diag.Safe},
		{"go line of no release", base, with("go 1.25", "go 1.25.x"), "gomod-line-malformed", "=head", diag.Safe},
		{"folder without ./", base, base + "\nreplace example.com/greet => libs/greet\n", "gomod-line-malformed", base + "\nreplace example.com/greet => ./libs/greet\n", diag.Safe},
		{"byte order mark", base, "\ufeff" + base, "gomod-line-malformed", "=head", diag.Safe},
		{"quote open", base, with("example.com/pin v0.1.0 //", "\"example.com/pin v0.1.0 //"), "gomod-line-malformed", "=head", diag.Safe},
		{"conflict, both add", base, with("\texample.com/greet v1.2.0\n\texample.com/pin v0.1.0 // pinned, keep\n", "<<<<<<< HEAD\n\texample.com/greet v1.2.0\n=======\n\texample.com/pin v0.1.0 // pinned, keep\n>>>>>>> other\n"), "gomod-merge-conflict-markers", "=head", diag.Safe},
		{"conflict of versions", base, with("\texample.com/greet v1.2.0\n", "<<<<<<< HEAD\n\texample.com/greet v1.2.0\n=======\n\texample.com/greet v1.1.0\n>>>>>>> other\n"), "gomod-merge-conflict-markers", "=head", diag.Person},
		{"conflict, a version go.sum does not know", base, with("\texample.com/greet v1.2.0\n", "<<<<<<< HEAD\n\texample.com/greet v1.2.0\n=======\n\texample.com/greet v1.2.0\n\texample.com/new v1.0.0\n>>>>>>> other\n"), "gomod-merge-conflict-markers", with("greet v1.2.0\n", "greet v1.2.0\n\texample.com/new v1.0.0\n"), diag.Person},
		{"conflict of replacements", base, base + "<<<<<<< HEAD\nreplace example.com/greet => ../a\n=======\nreplace example.com/greet => ../b\n>>>>>>> other\n", "gomod-merge-conflict-markers", "", diag.Manual},
		{"conflict with what was deleted", base, with("\texample.com/greet v1.2.0\n", "<<<<<<< HEAD\n||||||| base\n\texample.com/greet v1.2.0\n=======\n\texample.com/greet v1.3.0\n>>>>>>> other\n"), "gomod-merge-conflict-markers", "", diag.Manual},
		{"half a conflict", base, with("go 1.25\n", "go 1.25\n<<<<<<< HEAD\n"), "gomod-merge-conflict-markers", "", diag.Manual},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := snapshot(tc.head, tc.now)
			r := diag.Run(Checks(), s)
			if ids(r) != tc.id {
				t.Fatalf("found %q, want %q", ids(r), tc.id)
			}
			if tc.id == "" {
				return
			}
			complete(t, r)
			want := tc.want
			if want == "=head" {
				want = tc.head
			}
			got, risk := fixed(t, r, tc.now)
			if got != want || risk != tc.risk {
				t.Errorf("%s:\n%s\nwant %s:\n%s", risk, got, tc.risk, want)
			}
			if got == "" {
				return
			}
			if _, err := modfile.Parse("go.mod", []byte(got), nil); err != nil {
				t.Error(err)
			}
			if after := diag.Run(Checks(), snapshot(tc.head, got)); after.Find(r.Findings[0].Key()) != nil {
				t.Errorf("still found: %q", ids(after))
			}
		})
	}
}

// complete checks that each finding has all that a reader needs.
func complete(t *testing.T, r *diag.Report) {
	t.Helper()
	for _, f := range r.Findings {
		roles := map[diag.Role]bool{}
		for _, e := range f.Evidence {
			roles[e.Role] = true
			if e.Text.En == "" || e.Text.Zh == "" || strings.Contains(e.Text.String(), "{") {
				t.Errorf("%s: %q", f.Check, e.Text)
			}
		}
		if !roles[diag.Because] || !roles[diag.Proof] || !roles[diag.Not] || f.ByHand == "" || len(f.Fixes) == 0 || strings.Contains(f.Claim.String(), "{") {
			t.Errorf("%s: incomplete: %+v", f.Check, f)
		}
	}
}

// TestGraph: what is said of a go.mod that parses and asks for what cannot be had.
func TestGraph(t *testing.T) {
	type edit func(*facts.Snapshot)
	dep := func(d facts.ModDep) edit {
		return func(s *facts.Snapshot) { s.ModFiles.Deps = append(s.ModFiles.Deps, d) }
	}
	imports := func(paths ...string) edit {
		return func(s *facts.Snapshot) {
			for _, p := range paths {
				s.ModFiles.Imports = append(s.ModFiles.Imports, facts.Import{Path: p, File: "/w/main.go"})
			}
		}
	}
	passes := func(s *facts.Snapshot) { s.Build = facts.Build{Outcome: facts.BuildOK} }
	folder := func(d facts.ModDir) edit {
		return func(s *facts.Snapshot) {
			d.File, d.Line = "/w/go.mod", strings.Count(s.ModFiles.Mods[0].Text, "\n")
			s.ModFiles.Dirs = []facts.ModDir{d}
			s.Build.Stderr = "go: example.com/greet@v1.2.0: replacement directory " + d.To + " does not exist"
		}
	}
	answers := func(status int, words ...string) edit {
		return func(s *facts.Snapshot) {
			s.ModFiles.Deps = append(s.ModFiles.Deps, facts.ModDep{Path: "example.com/greet", Version: "v1.2.0", Known: true, Declares: "example.com/greet"})
			file := facts.NetFetch{Module: "example.com/greet@v1.20.0", Kind: ".zip", Answer: facts.NetAnswer{Status: status, Fail: facts.NetStatus}}
			gone := file
			gone.Answer.Status = 404
			s.Network.Entries = []facts.NetEntry{{URL: "https://a.example.test", Files: []facts.NetFetch{gone}, Knows: []string{"example.com/greet"}}}
			s.Network.Others = []facts.NetEntry{{URL: "https://b.example.test", Files: []facts.NetFetch{file}}}
			for _, w := range words {
				s.Network.Entries = append(s.Network.Entries, facts.NetEntry{URL: w, Word: true})
			}
		}
	}
	typo := with("greet v1.2.0", "greet v1.20.0")
	tool := with("go 1.25\n", "go 1.25\n\ntool example.com/text\n")
	fork := with("greet v1.2.0", "alice/greet v1.2.1")
	there := base + "\nreplace example.com/greet => ../greet\n"
	for _, tc := range []struct {
		name, head, now string
		edits           []edit
		id              string
		want            string
		risk            diag.Risk
	}{
		{"no such version", base, typo, []edit{answers(404)}, "dependency-version-typo", "=head", diag.Safe},
		{"no such version on the proxies, then direct", base, typo, []edit{answers(404, "direct")}, "dependency-version-typo", "=head", diag.Person},
		{"no such version, committed", typo, typo, []edit{answers(410)}, "dependency-version-typo", "", diag.Manual},
		{"a server that knows nothing", base, typo, []edit{answers(404), func(s *facts.Snapshot) { s.Network.Entries[0].Knows = nil }}, "", "", ""},
		{"one proxy cannot say", base, typo, []edit{answers(503)}, "", "", ""},
		{"nobody was asked", base, typo, nil, "", "", ""},
		{"excluded", base, base + "\nexclude example.com/text v1.0.0\n", nil, "gomod-exclude-of-required-version", "=head", diag.Safe},
		{"excluded, committed", base + "\nexclude example.com/text v1.0.0\n", base + "\nexclude example.com/text v1.0.0\n", nil, "gomod-exclude-of-required-version", base + "\n", diag.Person},
		{"excludes another version", base, base + "\nexclude example.com/text v1.1.0\n", nil, "", "", ""},
		{"excluded, and builds", base, base + "\nexclude example.com/text v1.0.0\n", []edit{passes}, "", "", ""},
		{"needs newer go", base, with("greet v1.2.0", "greet v1.2.1"), []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.1", Known: true, Declares: "example.com/greet", Go: "1.99"})}, "dependency-needs-newer-go", "=head", diag.Safe},
		{"needs newer go, the old one too", base, with("greet v1.2.0", "greet v1.2.1"), []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.1", Known: true, Declares: "example.com/greet", Go: "1.99"}),
			dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.0", Head: true, Known: true, Declares: "example.com/greet", Go: "1.98"})}, "dependency-needs-newer-go", "", diag.Manual},
		{"needs newer go, committed", base, base, []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.0", Known: true, Declares: "example.com/greet", Go: "1.99"})}, "dependency-needs-newer-go", "", diag.Manual},
		{"needs this go", base, base, []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.0", Known: true, Declares: "example.com/greet", Go: "1.26.8"})}, "", "", ""},
		{"needs newer go, replaced", base, base, []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.0", Known: true, Declares: "example.com/greet", Go: "1.99", Replaced: true})}, "", "", ""},
		{"needs newer go, which may be fetched", base, base, []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.0", Known: true, Declares: "example.com/greet", Go: "1.99"}), func(s *facts.Snapshot) {
			s.Settings.Values["GOTOOLCHAIN"] = facts.Setting{Value: "auto"}
		}}, "", "", ""},
		{"fork", base, fork, []edit{dep(facts.ModDep{Path: "example.com/alice/greet", Version: "v1.2.1", Known: true, Declares: "example.com/greet"}), imports("example.com/greet")}, "fork-required-without-replace",
			base + "\nreplace example.com/greet => example.com/alice/greet v1.2.1\n", diag.Safe},
		{"fork, committed", fork, fork, []edit{dep(facts.ModDep{Path: "example.com/alice/greet", Version: "v1.2.1", Known: true, Declares: "example.com/greet"}), imports("example.com/greet")}, "fork-required-without-replace", "", diag.Manual},
		{"moved", base, with("greet v1.2.0", "greet v1.9.0"), []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.9.0", Known: true, Declares: "example.org/greet"}), imports("example.com/greet")}, "fork-required-without-replace", "=head", diag.Safe},
		{"moved, committed, policy", base, base, []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v1.2.0", Known: true, Declares: "example.org/greet"}), imports("example.com/greet"), func(s *facts.Snapshot) {
			s.Policy.Moved = map[string]string{"example.com/greet": "example.org/greet"}
		}}, "fork-required-without-replace", "", diag.Manual},
		{"incompatible with go.mod", base, with("greet v1.2.0", "greet v2.1.0+incompatible"), []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v2.1.0+incompatible", Known: true, Declares: "example.com/greet/v2"})}, "incompatible-version-has-gomod", "=head", diag.Safe},
		{"incompatible", base, with("greet v1.2.0", "greet v2.1.0+incompatible"), []edit{dep(facts.ModDep{Path: "example.com/greet", Version: "v2.1.0+incompatible", Known: true, Declares: "example.com/greet"})}, "", "", ""},
		{"sibling, one place", there, there, []edit{folder(facts.ModDir{Module: "example.com/greet", To: "../greet", Dir: "/greet", State: facts.ModDirMissing, Elsewhere: []string{"/libs/greet"}})}, "replace-sibling-not-cloned", "", diag.Safe},
		{"sibling, two places", there, there, []edit{folder(facts.ModDir{Module: "example.com/greet", To: "../greet", Dir: "/greet", State: facts.ModDirMissing, Elsewhere: []string{"/a", "/b"}})}, "replace-sibling-not-cloned", "", diag.Manual},
		{"sibling, uncommitted", base, there, []edit{folder(facts.ModDir{Module: "example.com/greet", To: "../greet", Dir: "/greet", State: facts.ModDirMissing})}, "replace-sibling-not-cloned", "=head", diag.Safe},
		{"sibling, somebody's own path", there, there, []edit{folder(facts.ModDir{Module: "example.com/greet", To: "/home/alice/greet", Dir: "/home/alice/greet", State: facts.ModDirMissing, Elsewhere: []string{"/w2"}})}, "replace-sibling-not-cloned", "", diag.Manual},
		{"sibling, nobody asks", there, there, []edit{folder(facts.ModDir{Module: "example.com/other", To: "../x", Dir: "/x", State: facts.ModDirMissing}), func(s *facts.Snapshot) { s.Build.Stderr = "go: other trouble" }}, "", "", ""},
		{"sibling, and builds", there, there, []edit{folder(facts.ModDir{Module: "example.com/greet", To: "../greet", Dir: "/greet", State: facts.ModDirMissing}), passes}, "", "", ""},
		{"submodule", there, there, []edit{folder(facts.ModDir{Module: "example.com/greet", To: "./greet", Dir: "/w/greet", State: facts.ModDirEmpty, Submodule: "greet", Repo: "/w"})}, "replace-submodule-not-initialised", "", diag.Manual},
		{"tool dropped", tool, base, []edit{passes}, "tool-directive-dropped", "=head", diag.Safe},
		{"tool dropped, module imported", tool, base, []edit{passes, imports("example.com/text")}, "", "", ""},
		{"tool removed with its requirement", tool, with("\nrequire example.com/text v1.0.0 // indirect\n", ""), []edit{passes}, "", "", ""},
		{"tool removed and staged", tool, base, []edit{passes, func(s *facts.Snapshot) { s.ModFiles.Mods[0].Index = &s.ModFiles.Mods[0].Text }}, "", "", ""},
		{"deleted", "", base, []edit{func(s *facts.Snapshot) {
			text := base
			s.ModFiles.Mods, s.Project.Root = nil, ""
			s.ModFiles.Lost = &facts.ModSource{Path: "/w/go.mod", State: facts.FileMissing, Head: &text, Index: &text}
		}}, "gomod-deleted", "", diag.Safe},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := snapshot(tc.head, tc.now)
			for _, e := range tc.edits {
				e(s)
			}
			r := diag.Run(Checks(), s)
			if ids(r) != tc.id {
				t.Fatalf("found %q, want %q", ids(r), tc.id)
			}
			if tc.id == "" {
				return
			}
			complete(t, r)
			want := tc.want
			if want == "=head" {
				want = tc.head
			}
			if tc.name == "deleted" {
				want, tc.now = base, ""
			}
			if got, risk := fixed(t, r, tc.now); got != want || risk != tc.risk {
				t.Errorf("%s:\n%s\nwant %s:\n%s", risk, got, tc.risk, want)
			}
		})
	}
}

// TestTrials: which uncommitted statements are named as the cause.
func TestTrials(t *testing.T) {
	two := strings.Replace(with("greet v1.2.0", "greet v1.3.0"), "text v1.0.0", "text v1.1.0", 1)
	odd := strings.Replace(with("greet v1.2.0", "greet v1.3.0"), "go 1.25", "go 1.24", 1)
	user := facts.Build{Outcome: facts.BuildFailed, Command: "go build ./...", Errors: []facts.BuildError{{Text: "not enough arguments", Class: facts.ClassUserCode, File: "/w/main.go", Line: 5}}}
	mod := facts.Build{Outcome: facts.BuildFailed, Command: "go build ./...", Errors: []facts.BuildError{{Text: "no required module provides", Class: facts.ClassModule}}}
	all := facts.Trial{Reverted: []int{0, 1}, All: true, Outcome: facts.BuildOK}
	sum := sums + "example.com/greet v1.3.0/go.mod h1:y\n"
	for _, tc := range []struct {
		name, now string
		build     facts.Build
		tried     []facts.Trial
		id, want  string
		actions   int
	}{
		{"two raised, one is enough", two, user, []facts.Trial{all, {Reverted: []int{0}, Outcome: facts.BuildOK}}, "dependency-api-removed-by-upgrade", base, 2},
		{"one of two different edits", odd, user, []facts.Trial{all, {Reverted: []int{0}, Outcome: facts.BuildFailed, Own: true}, {Reverted: []int{1}, Outcome: facts.BuildOK}}, "dependency-api-removed-by-upgrade", with("go 1.25", "go 1.24"), 1},
		{"own error stays", two, user, []facts.Trial{{Reverted: []int{0, 1}, All: true, Outcome: facts.BuildFailed, Own: true}}, "", "", 0},
		{"no trial", two, user, nil, "", "", 0},
		{"module", odd, mod, []facts.Trial{all, {Reverted: []int{0}, Outcome: facts.BuildFailed, Own: true}}, "gomod-edit-breaks-build", with("greet v1.2.0", "greet v1.3.0"), 1},
		{"module, trial fails", odd, mod, []facts.Trial{{Reverted: []int{0, 1}, All: true, Outcome: facts.BuildFailed}}, "", "", 0},
		{"module, needs a download", odd, mod, []facts.Trial{{Reverted: []int{0, 1}, All: true, Outcome: facts.BuildNeedsDownload}}, "", "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := snapshot(base, tc.now)
			s.Build = tc.build
			head := sums
			s.ModFiles.Sum.Head, s.ModFiles.Sum.Text = &head, sum
			s.Trials = facts.Trials{Changes: []string{"a", "b"}, Tried: tc.tried}
			r := diag.Run(Checks(), s)
			if ids(r) != tc.id {
				t.Fatalf("found %q, want %q", ids(r), tc.id)
			}
			if tc.id == "" {
				return
			}
			complete(t, r)
			if got, risk := fixed(t, r, tc.now); got != tc.want || risk != diag.Safe {
				t.Errorf("%s:\n%s\nwant:\n%s", risk, got, tc.want)
			}
			if n := len(r.Findings[0].Fixes[0].Actions); n != tc.actions {
				t.Errorf("%d actions", n)
			}
		})
	}
}

// TestComplaints: what is said of packages that nobody provides or several do, of tools and of versions, and of what only
// looks like it.
func TestComplaints(t *testing.T) {
	lib := facts.Import{Path: "example.com/app/lib", File: "/w/main.go", Line: 3}
	more := with("text v1.0.0", "text v1.1.0")
	tool := base + "\ntool example.com/stamp\n"
	pseudo := "v0.1.1-0.20240102030405-abcdef"
	for _, tc := range []struct {
		name  string
		now   string
		facts func(s *facts.Snapshot)
		id    string
		want  string // go.mod after the first fix
		risk  diag.Risk
	}{
		{"updates", base, func(s *facts.Snapshot) { s.Trials.Updated = &more }, "gomod-updates-needed", more, diag.Person},
		{"updates, but the build passes", base, func(s *facts.Snapshot) { s.Trials.Updated = &more; s.Build.Outcome = facts.BuildOK }, "", "", ""},
		{"hidden, not in git", base, func(s *facts.Snapshot) {
			s.Trials.Nested = []facts.NestedMod{{Path: "/w/lib/go.mod", Module: "lib", Package: lib.Path, File: lib.File, Line: 3, Untracked: true}}
		}, "nested-gomod-hides-package", "", diag.Person},
		{"hidden, committed", base, func(s *facts.Snapshot) {
			s.Trials.Nested = []facts.NestedMod{{Path: "/w/lib/go.mod", Module: "lib", Package: lib.Path, File: lib.File, Line: 3}}
		}, "nested-gomod-hides-package", "", diag.Manual},
		{"not there", base, func(s *facts.Snapshot) {
			s.Trials.Absent = []facts.AbsentImport{{Import: lib, Module: "example.com/app", Dir: "/w/lib"}}
		}, "import-of-missing-package", "", diag.Manual},
		{"not there, and a requirement would help", base, func(s *facts.Snapshot) {
			s.Trials.Absent = []facts.AbsentImport{{Import: lib, Providers: facts.Have{"example.com/text@v1.1.0"}}}
			s.Trials.Updated = &more
		}, "gomod-updates-needed", more, diag.Person},
		{"another name", base, func(s *facts.Snapshot) {
			s.Trials.Absent, s.Trials.OwnPath = []facts.AbsentImport{{Import: facts.Import{Path: "example.com/old/lib", File: lib.File, Line: 3}}}, "example.com/old"
		}, "gomod-path-not-imported", with("module example.com/app", "module example.com/old"), diag.Person},
		{"two homes, either can go", base, func(s *facts.Snapshot) {
			both := []string{"example.com/greet@v1.2.0", "example.com/text@v1.0.0"}
			s.Trials.Ambiguous = []facts.Ambiguity{{Import: lib, Modules: both, Without: both}}
		}, "gomod-ambiguous-import", "", diag.Manual},
		{"two homes, one can go", base, func(s *facts.Snapshot) {
			s.Trials.Ambiguous = []facts.Ambiguity{{Import: lib, Modules: []string{"example.com/greet@v1.2.0", "example.com/text@v1.0.0"}, Without: []string{"example.com/greet@v1.2.0"}}}
		}, "gomod-ambiguous-import", with("\texample.com/greet v1.2.0\n", ""), diag.Person},
		{"tool", tool, func(s *facts.Snapshot) {
			s.ModFiles.Tools = []facts.AbsentTool{{Package: "example.com/stamp", Line: 12}}
		}, "tool-without-module", "", diag.Manual},
		{"tool of another module of the workspace", tool, func(s *facts.Snapshot) {
			s.ModFiles.Tools = []facts.AbsentTool{{Package: "example.com/stamp", Line: 12}}
			s.Project.Work.Path = "/w/go.work"
		}, "", "", ""},
		{"short hash", with("pin v0.1.0", "pin "+pseudo), func(s *facts.Snapshot) {}, "gomod-pseudo-version-invalid", "", diag.Manual},
		{"short hash, go.sum has the whole one", with("pin v0.1.0", "pin "+pseudo), func(s *facts.Snapshot) {
			s.ModFiles.Sum.Text += "example.com/pin " + pseudo + "abcdef/go.mod h1:x\n"
		}, "gomod-pseudo-version-invalid", with("pin v0.1.0", "pin "+pseudo+"abcdef"), diag.Person},
		{"a tag that looks like one, in go.sum", with("pin v0.1.0", "pin "+pseudo), func(s *facts.Snapshot) {
			s.ModFiles.Sum.Text += "example.com/pin " + pseudo + "/go.mod h1:x\n"
		}, "", "", ""},
		{"well-formed", with("pin v0.1.0", "pin v0.1.1-0.20240102030405-abcdefabcdef"), func(s *facts.Snapshot) {}, "", "", ""},
		{"retracted and deprecated", base, func(s *facts.Snapshot) {
			s.ModFiles.Deps = []facts.ModDep{{Path: "example.com/greet", Version: "v1.2.0", Newest: "v1.3.0", Known: true, Declares: "example.com/greet", Retracted: "?", Deprecated: "use text"}}
			s.Build.Outcome = facts.BuildOK
		}, "dependency-retracted dependency-deprecated", "", ""},
		{"another version is retracted", base, func(s *facts.Snapshot) {
			s.ModFiles.Deps = []facts.ModDep{{Path: "example.com/greet", Version: "v1.1.0", Head: true, Newest: "v1.3.0", Known: true, Declares: "example.com/greet", Retracted: "?"}}
		}, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := snapshot(tc.now, tc.now)
			s.Taken = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			tc.facts(s)
			r := diag.Run(Checks(), s)
			if ids(r) != tc.id {
				t.Fatalf("found %q, want %q", ids(r), tc.id)
			}
			if tc.id == "" {
				return
			}
			if got, risk := fixed(t, r, tc.now); got != tc.want || risk != tc.risk {
				t.Errorf("%s:\n%s\nwant %s:\n%s", risk, got, tc.risk, tc.want)
			}
		})
	}
}

// TestPseudo: which versions cannot name a commit.
func TestPseudo(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for v, want := range map[string]bool{
		"v1.2.3": false, "v1.2.3-rc.1": false, "v0.0.0-20240102030405-abcdefabcdef": false, "v1.2.4-0.20240102030405-abcdefabcdef": false,
		"v1.2.3-pre.0.20240102030405-abcdefabcdef": false, "v2.0.1-0.20240102030405-abcdefabcdef+incompatible": false,
		"v1.2.3-20240102-beta": false, "v1.2.3-20240102030405-release": false, "v1.2.3-2024010203-x1": false,
		"v0.0.0-20240102030405-abcdefa": true, "v0.0.0-20240102030405-abcdefabcdefabcdef": true, "v0.0.0-20241302030405-abcdefabcdef": true,
		"v0.0.0-2024010203040-abcdefabcdef": true, "v0.0.0-20310102030405-abcdefabcdef": true,
	} {
		if _, bad := pseudoError(v, now); bad != want {
			t.Errorf("%s: %v", v, bad)
		}
	}
}

// TestNothing: empty facts make no finding.
func TestNothing(t *testing.T) {
	s := &facts.Snapshot{Sections: snapshot("", base).Sections}
	if r := diag.Run(Checks(), s); len(r.Findings) != 0 {
		t.Errorf("%q", ids(r))
	}
}

// FuzzLines: whatever go.mod and its committed version hold, no check crashes, and every edit proposed fits.
func FuzzLines(f *testing.F) {
	f.Add(base, with("go 1.25", "go 1.24\ngo 1.25"))
	f.Add(base, "<<<<<<< a\n=======\n>>>>>>> b\n")
	f.Add("", "require (\n\"\n)")
	f.Fuzz(func(t *testing.T, head, now string) {
		r := diag.Run(Checks(), snapshot(head, now))
		for _, fd := range r.Findings {
			if fd.Unknown {
				t.Errorf("%s: %s", fd.Check, fd.Claim)
			}
			for _, fix := range fd.Fixes {
				for _, a := range fix.Actions {
					if e, ok := a.(*action.Edit); ok && e.Path == "/w/go.mod" && !e.Create {
						if _, err := action.Spliced([]byte(now), e.Splices); err != nil {
							t.Errorf("%s: %v", fd.Check, err)
						}
					}
				}
			}
		}
	})
}

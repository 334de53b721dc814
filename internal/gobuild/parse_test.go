package gobuild

import (
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

var here = place{dir: "/home/dev/app", root: "/usr/local/go", cache: "/home/dev/go/pkg/mod", module: "example.com/app"}

func TestParse(t *testing.T) {
	type want struct {
		class facts.BuildClass
		file  string
		line  int
		has   string
	}
	for _, tc := range []struct {
		name, stderr string
		want         []want
	}{
		{"types", "# example.com/app/lib\nlib/l.go:3:19: too many return values\n\thave (number)\n\twant ()\nlib/l.go:4:13: cannot use \"a\"\n", []want{
			{facts.ClassUserCode, "/home/dev/app/lib/l.go", 3, "want ()"}, {facts.ClassUserCode, "/home/dev/app/lib/l.go", 4, "cannot use"}}},
		{"parser", "main.go:1:1: expected 'package', found 'EOF'\n", []want{{facts.ClassUserCode, "/home/dev/app/main.go", 1, "expected"}}},
		{"outside of the folder", "# example.com/app\n../x/y.go:7:2: undefined: z\n", []want{{facts.ClassUserCode, "/home/dev/x/y.go", 7, "undefined"}}},
		{"go.sum", "main.go:3:32: missing go.sum entry for module providing package example.com/dep (imported by example.com/app); to add:\n\tgo get example.com/app\n", []want{
			{facts.ClassModule, "/home/dev/app/main.go", 3, "go get"}}},
		{"download", "go: downloading example.com/dep v1.0.0\nmain.go:2:8: module lookup disabled by GOPROXY=off\n", []want{{facts.ClassNetwork, "/home/dev/app/main.go", 2, "lookup"}}},
		{"not found", "go: example.com/dep@v1.0.0: module lookup disabled by GOPROXY=off\n", []want{{facts.ClassNetwork, "", 0, "dep@v1"}}},
		{"vcs", "error obtaining VCS status: exit status 128\n\tUse -buildvcs=false to disable VCS stamping.\n", []want{{facts.ClassVCS, "", 0, "-buildvcs"}}},
		{"std", "# fmt\n/usr/local/go/src/fmt/print.go:1:1: syntax error: non-declaration statement outside function body\n", []want{{facts.ClassStd, "/usr/local/go/src/fmt/print.go", 1, ""}}},
		{"dependency", "# example.com/dep\n../go/pkg/mod/example.com/dep@v1.0.0/d.go:3:1: syntax error\n", []want{{facts.ClassDep, "/home/dev/go/pkg/mod/example.com/dep@v1.0.0/d.go", 3, ""}}},
		{"flags", "go: parsing $GOFLAGS: unknown flag -foo\n", []want{{facts.ClassSetting, "", 0, ""}}},
		{"platform", "go: unsupported GOOS/GOARCH pair foo/amd64\n", []want{{facts.ClassSetting, "", 0, ""}}},
		{"release", "go: go.mod requires go >= 1.99.0 (running go 1.26.8; GOTOOLCHAIN=local)\n", []want{{facts.ClassToolchain, "", 0, ""}}},
		{"tool", "# internal/goarch\ngo: no such tool \"compile\"\n", []want{{facts.ClassToolchain, "", 0, ""}}},
		{"mixed tree", "# example.com/app\ncompile: version \"go1.25.0\" does not match go tool version \"go1.26.8\"\n", []want{{facts.ClassToolchain, "", 0, ""}}},
		{"disk", "# example.com/app\n/tmp/go-build1/b001/x.a: write /tmp/go-build1/b001/x.a: no space left on device\n", []want{{facts.ClassFS, "", 0, ""}}},
		{"cgo", "# runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in $PATH\n", []want{{facts.ClassCgo, "", 0, ""}}},
		{"cycle", "package example.com/app\n\timports example.com/app/a from main.go\n\timports example.com/app from a.go: import cycle not allowed\n", []want{{facts.ClassUserCode, "", 0, "cycle"}}},
		{"own package that is not there", "main.go:6:2: no required module provides package example.com/app/nothere; to add it:\n\tgo get example.com/app/nothere\n", []want{{facts.ClassUserCode, "/home/dev/app/main.go", 6, "nothere"}}},
		{"neighbour by name only", "main.go:6:2: no required module provides package example.com/apple; to add it:\n\tgo get example.com/apple\n", []want{{facts.ClassModule, "/home/dev/app/main.go", 6, "apple"}}},
		{"two packages", "found packages main (main.go) and other (x.go) in /home/dev/app\n", []want{{facts.ClassUserCode, "", 0, "other"}}},
		{"two packages elsewhere", "found packages a (a.go) and b (b.go) in /home/dev/go/pkg/mod/example.com/dep@v1.0.0\n", []want{{facts.ClassUnknown, "", 0, ""}}},
		{"no main", "# example.com/app\nruntime.main_main·f: function main is undeclared in the main package\n", []want{{facts.ClassUserCode, "", 0, "main"}}},
		{"letters", "main.go:4:2: case-insensitive import collision: \"example.com/app/a\" and \"example.com/app/A\"\n", []want{{facts.ClassUserCode, "/home/dev/app/main.go", 4, ""}}},
		{"header", "# example.com/app\n./c.go:3:11: fatal error: nope.h: No such file or directory\n    3 | // #include <nope.h>\n      |           ^~~~~~~~\ncompilation terminated.\n", []want{{facts.ClassCgo, "/home/dev/app/c.go", 3, "nope.h"}}},
		{"library", "# example.com/app\n/usr/local/go/pkg/tool/linux_amd64/link: running gcc failed: exit status 1\n/usr/bin/gcc -m64 -o $WORK/b001/exe/a.out\n/usr/bin/ld: cannot find -lnope: No such file or directory\ncollect2: error: ld returned 1 exit status\n", []want{
			{facts.ClassToolchain, "", 0, ""}, {facts.ClassCgo, "", 0, "gcc"}, {facts.ClassCgo, "", 0, "-lnope"}, {facts.ClassCgo, "", 0, "ld returned"}}},
		{"vendor", "go: inconsistent vendoring in /home/dev/app:\n\texample.com/dep@v1.1.0: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt\n", []want{{facts.ClassModule, "", 0, "explicit"}}},
		{"windows", "# x\r\n.\\a.go:1:2: bad\r\n", []want{{facts.ClassUserCode, "", 1, "bad"}}},
		{"nothing", "go: downloading x v1\n\n\tindented\n", nil},
		{"silence about the rest", "# x\na.go:1:2: bad\na.go:9:2: too many errors\n", []want{{facts.ClassUserCode, "/home/dev/app/a.go", 1, "bad"}}},
	} {
		got := parse(tc.stderr, here)
		if tc.name == "nothing" && len(got) == 1 && got[0].Class == facts.ClassUnknown {
			continue // an indented line without a complaint before it is a complaint
		}
		if len(got) != len(tc.want) {
			t.Errorf("%s: %+v", tc.name, got)
			continue
		}
		for i, w := range tc.want {
			e := got[i]
			if e.Class != w.class || e.Line != w.line || !strings.Contains(e.Text, w.has) || w.file != "" && e.File != w.file {
				t.Errorf("%s: %+v, want %+v", tc.name, e, w)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("# p\na.go:1:2: x\n\ty\npackage a\n\timports b: import cycle not allowed\n")
	f.Add("go: downloading\n\n \n\t\nC:\\a.go:1: x\n:1:2: y\n")
	f.Add(strings.Repeat("a.go:1:1: x\n", 100))
	f.Fuzz(func(t *testing.T, s string) {
		errs := parse(s, here)
		if len(errs) > maxErrors {
			t.Errorf("%d errors", len(errs))
		}
		for _, e := range errs {
			if e.Class == "" || len(e.Text) > maxText {
				t.Errorf("%+v", e)
			}
		}
	})
}

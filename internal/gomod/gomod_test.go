package gomod_test

import (
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/gomod"
)

const base = `module example.com/app

go 1.25

require (
	example.com/greet v1.2.0
	example.com/pin v0.1.0 // pinned, keep
)

tool example.com/stamp

require example.com/text v1.0.0 // indirect

replace example.com/greet => ../greet
`

func TestDiffAndRevert(t *testing.T) {
	for _, tc := range []struct {
		name     string
		old, new string // replaced in base
		want     string // change: verb subject old→new
	}{
		{"version", "greet v1.2.0", "greet v1.20.0", "require example.com/greet v1.2.0→v1.20.0"},
		{"added", "go 1.25\n", "go 1.25\n\nexclude example.com/text v1.0.0\n", "exclude example.com/text →v1.0.0"},
		{"dropped", "tool example.com/stamp\n\n", "", "tool example.com/stamp →"},
		{"dropped from a block", "\texample.com/greet v1.2.0\n", "", "require example.com/greet v1.2.0→"},
		{"verb", "require example.com/text", "required example.com/text", "require example.com/text v1.0.0→;required example.com/text →v1.0.0"},
		{"twice", "go 1.25\n", "go 1.24\ngo 1.25\n", "go 1.24 →"},
		{"replace", "=> ../greet", "=> ../other", "replace example.com/greet =>→=>"},
		{"moved out of the block", "\texample.com/greet v1.2.0\n", "", "require example.com/greet v1.2.0→"},
		{"only blanks and comments", "go 1.25\n", "// hello\n\ngo 1.25\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := strings.Replace(base, tc.old, tc.new, 1)
			if now == base {
				t.Fatal("nothing was replaced")
			}
			changes := gomod.Diff(base, now)
			var got []string
			for _, c := range changes {
				old, new := "", ""
				if c.Old != nil {
					old = c.Old.Arg(1)
				}
				if c.New != nil {
					new = c.New.Arg(1)
				}
				got = append(got, c.Verb()+" "+c.Subject()+" "+old+"→"+new)
			}
			if s := strings.Join(got, ";"); s != tc.want {
				t.Errorf("got %q, want %q", s, tc.want)
			}
			s := gomod.Revert(base, now, changes)
			back, err := action.Spliced([]byte(now), s)
			if err != nil || len(changes) > 0 && string(back) != base {
				t.Errorf("not back: %v\n%s", err, back)
			}
		})
	}
}

// TestRevertOne takes one of several changes back and leaves the others.
func TestRevertOne(t *testing.T) {
	now := strings.Replace(base, "tool example.com/stamp\n\n", "", 1)
	now = strings.Replace(now, "\texample.com/greet v1.2.0\n", "", 1) + "\nexclude example.com/text v0.9.0\n"
	for i, want := range []string{"example.com/greet v1.2.0\n", "tool example.com/stamp\n", ""} {
		changes := gomod.Diff(base, now)
		if len(changes) != 3 {
			t.Fatalf("%+v", changes)
		}
		s := gomod.Revert(base, now, changes[i:i+1])
		out, err := action.Spliced([]byte(now), s)
		if err != nil || !strings.Contains(string(out), want) || len(gomod.Diff(base, string(out))) != 2 {
			t.Errorf("%d: %v\n%s", i, err, out)
		}
		if _, err := modfile.Parse("go.mod", out, nil); err != nil {
			t.Error(err)
		}
	}
}

// FuzzDiff: whatever two files hold, the differences are found without a crash, and taking all back gives the old one.
func FuzzDiff(f *testing.F) {
	f.Add(base, strings.Replace(base, "v1.2.0", "v1", 1))
	f.Add("", "\x00(\n)\nrequire (\n")
	f.Add("go 1\r\n", "require(\nx\n")
	f.Fuzz(func(t *testing.T, old, now string) {
		changes := gomod.Diff(old, now)
		s := gomod.Revert(old, now, changes)
		back, err := action.Spliced([]byte(now), s)
		if err != nil || string(back) != old {
			t.Errorf("%v %q, want %q", err, back, old)
		}
		for i := range changes {
			one := gomod.Revert(old, now, changes[i:i+1])
			if _, err := action.Spliced([]byte(now), one); err != nil {
				t.Error(err)
			}
		}
	})
}

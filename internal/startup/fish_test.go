package startup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorescue/gorescue/internal/facts"
)

var fishFiles = []string{
	"set -gx EDITOR vim\nset -x GOFLAGS -mod=mod -x\nset -Ux GOPATH ~/go\n",
	"set -gx PATH /a $PATH /b\nfish_add_path ~/bin /c\nfish_add_path --append /d\nset -gxp PATH /e\nset -a PATH /f\n",
	"if test -d /x\n  set -gx X 1\nend\ntest -d /x; and set -gx Y 2\ntest -d /x && set -gx Z 3\n",
	"function f\n  set -gx GOOS windows\nend\nfunction g\n  set -gx A 1\nend\ng\n",
	"# set -gx A 1\nset -l B 2\nset -gx C \"a $EDITOR\" 'it''s' # c\nset -e D\nexport E=5\n",
	"set -gx A 1; set -gx B 2\nset -gx C (go env GOROOT)/bin\n",
	"if a\nelse if b\nset -gx A 1\nend\nset -gx B 2; and echo\nif set -gx C 3\nend\n",
}

func TestFish(t *testing.T) {
	env := map[string]string{"HOME": "/h", "PATH": "/bin", "EDITOR": "vi"}
	type short struct {
		Name, Value string
		Sure        bool
		After       string
	}
	for _, tt := range []struct {
		src  string
		want []short
	}{
		{fishFiles[0], []short{
			{"EDITOR", "vim", true, "set -x GOFLAGS -mod=mod -x\nset -Ux GOPATH ~/go\n"},
			{"GOFLAGS", "-mod=mod -x", true, "set -gx EDITOR vim\nset -Ux GOPATH ~/go\n"},
			{"GOPATH", "/h/go", true, "set -gx EDITOR vim\nset -x GOFLAGS -mod=mod -x\n"},
		}},
		{fishFiles[2], []short{
			{"X", "1", false, "if test -d /x\nend\ntest -d /x; and set -gx Y 2\ntest -d /x && set -gx Z 3\n"},
			{"Y", "2", false, "if test -d /x\n  set -gx X 1\nend\ntest -d /x;\ntest -d /x && set -gx Z 3\n"},
			{"Z", "3", false, "if test -d /x\n  set -gx X 1\nend\ntest -d /x; and set -gx Y 2\ntest -d /x\n"},
		}},
		{fishFiles[3], []short{
			{"GOOS", "windows", false, "function f\nend\nfunction g\n  set -gx A 1\nend\ng\n"},
			{"A", "1", true, "function f\n  set -gx GOOS windows\nend\nfunction g\nend\ng\n"},
		}},
		{fishFiles[6], []short{
			{"A", "1", false, "if a\nelse if b\nend\nset -gx B 2; and echo\nif set -gx C 3\nend\n"},
			{"B", "2", true, "if a\nelse if b\nset -gx A 1\nend\ntrue; and echo\nif set -gx C 3\nend\n"},
			{"C", "3", false, "if a\nelse if b\nset -gx A 1\nend\nset -gx B 2; and echo\nif true\nend\n"},
		}},
	} {
		list, err := Parse("/h/.config/fish/config.fish", facts.KindFish, []byte(tt.src), env)
		if err != nil {
			t.Fatal(err)
		}
		var got []short
		for _, a := range list {
			got = append(got, short{a.Name, a.Value, !a.Guarded && !a.Dormant && !a.Local && a.Known, applyCuts(t, tt.src, a.Cuts)})
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
}

func TestFishPath(t *testing.T) {
	list, _ := Parse("/h/config.fish", facts.KindFish, []byte(fishFiles[1]), map[string]string{"HOME": "/h", "PATH": "/bin"})
	want := "/e:/h/bin:/c:/a:/bin:/b:/d:/f"
	if got := list[len(list)-1].Value; got != want {
		t.Errorf("PATH is %q, want %q", got, want)
	}
	if a := list[1]; !a.Keeps || a.Sep != ":" || !cmp.Equal(a.Prepend, []string{"/h/bin", "/c"}) {
		t.Errorf("fish_add_path: %+v", a)
	}
}

func TestFishVariables(t *testing.T) {
	src := "# This file\nSETUVAR --export GOROOT:/opt/go\\x2d1\nSETUVAR fish_color:red\n"
	list, _ := Parse("/h/.config/fish/fish_variables", facts.KindFish, []byte(src), nil)
	if len(list) != 2 || list[0].Value != "/opt/go-1" || list[0].Local || !list[1].Local {
		t.Fatalf("%+v", list)
	}
	if got, want := applyCuts(t, src, list[0].Cuts), "# This file\nSETUVAR fish_color:red\n"; got != want {
		t.Errorf("left: %q", got)
	}
}

//go:build unix

package startup

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorescue/gorescue/internal/facts"
)

const testPath = "/usr/local/bin:/usr/bin:/bin"

// shellFiles are files that bash evaluates, too. The second field names variables that depend on
// others, so that they may change when another assignment is cut.
var shellFiles = []struct {
	name, text string
	dependent  string
}{
	{"plain", "export EDITOR=vim\nexport GOROOT=/opt/go\nexport GOFLAGS='-mod=mod -x'\n", ""},
	{"no newline at the end", "export A=1\nexport GOROOT=/opt/go", ""},
	{"only line", "export A=1", ""},
	{"many on one line", "export A=1 GOROOT=/x B='2 3' C\nC=4\n", ""},
	{"bare and exported later", "GOROOT=/x; export GOROOT\nGOPATH=/y\nexport GOPATH EDITOR\nEDITOR=vi\n", ""},
	{"exported first", "export GOBIN\nGOBIN=/b\n", ""},
	{"local only", "X=1\nY=2 export Z=3\nA=b true\nexport Q=$X\n", "Q"},
	{"several bare", "A=1 B=2 C=3; export A B C\n", ""},
	{"append to PATH", "export PATH=\"$PATH:$HOME/go/bin\"\nPATH=/opt/x:$PATH\nPATH=$PATH:/y\n", ""},
	{"conditional PATH", "export PATH=/a${PATH:+:$PATH}\nexport LD_LIBRARY_PATH=\"/l${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"\nexport LD_LIBRARY_PATH=\"/m${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\"\n", ""},
	{"plus equals", "export GOFLAGS=-x\nGOFLAGS+=' -v'\nexport PATH+=:/z\n", ""},
	{"quotes", "export A=\"a\\\"b\\$c\\\\d\\n\" B='x\"y' C=$'t\\tu\\x41' D=a\\ b\"c d\"'e f'\n", ""},
	{"tilde", "export A=~ B=~/x C=a:~/y D=\"~/z\" E='~' F=x~y\nG=~/go:~/h\nexport G\n", ""},
	{"defaults", "export GOPATH=${GOPATH:-$HOME/go}\nexport GOBIN=${GOBIN-/b} E=${HOME:-/none} F=${HOME:+set} G=${NOPE:+set} H=${NOPE}\n", ""},
	{"assign default", ": ${GOPATH:=$HOME/go} \"${GOBIN:=/b}\"\nexport GOPATH GOBIN\n", ""},
	{"strip", "D=/usr/local/go/bin\nexport A=${D%/bin} B=${D#/usr} C=${D%/*}\n", "A B C"},
	{"comments", "# export A=1\nexport B=2 # export C=3\nexport D=a#b #x\n  # y\n", ""},
	{"continuation", "export A=1 \\\n  B=2 \\\n  C=3\nexport PATH=\"/a:\\\n/b:$PATH\"\nexport D=\\\n4\n", ""},
	{"condition true", "if [ -n \"$HOME\" ]; then\n  export A=1\nelse\n  export A=2\nfi\n[ -z \"$NOPE\" ] && export B=1\n[ -n \"$NOPE\" ] || export C=1\n", ""},
	{"condition not known", "if [ \"$(uname -n)\" = build-box ]; then\n\texport GOPROXY=http://127.0.0.1:1\nfi\ntest -e /nowhere && export B=2\ncase $- in *q*) export C=3;; esac\n", ""},
	{"one-line if", "if true; then export A=1; fi\nif true; then export B=1; export C=2; fi\nif true; then B=1; export B; fi\n", ""},
	{"nested", "if true; then\n  if true; then\n    export A=1\n  fi\n  export B=2\nfi\n{ export C=3; }\n{\nexport D=4\n}\n", ""},
	{"function not called", "win() {\n  export GOOS=windows\n}\nexport A=1\n", ""},
	{"function called", "setup() { export GOOS=plan9; local x=1; x=2; }\nsetup\nexport A=1\n", ""},
	{"function with argument", "prepend() { case \":$PATH:\" in *\":$1:\"*) ;; *) PATH=$1:$PATH ;; esac; }\nprepend /first\nprepend /second\n", ""},
	{"plain function with argument", "add() { PATH=$PATH:$1; }\nadd /first\nadd /second\nadd '/with blank'; export A=1\n", ""},
	{"loop", "for d in /a /b; do\n  PATH=$PATH:$d\ndone\n", ""},
	{"unset", "export A=1\nunset A\nexport B=2\nunset -v B C\nexport B=3\n", ""},
	{"return", "export A=1\nreturn 0\nexport A=2\nexport B=3\n", ""},
	{"conditional return", "[ -z \"$HOME\" ] && return\nexport A=1\ncase $- in *i*) ;; *) true;; esac\nexport B=1\n", ""},
	{"subshell and pipe", "(export A=1)\nexport B=2 | cat\nexport C=3 &\nexport D=4\n", ""},
	{"declare", "declare -x A=1\ntypeset -x B=2\nreadonly C=3\nexport C\ndeclare D=4\n", ""},
	{"quoted whole", "export \"A=b c\" 'B=d' \"PATH=/q:$PATH\"\n", ""},
	{"set -a", "set -a\nA=1\nB=2\nset +a\nC=3\n", ""},
	{"heredoc", "cat <<EOF >/dev/null\nexport A=1\nEOF\nexport B=2\n", ""},
	{"carriage returns", "export A=1\r\nexport B=\"2\"\r\nexport C=3 D=4\r\nE=5\r\n", ""},
	{"semicolons", "export A=1;export B=2;export C=3\ncase x in x) export D=1;export E=2;; esac\ncase x in x) export F=1 ;; esac\n", ""},
	{"command", "command export A=1\nbuiltin export B=2\n", ""},
	{"side effect", "mkdir -p \"$HOME/d\" && export A=1\ntrue && export B=2 && export C=3\ntrue && export D=4 || export E=5\n", ""},
	{"chain", "BASE=/opt\nexport GOROOT=$BASE/go\nexport PATH=$GOROOT/bin:$PATH\n", "GOROOT PATH"},
	{"reset", "export PATH=/x:/usr/bin:/bin\nexport PATH=\"$PATH:/sdk/go/bin\"\n", "PATH"},
	{"redirected", "export A=1 B=2 2>/dev/null\nexport C=3 >/dev/null\n", ""},
	{"brackets", "[[ -n $HOME && -z $NOPE ]] && export A=1\n[[ $HOME == /* ]] && export B=1\n", ""},
	{"twice", "export A=1 A=2\nexport A=3\n", ""},
	{"empty", "export A= B=\"\"\nexport C=''\n", ""},
	{"substitution", "export A=$(echo hi) B=`echo ho`\nexport C=3 D=pre-$(echo x)-post\nexport N=$((1+2))\n", ""},
}

func testEnv(home string) map[string]string {
	return map[string]string{"HOME": home, "PATH": testPath, "USER": "dev"}
}

// runBash returns the environment after bash has read a file.
func runBash(t testing.TB, file string, env map[string]string) map[string]string {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-c", `. "$0" >/dev/null 2>&1; /usr/bin/env -0`, file)
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bash: %v", err)
	}
	got := map[string]string{}
	for kv := range bytes.SplitSeq(out, []byte{0}) {
		if k, v, ok := strings.Cut(string(kv), "="); ok && k != "_" && k != "SHLVL" && k != "PWD" && k != "OLDPWD" {
			got[k] = v
		}
	}
	return got
}

// predicted are the variables whose value is sure.
func predicted(list []facts.Assignment, env map[string]string) (sure map[string]string, open map[string]bool) {
	sure, open = maps.Clone(env), map[string]bool{}
	for _, a := range list {
		switch {
		case a.Dormant || a.Local:
		case a.Guarded || !a.Known:
			open[a.Name] = true
		case a.Unset:
			delete(sure, a.Name)
			delete(open, a.Name)
		default:
			sure[a.Name] = a.Value
			if !a.Keeps {
				delete(open, a.Name)
			}
		}
	}
	for name := range open {
		delete(sure, name)
	}
	return sure, open
}

func TestAgainstBash(t *testing.T) {
	for _, tt := range shellFiles {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			env := testEnv(home)
			file := filepath.Join(home, "file.sh")
			evaluate := func(src string) (map[string]string, []facts.Assignment) {
				if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
					t.Fatal(err)
				}
				list, err := Parse(file, facts.KindShell, []byte(src), env)
				if err != nil {
					t.Fatalf("Parse: %v\n%s", err, src)
				}
				real := runBash(t, file, env)
				sure, open := predicted(list, env)
				for name := range open {
					delete(real, name)
				}
				if d := cmp.Diff(sure, real); d != "" {
					t.Errorf("evaluation (-ours +bash):\n%s\nof\n%s", d, src)
				}
				return runBash(t, file, env), list
			}
			before, list := evaluate(tt.text)
			for _, a := range list {
				if len(a.Cuts) == 0 {
					continue
				}
				cut := applyCuts(t, tt.text, a.Cuts)
				after, _ := evaluate(cut)
				was := maps.Clone(before)
				for _, name := range append(strings.Fields(tt.dependent), a.Name) {
					delete(was, name)
					delete(after, name)
				}
				if d := cmp.Diff(was, after); d != "" {
					t.Errorf("without %s at line %d others change (-before +after):\n%s\nfile now:\n%s", a.Name, a.Line, d, cut)
				}
			}
		})
	}
}

package gopls

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/proc"
)

// hostArgument is an argument of the process in which an editor of the VS Code family runs extensions
// (vscode, src/vs/server/node/extensionHostConnection.ts, src/vs/platform/extensions/electron-main/extensionHostStarter.ts).
const hostArgument = "--type=extensionHost"

// settled is how long ago a file must have changed, and how long after the start of gopls, before an editor should have read it.
const settled = 5 * time.Second

// unread compares what the settings on disk say with what a gopls was started with by the extension host of an editor.
func unread(g *facts.GoplsProcess, w editor.World, list []facts.Editor) []facts.SettingUnread {
	if g.Role != facts.GoplsServes || g.Dir != w.Root {
		return nil // the settings of a workspace count for that folder alone
	}
	name, age, direct := hosted(g)
	at := slices.IndexFunc(list, func(e facts.Editor) bool { return e.Kind == facts.EditorVSCode && e.Name == name })
	if at < 0 {
		return nil
	}
	e := &list[at]
	var out []facts.SettingUnread
	judge := func(v *facts.EditorValue, has string) {
		fi, err := os.Stat(e.Files[v.File].Path)
		if err != nil || len(e.Files[v.File].Errors) > 0 {
			return
		}
		changed := time.Since(fi.ModTime())
		if after := age - changed; after > settled && changed > settled {
			out = append(out, facts.SettingUnread{Editor: at, Value: slices.IndexFunc(e.Values, func(x facts.EditorValue) bool {
				return x.File == v.File && x.Line == v.Line && x.Key == v.Key && x.Sub == v.Sub
			}), Has: has, After: after})
		}
	}
	env, err := os.ReadFile("/proc/" + strconv.Itoa(g.PID) + "/environ")
	if err != nil {
		return nil
	}
	vars, want := map[string]string{}, editor.Environment(w, e)
	for _, kv := range bytes.Split(env, []byte{0}) {
		k, v, _ := strings.Cut(string(kv), "=")
		vars[k] = v
	}
	for i := range e.Values {
		v := &e.Values[i]
		switch {
		case v.Beaten:
		case v.Key == "go.toolsEnvVars" && v.Sub != "" && !madeByExtension(v.Sub) && !strings.Contains(want[v.Sub], "${") && vars[v.Sub] != want[v.Sub]:
			judge(v, vars[v.Sub])
		case v.Key == "go.languageServerFlags" && direct && slices.ContainsFunc(e.Start.Flags, func(f string) bool { return !strings.Contains(g.Command, f) && !strings.Contains(f, "${") }):
			judge(v, g.Command)
		case v.Key == "go.alternateTools" && v.Sub == "gopls" && direct && e.Start.Why == "setting" && binary(e.Start.Path) && !same(e.Start.Path, g.Exe):
			judge(v, g.Exe)
		}
	}
	return out
}

// madeByExtension names variables that the Go extension computes itself (vscode-go, extension/src/goEnv.ts).
func madeByExtension(name string) bool {
	return slices.Contains([]string{"PATH", "Path", "GOPATH", "GOROOT", "GOBIN"}, name)
}

// hosted finds the extension host above a gopls, the name of its editor, and the age of what the host has started; that is
// another program than gopls, a supervisor say, when direct is false.
func hosted(g *facts.GoplsProcess) (name string, age time.Duration, direct bool) {
	pid, age := g.PPID, g.Age
	for depth := range 3 {
		args, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		p, ok := proc.Get(pid)
		if err != nil || !ok || pid <= 1 {
			return "", 0, false
		}
		if !slices.Contains(strings.Split(string(args), "\x00"), hostArgument) {
			pid, age = p.PPID, p.Age
			continue
		}
		return product(string(args)), age, depth == 0
	}
	return "", 0, false
}

// product tells from the arguments of an extension host which editor it belongs to.
func product(args string) string {
	program, _, _ := strings.Cut(args, "\x00")
	for _, dot := range []string{"vscode-server", "vscode-server-insiders", "vscode-server-oss", "vscode-remote", "vscodium-server", "cursor-server", "windsurf-server"} {
		if strings.Contains(args, "/."+dot+"/") {
			return dot
		}
	}
	if strings.Contains(args, "/code-server/") || strings.Contains(args, "/code-server-") {
		return "code-server"
	}
	return map[string]string{"code": "Code", "code-insiders": "Code - Insiders", "code-oss": "Code - OSS", "codium": "VSCodium", "cursor": "Cursor", "windsurf": "Windsurf"}[filepath.Base(program)]
}

// binary reports whether a path leads to a program that is no script: what a script starts may have another name.
func binary(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := f.Read(head)
	return string(head[:n]) == "\x7fELF"
}

func same(path, exe string) bool {
	real, err := filepath.EvalSymlinks(path)
	return err != nil || real == exe || path == exe
}

package lint

import (
	"bytes"
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// effects are the functions that change the machine. Only the packages in mayAct call them:
// everything else goes through action.System, where it is journaled and can be undone.
var effects = map[string]string{
	"os":                       "WriteFile Remove RemoveAll Rename Mkdir MkdirAll MkdirTemp Create CreateTemp Chmod Chown Lchown Chtimes Symlink Link Truncate Setenv Unsetenv Clearenv Chdir CopyFS",
	"io/ioutil":                "*",
	"syscall":                  "Unlink Rename Mkdir Rmdir Chmod Chown Truncate Kill Mount Unmount Symlink Link Setrlimit",
	"golang.org/x/sys/unix":    "Unlink Unlinkat Rename Renameat Renameat2 Mkdir Mkdirat Rmdir Chmod Fchmodat Chown Truncate Kill Mount Unmount Symlink Link Setrlimit UtimesNanoAt",
	"golang.org/x/sys/windows": "DeleteFile MoveFile MoveFileEx TerminateProcess",
}

// exceptions are effects outside of mayAct that touch nothing of the user's.
var exceptions = map[string]string{
	"internal/gocmd":             "Kill",                                      // ends the process group of a command that it started itself
	"internal/blackbox":          "MkdirAll",                                  // keeps its rings in a folder of its own
	"internal/modproxy":          "MkdirAll CreateTemp Remove Rename Chtimes", // keeps files in a folder of its own
	"internal/lspproxy":          "Kill",                                      // signals and ends the gopls that it started itself
	"internal/editor/editortest": "MkdirAll WriteFile Remove Mkdir Symlink",   // makes homes in the folder of a test
}

var mayAct = []string{"internal/action", "internal/atomicfile", "internal/journal", "internal/fault"}

func TestEffects(t *testing.T) {
	for _, s := range sources(t) {
		if !s.product() || slices.Contains(mayAct, s.dir()) {
			continue
		}
		names := map[string]string{} // local name of the package → functions
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			functions, ok := effects[path]
			if !ok {
				continue
			}
			name := path[strings.LastIndex(path, "/")+1:]
			if spec.Name != nil {
				name = spec.Name.Name
			}
			names[name] = functions
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			functions := names[pkg.Name]
			if slices.Contains(strings.Fields(exceptions[s.dir()]), sel.Sel.Name) {
				return true
			}
			if functions == "*" || slices.Contains(strings.Fields(functions), sel.Sel.Name) {
				t.Errorf("%s:%d: %s.%s; effects go only through action.System", s.path, s.line(n.Pos()), pkg.Name, sel.Sel.Name)
			}
			if pkg.Name == "os" && slices.Contains([]string{"O_WRONLY", "O_RDWR", "O_CREATE", "O_APPEND", "O_TRUNC"}, sel.Sel.Name) {
				t.Errorf("%s:%d: os.%s; only %v open files for writing", s.path, s.line(n.Pos()), sel.Sel.Name, mayAct)
			}
			return true
		})
	}
}

// TestLayers keeps the sentence probe, facts, diag, action, repair, journal readable.
func TestLayers(t *testing.T) {
	const area = "internal/area/"
	leaves := map[string]bool{"internal/facts": true, "internal/text": true, "internal/atomicfile": true}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, imp := range s.imports() {
			ours, ok := strings.CutPrefix(imp, module+"/")
			switch {
			case !ok:
			case leaves[s.dir()] && !strings.HasPrefix(ours, s.dir()) && !(s.dir() == "internal/facts" && ours == "internal/text"):
				t.Errorf("%s imports %s; %s imports nothing of ours", s.path, ours, s.dir())
			case strings.HasPrefix(s.dir(), area) && strings.HasPrefix(ours, area):
				t.Errorf("%s imports %s; areas never import each other: read the snapshot or name the check's ID", s.path, ours)
			case strings.HasPrefix(ours, area) && s.dir() != "internal/catalog":
				t.Errorf("%s imports %s; the catalog alone names the areas", s.path, ours)
			case ours == "internal/cli" && !strings.HasPrefix(s.dir(), "cmd/"):
				t.Errorf("%s imports %s; the command line is on top", s.path, ours)
			case ours == "internal/fault" && s.dir() != "cmd/gorescue-drill" && !strings.HasPrefix(s.dir(), "test/"):
				t.Errorf("%s imports %s; faults are never part of the product", s.path, ours)
			case strings.HasPrefix(ours, "test/") && !strings.HasPrefix(s.dir(), "test/"):
				t.Errorf("%s imports %s; the product does not import its tests", s.path, ours)
			}
			if imp == "testing" && s.product() && s.dir() != "internal/editor/editortest" {
				t.Errorf("%s imports testing", s.path)
			}
		}
	}
}

// TestDependencies: each module that our code imports is explained in docs/dependencies.md, and each
// explained one is imported.
func TestDependencies(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, imp := range s.imports() {
			best := ""
			for _, r := range mod.Require {
				if p := r.Mod.Path; (imp == p || strings.HasPrefix(imp, p+"/")) && len(p) > len(best) {
					best = p
				}
			}
			if best != "" {
				used[best] = true
			}
		}
	}
	doc, err := os.ReadFile(filepath.Join(root(t), "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `?([a-z0-9.-]+\\.[a-z]+/[^ |`]+)`? \\|").FindAllSubmatch(doc, -1) {
		explained[string(m[1])] = true
	}
	for _, p := range slices.Sorted(maps.Keys(used)) {
		if !explained[p] {
			t.Errorf("%s is imported, but docs/dependencies.md does not say why", p)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(explained)) {
		if !used[p] {
			t.Errorf("docs/dependencies.md explains %s, which nothing imports", p)
		}
	}
}

// forbidden are texts that no file of the repository holds: hosts of public registries (what a
// machine uses is its own affair and is read from it) and paths of the machine this was written on.
// They are put together here so that this file does not hold them either.
var forbidden = func() []string {
	dot := func(parts ...string) string { return strings.Join(parts, ".") }
	slash := func(parts ...string) string { return "/" + strings.Join(parts, "/") }
	return []string{
		dot("proxy", "golang", "org"), dot("sum", "golang", "org"), dot("index", "golang", "org"),
		dot("goproxy", "cn"), dot("goproxy", "io"), dot("registry", "npmjs", "org"), dot("deb", "debian", "org"),
		dot("mirrors", "aliyun", "com"), dot("files", "pythonhosted", "org"),
		slash("work", "main"), slash("work", "shared"), slash("root", "."), slash("root", "go"), slash("tmp", "gr") + "/",
		".." + slash("shared"),
	}
}()

func TestForbiddenText(t *testing.T) {
	for _, name := range tracked(t) {
		path := filepath.Join(root(t), name)
		fi, err := os.Lstat(path)
		if err != nil || !fi.Mode().IsRegular() {
			continue // removed, or a link
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range forbidden {
			if i := bytes.Index(data, []byte(word)); i >= 0 {
				t.Errorf("%s:%d: holds %q", name, 1+bytes.Count(data[:i], []byte("\n")), word)
			}
		}
	}
}

// TestSkips: a test that cannot run is a failure; only the lab decides about skipping.
func TestSkips(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir() == "test/lab" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && (x.Name == "t" || x.Name == "b" || x.Name == "tb") {
				t.Errorf("%s:%d: %s.%s; let the test run everywhere, or put it into a file for its system", s.path, s.line(call.Pos()), x.Name, sel.Sel.Name)
			}
			return true
		})
	}
}

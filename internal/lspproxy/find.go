package lspproxy

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/goenv"
)

// The variables that a user may set for a supervisor that goes by the name of gopls, and the one by which
// a supervisor that is started by a supervisor knows which programs are not the real gopls.
const (
	EnvServer = "GORESCUE_GOPLS" // path of the real gopls
	EnvFlags  = "GORESCUE_LSP"   // flags of the supervisor, separated by blanks
	EnvTried  = "GORESCUE_LSP_TRIED"
)

// Find returns the gopls that an editor would start if this program were not there: GOBIN of the
// environment, the bin folders of GOPATH and GOROOT, PATH (as the Go extension of VS Code looks:
// extension/src/utils/pathUtils.ts). Programs that are this one, linked or copied, and those of
// GORESCUE_LSP_TRIED are passed over. "" = there is none; looked are the places where it was looked for.
func Find(vars map[string]string, self string) (path string, looked []string) {
	if p := vars[EnvServer]; p != "" {
		return p, []string{p}
	}
	values := goenv.Resolve(vars, "").Values
	dirs := []string{vars["GOBIN"]}
	for _, d := range filepath.SplitList(values["GOPATH"].Value) {
		dirs = append(dirs, filepath.Join(d, "bin"))
	}
	if root := vars["GOROOT"]; root != "" {
		dirs = append(dirs, filepath.Join(root, "bin"))
	}
	dirs = append(dirs, filepath.SplitList(vars["PATH"])...)
	tried := filepath.SplitList(vars[EnvTried])
	name := "gopls"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, d := range dirs {
		if !filepath.IsAbs(d) {
			continue
		}
		p := filepath.Join(d, name)
		if slices.Contains(looked, p) {
			continue
		}
		looked = append(looked, p)
		fi, err := os.Stat(p)
		if err != nil || !fi.Mode().IsRegular() || runtime.GOOS != "windows" && fi.Mode()&0o111 == 0 {
			continue
		}
		if slices.Contains(tried, p) || ours(p, fi, self) {
			continue
		}
		return p, looked
	}
	return "", looked
}

// ours reports whether a program is this one.
func ours(path string, fi os.FileInfo, self string) bool {
	mine, err := os.Stat(self)
	if err != nil {
		return false
	}
	if os.SameFile(fi, mine) {
		return true
	}
	info, err := buildinfo.ReadFile(path)
	return err == nil && strings.HasPrefix(info.Path, "github.com/gorescue/gorescue/") // a copy, or another version
}

// Serves reports whether gopls with these arguments is a language server on standard input and output; any
// other call is none of the supervisor's business.
func Serves(args []string) bool {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" || !strings.HasPrefix(a, "-") || a == "-" {
			if a == "serve" {
				return Serves(args[i+1:])
			}
			return false
		}
		name, _, value := strings.Cut(strings.TrimLeft(a, "-"), "=")
		switch name {
		case "listen", "mcp.listen", "h", "help":
			return false
		case "rpc.trace", "v", "verbose", "vv", "veryverbose":
		default:
			if !value {
				i++ // its value
			}
		}
	}
	return true
}

package gobuild

import (
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// needs lists what the build would have to download or extract: modules, and the Go release itself.
func needs(w probe.World, set *facts.Settings, list *buildlist.List, program string) []string {
	var out []string
	cache := set.Get("GOMODCACHE")
	if !filepath.IsAbs(cache) {
		return nil // go refuses such a setting before it writes anything
	}
	if chain := otherGo(w, set, list, program); chain != "" {
		out = append(out, chain)
	}
	if list.Vendor {
		return out
	}
	for _, m := range list.Modules {
		if m.Needed && !m.Tests && m.Missing != "" {
			out = append(out, m.String())
		}
	}
	slices.Sort(out)
	return out
}

// otherGo returns the module of the Go release that the go command would switch to and does not have, ""
// when it stays or has it.
func otherGo(w probe.World, set *facts.Settings, list *buildlist.List, program string) string {
	want, local := selected(set, list, program)
	_, rest, _ := strings.Cut(set.Get("GOTOOLCHAIN"), "+")
	if want == local || !version.IsValid(want) || inPath(w.Get("PATH"), want) || set.Get("GOTOOLCHAIN") == "path" || rest == "path" {
		return ""
	}
	chain := "golang.org/toolchain@v0.0.1-" + want + "." + runtime.GOOS + "-" + runtime.GOARCH
	if _, err := os.Stat(filepath.Join(set.Get("GOMODCACHE"), filepath.FromSlash(chain), "bin")); err == nil {
		return ""
	}
	return chain
}

// selected is the release that the go command chooses for this project, and the one that it is itself
// (cmd/go/internal/toolchain/select.go, func Select). They are equal when it stays, or says what is wrong with GOTOOLCHAIN.
func selected(set *facts.Settings, list *buildlist.List, program string) (want, local string) {
	mode := set.Get("GOTOOLCHAIN")
	local = localGo(goroot(set, program))
	if mode == "local" || local == "" {
		return local, local
	}
	want, rest, plus := strings.Cut(mode, "+")
	switch {
	case mode == "auto", mode == "path":
		want = local
	case want == "local":
		want = local
	case !strings.HasPrefix(want, "go1"):
		return local, local
	}
	if mode == "auto" || mode == "path" || plus && (rest == "auto" || rest == "path") {
		for _, other := range []string{"go" + list.Go, list.Chain} {
			if version.IsValid(other) && version.Compare(other, want) > 0 {
				want = other
			}
		}
	}
	return want, local
}

// localGo is the version in the file VERSION of a Go tree, "" when it cannot be read.
func localGo(root string) string {
	data, err := buildlist.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(data), "\n")
	v, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !version.IsValid(v) {
		return ""
	}
	return v
}

func inPath(path, name string) bool {
	for _, dir := range filepath.SplitList(path) {
		if fi, err := os.Stat(filepath.Join(dir, name)); filepath.IsAbs(dir) && err == nil && fi.Mode()&0o111 != 0 {
			return true
		}
	}
	return false
}

package goenv

import (
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// defaults are the values of variables that nobody set, of every known one. They depend on values that are
// set: cmd/go/internal/cfg (defaultContext, gopath, gopathDir), cmd/go/internal/cache/default.go (DefaultDir),
// internal/buildcfg.
func defaults(vars map[string]string, s *facts.Settings, root string) map[string]string {
	d := map[string]string{}
	for n := range strings.FieldsSeq(known) {
		d[n] = ""
	}
	d["GOOS"], d["GOARCH"], d["GOHOSTOS"], d["GOHOSTARCH"] = runtime.GOOS, runtime.GOARCH, runtime.GOOS, runtime.GOARCH
	d["GOTOOLCHAIN"], d["GOAUTH"], d["GOFIPS140"] = "auto", "netrc", "off"
	d["AR"], d["FC"], d["PKG_CONFIG"] = "ar", "gfortran", "pkg-config"
	d["GOENV"], d["GOROOT"], d["GOVERSION"] = s.File.Path, root, s.Release
	goos, goarch := orDefault(s, d, "GOOS"), orDefault(s, d, "GOARCH")
	d["CC"], d["CXX"] = compilers(goos)
	if d["GOEXE"] = ""; goos == "windows" {
		d["GOEXE"] = ".exe"
	}
	if n, v := variant(goarch); n != "" {
		d[n] = v
	}
	if root != "" {
		d["GOTOOLDIR"] = filepath.Join(root, "pkg", "tool", runtime.GOOS+"_"+runtime.GOARCH)
	}
	d["CGO_ENABLED"] = "0"
	if goos == runtime.GOOS && goarch == runtime.GOARCH && (vars["CC"] != "" || InPath(vars["PATH"], d["CC"]) != "") {
		d["CGO_ENABLED"] = "1" // since go1.20 cgo turns itself off when there is no C compiler
	}
	places(d, vars, s)
	return d
}

func places(d map[string]string, vars map[string]string, s *facts.Settings) {
	gopath := s.Values["GOPATH"].Value
	if home := vars[homeVar]; gopath == "" && home != "" {
		// A GOROOT of ~/go leaves no default (go/build: defaultGOPATH). A tree that is there without being
		// named so is not recognised (measured with go1.26).
		if def := filepath.Join(home, "go"); vars["GOROOT"] == "" || filepath.Clean(vars["GOROOT"]) != def {
			gopath, d["GOPATH"] = def, def
		}
	}
	if list := filepath.SplitList(gopath); len(list) > 0 && list[0] != "" {
		d["GOMODCACHE"] = filepath.Join(list[0], "pkg", "mod")
	}
	if dir := cacheDir(vars); dir != "" {
		d["GOCACHE"] = filepath.Join(dir, "go-build")
	}
}

func orDefault(s *facts.Settings, d map[string]string, name string) string {
	if v := s.Values[name].Value; v != "" {
		return v
	}
	return d[name]
}

// compilers are the default C and C++ compilers (cmd/dist: defaultcc).
func compilers(goos string) (cc, cxx string) {
	switch goos {
	case "darwin", "ios", "freebsd", "openbsd":
		return "clang", "clang++"
	}
	return "gcc", "g++"
}

// variant is the variable of an architecture with its default in a released Go tree.
func variant(goarch string) (name, value string) {
	switch goarch {
	case "386":
		return "GO386", "sse2"
	case "amd64":
		return "GOAMD64", "v1"
	case "arm":
		return "GOARM", "7"
	case "arm64":
		return "GOARM64", "v8.0"
	case "mips", "mipsle":
		return "GOMIPS", "hardfloat"
	case "mips64", "mips64le":
		return "GOMIPS64", "hardfloat"
	case "ppc64", "ppc64le":
		return "GOPPC64", "power8"
	case "riscv64":
		return "GORISCV64", "rva20u64"
	}
	return "", ""
}

// cacheDir is os.UserCacheDir for a given environment.
func cacheDir(vars map[string]string) string {
	switch {
	case runtime.GOOS == "windows":
		return vars["LocalAppData"]
	case runtime.GOOS == "darwin" && vars["HOME"] != "":
		return filepath.Join(vars["HOME"], "Library", "Caches")
	case vars["XDG_CACHE_HOME"] != "":
		if filepath.IsAbs(vars["XDG_CACHE_HOME"]) {
			return vars["XDG_CACHE_HOME"]
		}
		return ""
	case vars["HOME"] != "":
		return filepath.Join(vars["HOME"], ".cache")
	}
	return ""
}

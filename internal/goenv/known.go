package goenv

import (
	"sort"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// known lists every variable of KnownEnv (internal/cfg/cfg.go, go1.25 to go1.27) that the process environment
// and the env files may set.
const known = ` AR CC CXX FC GCCGO PKG_CONFIG CGO_ENABLED GO_EXTLINK_ENABLED ` +
	`CGO_CFLAGS CGO_CFLAGS_ALLOW CGO_CFLAGS_DISALLOW CGO_CPPFLAGS CGO_CPPFLAGS_ALLOW CGO_CPPFLAGS_DISALLOW ` +
	`CGO_CXXFLAGS CGO_CXXFLAGS_ALLOW CGO_CXXFLAGS_DISALLOW CGO_FFLAGS CGO_FFLAGS_ALLOW CGO_FFLAGS_DISALLOW ` +
	`CGO_LDFLAGS CGO_LDFLAGS_ALLOW CGO_LDFLAGS_DISALLOW ` +
	`GO111MODULE GO386 GOAMD64 GOARCH GOARM GOARM64 GOAUTH GOBIN GOCACHE GOCACHEPROG GOEXPERIMENT GOFIPS140 GOFLAGS ` +
	`GOINSECURE GOMIPS GOMIPS64 GOMODCACHE GONOPROXY GONOSUMDB GOOS GOPATH GOPPC64 GOPRIVATE GOPROXY GORISCV64 GOROOT ` +
	`GOSUMDB GOTMPDIR GOTOOLCHAIN GOVCS GOWASM GOWORK `

// fromProcess lists variables that the go command, the programs it builds or gopls take from the process environment
// alone; a line of the env file has no effect on them (`go env -w` refuses them).
const fromProcess = ` GOENV GODEBUG GOTRACEBACK GOMAXPROCS GOGC GOMEMLIMIT GOCOVERDIR GOPACKAGESDRIVER GOROOT_FINAL TMPDIR NETRC `

// own lists variables that `go env` shows and nobody can set (cmd/go/internal/envcmd: checkEnvWrite); a value in
// the process environment is not looked at.
const own = ` GOEXE GOGCCFLAGS GOHOSTARCH GOHOSTOS GOMOD GOTOOLDIR GOVERSION GOTELEMETRY GOTELEMETRYDIR `

// IsSetting reports whether the go command reads this variable from the process environment or an env file.
func IsSetting(name string) bool {
	return strings.Contains(known+fromProcess, " "+name+" ")
}

func onlyProcess(name string) bool { return strings.Contains(fromProcess, " "+name+" ") }

func computed(name string) bool { return strings.Contains(own, " "+name+" ") }

// names lists every setting that any of the sources speaks of, sorted.
func names(vars map[string]string, s *facts.Settings) []string {
	seen := map[string]bool{}
	for n := range vars {
		seen[n] = IsSetting(n)
	}
	for _, f := range []*facts.EnvFile{&s.File, &s.GoRoot} {
		for _, e := range f.Entries {
			if e.Ignored == "" {
				seen[e.Name] = IsSetting(e.Name)
			}
		}
	}
	out := make([]string, 0, len(seen))
	for n, ok := range seen {
		if ok {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out
}

// Package host knows the ground that every other area stands on: the machine, the user, the
// environment of this process, the files that made that environment, and the effective settings of
// the go command. It has probes only; what may be wrong with these facts is judged by the other areas.
package host

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/startup"
)

// Probes returns the probes of this area.
func Probes() []probe.Probe {
	return []probe.Probe{
		{Section: facts.SecHost, Run: host},
		{Section: facts.SecProcess, Run: process},
		{Section: facts.SecStartup, Run: startupFiles},
		{Section: facts.SecSettings, Run: settings},
	}
}

func startupFiles(ctx context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
	st := startup.Read(ctx, startup.World{Env: w.Vars, Home: w.Get("HOME"), Shell: w.Get("SHELL"), Dir: w.Dir})
	return func(s *facts.Snapshot) { s.Startup = st }, ctx.Err()
}

// goroot is the tree of the go command that a shell would start here: GOROOT when set, else the folder
// above the program (links followed). "" when there is none.
func goroot(w probe.World) string {
	if r := w.Get("GOROOT"); r != "" {
		return r
	}
	for _, dir := range filepath.SplitList(w.Get("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		p := filepath.Join(dir, exe("go"))
		if fi, err := os.Stat(p); err != nil || !fi.Mode().IsRegular() || fi.Mode()&0o111 == 0 && runtime.GOOS != "windows" {
			continue
		}
		if real, err := filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(filepath.Dir(real))
		}
	}
	return ""
}

func exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// process keeps the variables that decide what go, git and compilers do. Everything else in the
// environment is the user's business and is not collected.
func process(_ context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
	p := facts.Process{Vars: map[string]string{}, Ancestors: ancestors(w)}
	for k, v := range w.Vars {
		if collected(k) {
			p.Vars[k] = v
		}
	}
	return func(s *facts.Snapshot) { s.Process = p }, nil
}

// collected reports whether a variable is part of the snapshot.
func collected(name string) bool {
	if goenv.IsSetting(name) {
		return true
	}
	// Of version managers and wrappers: GOENV_VERSION, GVM_ROOT … What else begins with GO (GOOGLE_API_KEY) may be a secret.
	for _, p := range []string{"GIT_", "XDG_", "LC_", "SSL_CERT_", "PKG_CONFIG", "LD_", "GOENV_", "GOROOT", "GOVERSION", "GOTELEMETRY", "GOHOST", "CGO_"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	switch strings.ToUpper(name) {
	case "PATH", "HOME", "SHELL", "USER", "LOGNAME", "LANG", "PWD", "TMP", "TEMP", "NETRC", "CI", "TERM", "ZDOTDIR",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "LIBRARY_PATH", "CPATH", "C_INCLUDE_PATH", "SDKROOT", "VIRTUAL_ENV":
		return true
	}
	return false
}

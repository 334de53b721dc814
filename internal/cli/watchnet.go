package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/redact"
)

// proxyHealth asks each server of GOPROXY for one version that go.mod names and that may be asked of them: no name leaves
// which the go command would keep. Of a project without such a module nothing is asked.
func proxyHealth(w probe.World) func(context.Context, map[string]string) map[string]blackbox.Proxy {
	red := redact.Local(w.Vars)
	return func(ctx context.Context, set map[string]string) map[string]blackbox.Proxy {
		private := cmp.Or(set["GONOPROXY"], set["GOPRIVATE"])
		entries, err := goproxy.Parse(set["GOPROXY"], private)
		mod, ok := anyModule(w.Dir, private)
		if err != nil || !ok {
			return nil
		}
		c := goproxy.New(goproxy.Config{Vars: w.Vars, GOAUTH: set["GOAUTH"], Limits: goproxy.DefaultLimits()})
		defer c.Close()
		out := map[string]blackbox.Proxy{}
		for _, e := range entries {
			if !e.IsProxy() {
				continue
			}
			began := time.Now()
			_, a := c.Fetch(ctx, e.URL, mod, ".info")
			out[red.Text(e.URL)] = blackbox.Proxy{OK: a.OK() || a.NotFound(), Why: string(a.Fail), MS: time.Since(began).Seconds() * 1000}
		}
		return out
	}
}

// anyModule is the first version that go.mod names and that no pattern keeps from proxies.
func anyModule(dir, private string) (module.Version, bool) {
	for d := dir; ; d = filepath.Dir(d) {
		data, err := os.ReadFile(filepath.Join(d, "go.mod"))
		if err != nil {
			if d == filepath.Dir(d) {
				return module.Version{}, false
			}
			continue
		}
		f, err := modfile.ParseLax("go.mod", data, nil)
		if err != nil {
			return module.Version{}, false
		}
		for _, r := range f.Require {
			if !module.MatchPrefixPatterns(private, r.Mod.Path) {
				return r.Mod, true
			}
		}
		return module.Version{}, false
	}
}

package network

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// machine is a project that lacks one module, with a value of GOPROXY.
func machine(t *testing.T, list string) (probe.World, *facts.Snapshot) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{
		"go.mod": "module example.com/app\n\ngo 1.25\n\nrequire example.com/x v1.0.0\n",
		"go.sum": "example.com/x v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &facts.Snapshot{Taken: time.Now(), Sections: map[facts.Section]facts.Status{}}
	for _, sec := range reads {
		s.Sections[sec] = facts.Status{State: facts.OK}
	}
	s.Settings.Values = map[string]facts.Setting{"GOPROXY": {Value: list, Origin: facts.FromProcess}, "GOMODCACHE": {Value: filepath.Join(dir, "cache")}}
	s.Dirs.Modules.Missing = []facts.MissingModule{{Module: "example.com/x@v1.0.0", Missing: "mod"}}
	return probe.World{Dir: dir, Vars: map[string]string{}}, s
}

// found runs the probe within budget and returns the IDs of what the checks find.
func found(t *testing.T, w probe.World, s *facts.Snapshot, budget time.Duration) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), budget)
	defer cancel()
	started := time.Now()
	install, err := collect(ctx, w, s)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took > budget {
		t.Errorf("took %v of %v", took, budget)
	}
	install(s)
	var ids []string
	for _, c := range Checks() {
		for range c.Run(s) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// TestSilence: a server that says nothing is found out also when the time of the section ends first.
func TestSilence(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	}))
	defer srv.Close()
	for _, budget := range []time.Duration{3500 * time.Millisecond, 6 * time.Second} {
		w, s := machine(t, srv.URL+"|direct")
		if got := found(t, w, s, budget); strings.Join(got, " ") != "proxy-accepts-and-hangs" {
			t.Errorf("within %v: %v; %+v", budget, got, s.Network.Entries)
		}
	}
}

// TestPrivateNames: the public default is not asked for a module that the policy calls private, and the leak is named.
func TestPrivateNames(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "example.com") {
			asked.Add(1)
		}
		http.NotFound(w, r)
	}))
	defer srv.Close()
	w, s := machine(t, srv.URL+",direct")
	s.Settings.GoRoot.Entries = []facts.EnvEntry{{Name: "GOPROXY", Value: srv.URL + ",direct"}}
	s.Policy.Private = []string{"example.com/*"}
	if got := found(t, w, s, 5*time.Second); strings.Join(got, " ") != "private-module-asked-from-public-proxy" || asked.Load() != 0 {
		t.Errorf("%v, asked %d times", got, asked.Load())
	}
	s.Settings.Values["GOPRIVATE"] = facts.Setting{Value: "example.com/*"}
	w.Vars["HTTPS_PROXY"] = closed(t)
	if got := found(t, w, s, 5*time.Second); strings.Join(got, " ") != "repository-unreachable" || asked.Load() != 0 {
		t.Errorf("with GOPRIVATE: %v, the proxy was asked %d times although the module comes from its repository", got, asked.Load())
	}
}

// TestNothingMissing: no server is asked, unless somebody wants it.
func TestNothingMissing(t *testing.T) {
	w, s := machine(t, "http://127.0.0.1:1")
	s.Dirs.Modules.Missing = nil
	if _, err := collect(t.Context(), w, s); err == nil {
		t.Error("a server was asked although nothing is missing")
	}
	// What is missing is only its folder: the zip is there, and go extracts it.
	s.Dirs.Modules.Missing = []facts.MissingModule{{Module: "example.com/x@v1.0.0", Missing: "dir"}}
	zip := filepath.Join(w.Dir, "cache", "cache", "download", "example.com", "x", "@v", "v1.0.0.zip")
	if err := os.MkdirAll(filepath.Dir(zip), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(zip, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := collect(t.Context(), w, s); err == nil {
		t.Error("a server was asked for a module whose zip is in the cache")
	}
}

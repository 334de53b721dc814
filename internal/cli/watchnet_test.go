package cli_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/blackbox"
)

// TestWatchNet: only with --net a proxy is asked, for a version that go.mod names and that may be asked of it.
func TestWatchNet(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
		_, _ = w.Write([]byte(`{"Version":"v1.2.0","Time":"2020-01-01T00:00:00Z"}`))
	}))
	defer srv.Close()
	s := newSession(t)
	s.write(filepath.Join(s.home, ".config", "go", "telemetry", "mode"), "off")
	s.write(filepath.Join(s.home, ".config", "go", "env"), "GOPROXY="+srv.URL+",http://127.0.0.1:1,direct\nGOPRIVATE=corp.example.com\n")
	s.write(filepath.Join(s.proj, "go.mod"), "module example.com/app\n\ngo 1.21\n\nrequire (\n\tcorp.example.com/secret v1.0.0\n\texample.com/open v1.2.0\n)\n")
	s.want(0, "watch", "-C", s.proj, "--every", "200ms", "--for", "500ms")
	if len(asked) > 0 {
		t.Fatalf("asked without --net: %q", asked)
	}
	s.want(0, "watch", "-C", s.proj, "--every", "200ms", "--for", "500ms", "--net")
	mu.Lock()
	defer mu.Unlock()
	if len(asked) != 1 || asked[0] != "/example.com/open/@v/v1.2.0.info" {
		t.Errorf("asked: %q", asked)
	}
	h, err := blackbox.Read(blackbox.Folder(filepath.Join(s.home, ".local", "state", "gorescue"), s.proj), time.Time{})
	if err != nil || len(h.Samples) == 0 {
		t.Fatal(err)
	}
	last := h.Samples[len(h.Samples)-1].Proxies
	if p := last[srv.URL]; !p.OK || p.MS <= 0 {
		t.Errorf("the one that answers: %+v", last)
	}
	for name, p := range last {
		if strings.Contains(name, ":1") && !strings.HasPrefix(name, srv.URL) && (p.OK || p.Why != "refused") {
			t.Errorf("the one that does not: %+v", last)
		}
	}
}

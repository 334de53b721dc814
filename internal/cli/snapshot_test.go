package cli_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// canary is a made secret of one of the forms in which secrets come.
func canary(r *rand.Rand, i int) string {
	word := func(n int, letters string) string {
		b := make([]byte, n)
		for k := range b {
			b[k] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	const all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	switch i % 6 {
	case 0:
		return word(32, all)
	case 1:
		return word(40, "0123456789abcdef")
	case 2:
		return "ghp_" + word(36, all)
	case 3:
		return "glpat-" + word(20, all)
	case 4:
		return fmt.Sprintf("korrekt-pferd-%d-%s", i, word(4, "abcdefgh")) // a phrase of a person
	}
	return fmt.Sprintf("s3cr3t%d%s", i, word(6, all))
}

// plant gives a user secrets wherever tools keep them, and returns them.
func plant(s *session) (all []string) {
	r := rand.New(rand.NewPCG(1, 2))
	next := func() string {
		all = append(all, canary(r, len(all)))
		return all[len(all)-1]
	}
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, next())
		}
		return b.String()
	}
	for i := range 25 {
		name := []string{"CI_JOB_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "API_KEY", "SESSION_COOKIE"}[i%5]
		s.env = append(s.env, fmt.Sprintf("%s_%d=%s", name, i, next()))
	}
	s.env = append(s.env, "HTTPS_PROXY=http://me:"+next()+"@proxy.example.com:3128", "NO_PROXY=*", "CGO_CFLAGS=-DTOKEN="+next(),
		"GOAUTH=netrc", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader", "GIT_CONFIG_VALUE_0=Authorization: Bearer "+next())
	s.env = slices.DeleteFunc(s.env, func(v string) bool { return v == "GOFLAGS=" })
	s.env = append(s.env, "GOFLAGS=-ldflags=-X=main.apiToken="+next())
	s.write(filepath.Join(s.home, ".netrc"), lines(30, "machine m%d.example.com login me password %s\n"))
	s.write(filepath.Join(s.home, ".git-credentials"), lines(20, "https://me%d:%s@git.example.com\n"))
	s.write(filepath.Join(s.home, ".gitconfig"), lines(15, "[http \"https://h%d.example.com\"]\n\textraheader = Authorization: Basic %s\n")+
		lines(10, "[url \"https://oauth2:x%d%s@git.example.com/\"]\n\tinsteadOf = https://git.example.com/\n"))
	proxies := lines(25, "https://u%d:%s@proxy.example.com|")
	s.write(filepath.Join(s.home, ".config", "go", "env"), "GOPROXY="+proxies+"off\nGONOSUMDB=*\nGOSUMDB=off\n# token "+next()+"\n")
	s.write(filepath.Join(s.home, ".config", "go", "telemetry", "mode"), "off")
	s.write(filepath.Join(s.home, ".config", "Code", "User", "settings.json"), "{\n"+`"go.toolsEnvVars": {`+lines(20, `"SERVICE_TOKEN_%d": "%s",`)+`"GOFLAGS": "-mod=mod"}, `+
		`"gopls": {"build.env": {`+lines(10, `"API_KEY_%d": "%s",`)+`"X": "https://a:`+next()+`@h.example.com"}}`+"\n}\n")
	s.write(filepath.Join(s.home, ".profile"), lines(20, "export GOPROXY_%d_TOKEN=%s\n")+"export GOPRIVATE=git.example.com\nexport GOPROXY=https://me:"+next()+"@proxy.example.com\n")
	s.write(filepath.Join(s.home, ".bashrc"), lines(10, "curl -H 'Authorization: Bearer %d%s' https://x.example.com\n"))
	s.write(filepath.Join(s.proj, "go.mod"), "module example.com/app\n\ngo 1.21\n"+lines(10, "// password%d: %s\n"))
	return all
}

// TestNoSecretLeaves plants 200 secrets and finds none of them in a snapshot, in any form in which they travel.
func TestNoSecretLeaves(t *testing.T) {
	s := newSession(t)
	secrets := plant(s)
	if len(secrets) < 200 || len(secrets) > 260 {
		t.Fatalf("%d secrets only", len(secrets))
	}
	s.want(0, "watch", "-C", s.proj, "--every", "200ms", "--for", "700ms")
	s.write(filepath.Join(s.proj, "go.mod"), "module example.com/app\n\ngo 1.22\n// token: "+secrets[0]+"\n")
	s.want(0, "watch", "-C", s.proj, "--every", "200ms", "--for", "700ms")
	shown := s.out.String()
	file := filepath.Join(s.home, "snap.json")
	s.want(0, "snapshot", "-C", s.proj, "-o", file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rings, err := filepath.Glob(filepath.Join(s.home, ".local", "state", "gorescue", "blackbox", "*", "*.ring"))
	if err != nil || len(rings) == 0 {
		t.Fatalf("no ring: %v", err)
	}
	ring, err := os.ReadFile(rings[0])
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"snapshot": string(data), "ring": string(ring), "watch": shown} {
		leaked := 0
		for i, c := range secrets {
			for _, form := range []string{c, url.QueryEscape(c), base64.StdEncoding.EncodeToString([]byte(c)), c[:len(c)*3/4]} {
				if at := strings.Index(text, form); at >= 0 {
					leaked++
					t.Errorf("%s: secret %d (%s) leaves: …%s…", where, i, form, text[max(0, at-120):at+len(form)])
					break
				}
			}
		}
		if leaked == 0 && len(text) < 20 {
			t.Errorf("%s: nothing was looked at", where)
		}
	}
	if strings.Contains(string(data), s.home) {
		t.Error("the home folder is in the snapshot")
	}
}

// TestSameElsewhere: a snapshot is judged as the machine itself was, though it is redacted.
func TestSameElsewhere(t *testing.T) {
	s := newSession(t)
	s.write(filepath.Join(s.home, ".profile"), "export GOROOT=$HOME/sdk/go1.99\nexport GOFLAGS=-mod=vendr\n")
	s.write(filepath.Join(s.home, ".config", "go", "telemetry", "mode"), "off")
	s.write(filepath.Join(s.home, ".config", "go", "env"), "GOPROXY=https://proxy.corp.internal\nGOPRIVATE=*.corp.internal\nGOSUMDB=sum.corp.internal+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\n")
	s.env = append(s.env, "GOROOT="+filepath.Join(s.home, "sdk", "go1.99"), "GOFLAGS=-mod=vendr")
	ids := func(args ...string) (out []string) {
		t.Helper()
		var doc struct {
			Findings []struct {
				Check   string
				Unknown bool
			}
		}
		if err := json.Unmarshal([]byte(s.want(3, append(args, "--json")...)), &doc); err != nil {
			t.Fatal(err)
		}
		for _, f := range doc.Findings {
			if !f.Unknown {
				out = append(out, f.Check)
			}
		}
		slices.Sort(out)
		return out
	}
	file := filepath.Join(s.home, "snap.json")
	s.want(0, "snapshot", "-C", s.proj, "-o", file)
	here := ids("check", s.proj)
	there := ids("check", file)
	if len(here) < 2 || !slices.Equal(here, there) {
		t.Errorf("here %q, elsewhere %q", here, there)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "corp.internal\"") || strings.Contains(string(data), "proxy.corp") {
		t.Error("the name of a private server is in the snapshot")
	}
}

func TestBadSnapshots(t *testing.T) {
	s := newSession(t)
	big := filepath.Join(s.home, "big.json")
	s.write(big, "")
	if err := os.Truncate(big, 65<<20); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"empty": "", "list": "[1]", "cut": `{"kind":"gorescue snapshot","facts":{"sections":{`, "other": `{"a":1}`,
		"newer": `{"kind":"gorescue snapshot","schema":99,"facts":{"sections":{}}}`, "bare": `{"kind":"gorescue snapshot","schema":1}`, "binary": "\x00\xff\x00"} {
		file := filepath.Join(s.home, name+".json")
		s.write(file, data)
		s.want(1, "check", file)
		if !strings.Contains(s.er.String(), "cannot read") || !strings.Contains(s.er.String(), "hint: ") {
			t.Errorf("%s: %s", name, &s.er)
		}
	}
	s.want(1, "check", big)
	s.want(1, "diff", "now", big)
	s.want(1, "snapshot", "-C", s.proj, "-o", filepath.Join(s.home, "no", "such", "folder.json"))
}

// TestDiff: what was changed shows, the most telling first, from the black box and between two machines.
func TestDiff(t *testing.T) {
	s := newSession(t)
	s.write(filepath.Join(s.home, ".config", "go", "telemetry", "mode"), "off")
	s.want(1, "diff", "-C", s.proj, "now", "-15m")
	if !strings.Contains(s.er.String(), "gorescue watch") {
		t.Errorf("no hint: %s", &s.er)
	}
	s.want(0, "watch", "-C", s.proj, "--every", "200ms", "--for", "500ms")
	time.Sleep(1100 * time.Millisecond)
	type differences struct {
		Differences []struct{ Rank, Key, A, B string }
	}
	var doc differences
	if err := json.Unmarshal([]byte(s.want(0, "diff", "-C", s.proj, "now", "-1s", "--json")), &doc); err != nil {
		t.Fatal(err)
	}
	for _, d := range doc.Differences { // what runs on this machine beside is not the test's
		if d.Rank == "build" || d.Rank == "editor" {
			t.Errorf("nothing was changed: %+v", d)
		}
	}
	s.want(1, "diff", "-C", s.proj, "now", "-15m") // so long nobody watched
	first := filepath.Join(s.home, "first.json")
	s.want(0, "snapshot", "-C", s.proj, "-o", first)
	s.write(filepath.Join(s.proj, "go.mod"), "module example.com/app\n\ngo 1.22\n")
	cmd := exec.Command("go", "env", "-w", "GOFLAGS=-mod=mod", "GOTMPDIR="+s.home)
	cmd.Env = append(slices.Clone(s.env), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out := s.want(0, "diff", "-C", s.proj, "-1s", "now")
	mod, flags, tmp := strings.Index(out, "+go 1.22"), strings.Index(out, "GOFLAGS"), strings.Index(out, "GOTMPDIR\n")
	if mod < 0 || flags < mod || tmp < flags {
		t.Errorf("not there, or in another order (%d, %d, %d):\n%s", mod, flags, tmp, out)
	}
	if zh := s.want(0, "diff", "-C", s.proj, "-1s", "now", "--lang", "zh"); !strings.Contains(zh, "决定构建") {
		t.Errorf("%s", zh)
	}
	// The same project of another user, elsewhere, with the changes.
	other := newSession(t)
	other.write(filepath.Join(other.home, ".config", "go", "telemetry", "mode"), "off")
	other.write(filepath.Join(other.proj, "go.mod"), "module example.com/app\n\ngo 1.22\n")
	ci := filepath.Join(other.home, "ci.json")
	other.want(0, "snapshot", "-C", other.proj, "-o", ci)
	doc = differences{}
	if err := json.Unmarshal([]byte(s.want(0, "diff", "-C", s.proj, first, ci, "--json")), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Differences) == 0 || doc.Differences[0].Key != "$PROJECT/go.mod" {
		t.Errorf("%+v", doc.Differences)
	}
	for _, d := range doc.Differences {
		if d.Rank == "build" && d.Key != "$PROJECT/go.mod" {
			t.Errorf("what only lies elsewhere: %+v", d)
		}
	}
}

// TestWatchAlone: a second watch of a project says who watches; it is ended from outside.
func TestWatchAlone(t *testing.T) {
	s := newSession(t)
	s.write(filepath.Join(s.home, ".config", "go", "telemetry", "mode"), "off")
	two := *s
	done := make(chan int)
	go func() { done <- s.run("watch", "-C", s.proj, "--every", "200ms", "--for", "30s") }()
	for range 100 {
		if two.run("watch", "--status", "--json"); strings.Contains(two.out.String(), `"pid"`) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	two.want(1, "watch", "-C", s.proj)
	if !strings.Contains(two.er.String(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("who watches is not said: %s", &two.er)
	}
	two.want(0, "watch", "-C", s.proj, "--stop")
	select {
	case code := <-done:
		if code != 0 {
			t.Errorf("exit %d: %s", code, &s.er)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it was not stopped")
	}
	if out := two.want(0, "watch", "-C", s.proj, "--stop"); !strings.Contains(out, "nobody") {
		t.Errorf("%s", out)
	}
	two.want(2, "watch", "-C", s.proj, "--every", "1ms")
}

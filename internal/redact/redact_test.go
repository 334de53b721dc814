package redact

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

func user(t testing.TB) *Redactor {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".netrc"), []byte("machine a.example.com login kim password hundehuette\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return New(map[string]string{"HOME": home, "USER": "kimberly", "MY_TOKEN": "abc-def-ghi", "PWD": "/somewhere/else", "SSH_AUTH_SOCK": "/run/x/agent.1"})
}

func TestText(t *testing.T) {
	r := user(t)
	for in, want := range map[string]string{
		"":                                      "",
		"GOFLAGS=-mod=mod -tags=a,b":            "GOFLAGS=-mod=mod -tags=a,b",
		"https://a:b@h.example.com/x":           "https://hidden@h.example.com/x",
		"https://h.example.com/x?token=abc&n=1": "https://h.example.com/x?token=hidden",
		"is abc-def-ghi here":                   "is hidden here",
		"hundehuette":                           "hidden",
		`"password": "x y z", "n": 1`:           `"password": hidden, "n": 1`,
		"--token abcd":                          "--token hidden",
		"Authorization: Bearer abcdef":          "Authorization: Bearer hidden",
		"/src/kimberly/go.mod":                  "/src/user/go.mod",
		"kimberlyX and kimberly":                "kimberlyX and user",
		"/somewhere/else":                       "/somewhere/else",
		"h1:Ac4zctda0e5eza8HJyk9SxEdh8s3Ux18htTTAD8OuAo=":      "h1:Ac4zctda0e5eza8HJyk9SxEdh8s3Ux18htTTAD8OuAo=",
		"example.com/m v0.0.0-20240102030405-0123456789ab":     "example.com/m v0.0.0-20240102030405-0123456789ab",
		"/builds/Xk3Jd83jK2ls93Kd02kd9/proj":                   "/builds/Xk3Jd83jK2ls93Kd02kd9/proj",
		"https://h.example.com/Xk3Jd83jK2ls93Kd02kd9/proj":     "https://h.example.com/hidden/proj",
		"TestSomethingVeryLongAndBoring":                       "TestSomethingVeryLongAndBoring",
		"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA X": "hidden",
	} {
		if got := r.Text(in); got != want {
			t.Errorf("%q → %q, want %q", in, got, want)
		}
	}
	if got := r.Path(filepath.Join(r.home, "proj")); got != filepath.FromSlash("/home/user/proj") {
		t.Errorf("%q", got)
	}
	if got := r.Path(r.home + "stead"); got != r.home+"stead" {
		t.Errorf("a part of a longer name: %q", got)
	}
	if r.Value("DB_PASSWORD", "x") != Hidden || r.Value("GOFLAGS", "x") != "x" {
		t.Error("values by name")
	}
}

// TestClasses: each class is treated as it says, and what has none, or is secret, is gone.
func TestClasses(t *testing.T) {
	r := user(t)
	s := &facts.Snapshot{Dir: r.home + "/p", Sections: map[facts.Section]facts.Status{facts.SecHost: {State: facts.Failed, Reason: "abc-def-ghi"}},
		Host:    facts.Host{OS: "linux", User: "kimberly", Home: r.home},
		Process: facts.Process{Vars: map[string]string{"API_TOKEN": "short", "PATH": r.home + "/bin:/bin"}},
		Settings: facts.Settings{Values: map[string]facts.Setting{"GOPROXY": {Value: "https://u:p@proxy.corp.internal", Origin: facts.FromGoenv}, "GOPRIVATE": {Value: "*.corp.internal"},
			"GOSUMDB": {Value: "sum.corp.internal+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8 https://sum.third.internal"}}},
	}
	s.Settings.File.Entries = []facts.EnvEntry{{Name: "X", Cut: facts.Splice{Old: "whatever", Offset: 3}}}
	r.Hosts(s)
	out, err := r.Snapshot(s)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{r.home, "kimberly", "abc-def-ghi", "whatever", "proxy.corp", "*.corp", "u:p", "third", `"short"`} {
		if strings.Contains(string(data), gone) {
			t.Errorf("%s is in it: %s", gone, data)
		}
	}
	if key := out.Settings.Get("GOSUMDB"); !strings.HasPrefix(key, "sum.corp.internal+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8 ") {
		t.Errorf("a key for a name has to keep it: %s", key)
	}
	proxy, private := out.Settings.Get("GOPROXY"), out.Settings.Get("GOPRIVATE")
	if out.Host.OS != "linux" || out.Dir != "/home/user/p" || out.Settings.File.Entries[0].Cut.Offset != 3 || out.Settings.Values["GOPROXY"].Origin != facts.FromGoenv ||
		!strings.HasSuffix(proxy, strings.TrimPrefix(private, "*")) {
		t.Errorf("too much is gone, or a pattern does not fit its name any more: %q %q %+v", proxy, private, out)
	}
	if s.Host.User != "kimberly" || s.Settings.File.Entries[0].Cut.Old != "whatever" {
		t.Error("the original was changed")
	}
}

// FuzzText: no text makes it fail, what is known to be secret is never in the answer.
func FuzzText(f *testing.F) {
	f.Add("https://a:b@h/?token=x abc-def-ghi -----BEGIN PRIVATE KEY-----")
	r := user(f)
	f.Fuzz(func(t *testing.T, s string) {
		if out := strings.ReplaceAll(r.Text(s), Hidden, "|"); strings.Contains(out, "abc-def-ghi") || strings.Contains(out, "hundehuette") {
			t.Errorf("%q → %q", s, out)
		}
	})
}

package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/gorescue/gorescue/internal/cli"
)

// session is a user with a home, a project and a shell.
type session struct {
	t       *testing.T
	home    string
	proj    string
	env     []string
	stdin   string
	person  bool
	out, er bytes.Buffer
}

func newSession(t *testing.T) *session {
	t.Helper()
	s := &session{t: t, home: t.TempDir()}
	s.proj = filepath.Join(s.home, "proj")
	s.write(filepath.Join(s.proj, "go.mod"), "module example.com/app\n\ngo 1.21\n")
	s.write(filepath.Join(s.proj, "main.go"), "package main\n\nfunc main() {}\n")
	s.env = []string{"HOME=" + s.home, "PATH=" + os.Getenv("PATH"), "LANG=C", "GOCACHE=" + buildCache(t), "GOFLAGS=", "TERM=dumb",
		"GORESCUE_STATE=" + filepath.Join(s.home, ".local", "state", "gorescue")}
	return s
}

// buildCache is the cache that the tests themselves are built in: warm, and not the session's own.
func buildCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func (s *session) write(path, data string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) run(args ...string) int {
	s.out.Reset()
	s.er.Reset()
	return cli.Run(s.t.Context(), &cli.App{Args: args, Environ: s.env, Stdin: strings.NewReader(s.stdin), Stdout: &s.out, Stderr: &s.er,
		Terminal: func(any) bool { return s.person }})
}

func (s *session) want(code int, args ...string) string {
	s.t.Helper()
	if got := s.run(args...); got != code {
		s.t.Fatalf("gorescue %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, &s.out, &s.er)
	}
	return s.out.String()
}

func TestUsage(t *testing.T) {
	s := newSession(t)
	for _, args := range [][]string{
		{"fix", "--nosuch"}, {"check", "a", "b"}, {"--lang", "fr", "version"}, {"--budget", "0s", "check"}, {"--budget", "soon"},
		{"fix", "no-such-check"}, {"check", "--only", "no-such-check"}, {"fix", "--plan", "x", "--dry-run"},
	} {
		s.want(2, args...)
		if !strings.HasPrefix(s.er.String(), "gorescue: ") {
			t.Errorf("%v: %q", args, &s.er)
		}
	}
	s.want(1, filepath.Join(s.home, "nowhere"))
	if !strings.Contains(s.er.String(), "hint: ") {
		t.Errorf("no hint: %q", &s.er)
	}
	if out := s.want(0, "version"); !strings.HasPrefix(out, "gorescue ") {
		t.Errorf("%q", out)
	}
}

func TestNoTerminalNoYes(t *testing.T) {
	s := newSession(t)
	s.want(1, "fix", "-C", s.proj)
	if !strings.Contains(s.er.String(), "--yes") {
		t.Errorf("%q", &s.er)
	}
	s.want(1, "undo")
	if out := s.want(0, "log"); out != "nothing was ever changed\n" {
		t.Errorf("%q", out)
	}
}

func TestHealthyInBothLanguages(t *testing.T) {
	s := newSession(t)
	for _, lang := range []string{"en", "zh"} {
		out := s.want(0, "-C", s.proj, "--lang", lang)
		if han := strings.ContainsFunc(out, func(r rune) bool { return unicode.Is(unicode.Han, r) }); han != (lang == "zh") {
			t.Errorf("%s: %q", lang, out)
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("colour without a terminal: %q", out)
		}
	}
	if left, _ := os.ReadDir(s.home); len(left) != 1 {
		t.Errorf("a diagnosis left something behind: %v", left)
	}
}

// TestEveryFormat: text, JSON, SARIF and annotations tell of the same finding.
func TestEveryFormat(t *testing.T) {
	s := newSession(t)
	policy := filepath.Join(s.proj, "gorescue.yaml")
	s.write(policy, "expect:\n  - env.GOFLAGS == 'no, never%'\n")
	const id = "policy-expectation-broken"
	if out := s.want(3, "-C", s.proj); !strings.Contains(out, id) || !strings.Contains(out, policy+":2") {
		t.Errorf("text: %s", out)
	}
	var doc struct {
		Schema   int
		Findings []struct {
			Check    string
			Evidence []struct{ Role, Text, File string }
			CausedBy []string `json:"caused_by"`
		}
		Sections map[string]struct{ Status string }
	}
	if err := json.Unmarshal([]byte(s.want(3, "-C", s.proj, "--json")), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != 1 || len(doc.Findings) == 0 || doc.Findings[0].Check != id || doc.Findings[0].CausedBy == nil || doc.Sections["policy"].Status != "ok" {
		t.Errorf("json: %+v", doc)
	}
	var sarif struct {
		Version string
		Runs    []struct {
			Results []struct {
				RuleID, Level string
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(s.want(3, "check", s.proj, "--sarif")), &sarif); err != nil {
		t.Fatal(err)
	}
	r := sarif.Runs[0].Results[0]
	if sarif.Version != "2.1.0" || r.RuleID != id || r.Level != "warning" || r.Locations[0].PhysicalLocation.ArtifactLocation.URI != "gorescue.yaml" || r.Locations[0].PhysicalLocation.Region.StartLine != 2 {
		t.Errorf("sarif: %+v", sarif)
	}
	if out := s.want(3, "check", s.proj, "--github"); !strings.HasPrefix(out, "::warning file=gorescue.yaml,line=2,title=gorescue%3A "+id+"::") || !strings.Contains(out, "never%25") {
		t.Errorf("annotation: %s", out)
	}
	if out := s.want(0, "explain", id); !strings.Contains(out, "# "+id) {
		t.Errorf("page: %s", out)
	}
	if out := s.want(0, "explain", "the", "condition", "of", "the", "policy", "expect", "is", "false"); !strings.Contains(out, id) {
		t.Errorf("search: %s", out)
	}
}

func TestPlanFiles(t *testing.T) {
	s := newSession(t)
	plan := filepath.Join(s.home, "plan.json")
	s.want(0, "fix", "-C", s.proj, "--plan-out", plan)
	s.want(0, "fix", "-C", s.proj, "--plan", plan, "--yes")
	for name, data := range map[string]string{"schema": `{"schema": 99}`, "field": `{"schema": 1, "and": "more"}`, "torn": `{"sche`} {
		s.write(plan, data)
		if s.want(1, "fix", "-C", s.proj, "--plan", plan, "--yes"); !strings.Contains(s.er.String(), "hint: ") {
			t.Errorf("%s: %q", name, &s.er)
		}
	}
	s.want(1, "fix", "--plan", filepath.Join(s.home, "none"), "--yes")
}

func TestBusyAndDamagedJournal(t *testing.T) {
	s := newSession(t)
	journal := filepath.Join(s.home, ".local", "state", "gorescue", "journal.jsonl")
	s.write(journal, "{\"seq\":1}\n{\"seq\":2}\n")
	s.want(1, "fix", "-C", s.proj, "--yes")
	if !strings.Contains(s.er.String(), "damaged") || !strings.Contains(s.er.String(), "hint: ") {
		t.Errorf("%q", &s.er)
	}
	if data, err := os.ReadFile(journal); err != nil || string(data) != "{\"seq\":1}\n{\"seq\":2}\n" {
		t.Errorf("the damaged journal was changed: %q, %v", data, err)
	}
}

package goproxy

import "testing"

// TestVCSRule compares with go help vcs.
func TestVCSRule(t *testing.T) {
	for _, c := range []struct{ govcs, private, path, rule, allowed string }{
		{"", "", "corp.example/x", "public:git|hg", "git|hg"},
		{"", "corp.example", "corp.example/x", "private:all", "all"},
		{"github.com:git,evil.com:off,*:git|hg", "", "evil.com/x", "evil.com:off", "off"},
		{"github.com:git,evil.com:off,*:git|hg", "corp.example", "corp.example/x", "*:git|hg", "git|hg"},
		{" private : git , public:off", "corp.example/*", "corp.example/x/y", "private : git", "git"},
		{"nonsense,:git,a:", "", "corp.example/x", "public:git|hg", "git|hg"},
	} {
		if rule, allowed := VCSRule(c.govcs, c.private, c.path); rule != c.rule || allowed != c.allowed {
			t.Errorf("%q %q: %q %q", c.govcs, c.path, rule, allowed)
		}
	}
	for list, want := range map[string]bool{"all": true, "hg | git": true, "off": false, "hg": false, "gitx": false} {
		if Allows(list, "git") != want {
			t.Error(list)
		}
	}
}

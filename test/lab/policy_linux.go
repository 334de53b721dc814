package lab

import (
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// WritePolicy writes what the archive's team would have told the product, from the folder
// ~/.config/team (goproxies, goprivate, sumdb.vkey, ca.pem), as the user's policy file. Without that
// folder it does nothing.
func (c *Case) WritePolicy() {
	home := c.Getenv("HOME")
	team := filepath.Join(home, ".config", "team")
	if !exists(team) {
		return
	}
	policy := map[string]any{}
	words := func(name string) []string {
		data, _ := os.ReadFile(filepath.Join(team, name))
		return strings.FieldsFunc(string(data), func(r rune) bool { return strings.ContainsRune(", \n", r) })
	}
	if w := words("goproxies"); len(w) > 0 {
		policy["proxies"] = w
	}
	if w := words("goprivate"); len(w) > 0 {
		policy["private"] = w
	}
	if key, err := os.ReadFile(filepath.Join(team, "sumdb.vkey")); err == nil {
		policy["sumdb"] = strings.TrimSpace(string(key))
	}
	if ca := filepath.Join(team, "ca.pem"); exists(ca) {
		policy["ca_files"] = []string{ca}
	}
	data, err := yaml.Marshal(policy)
	if err != nil {
		c.Fatalf("cannot write the policy: %v", err)
	}
	config := c.Getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(home, ".config")
	}
	dir := filepath.Join(config, "gorescue")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		c.Fatalf("cannot write the policy: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), data, 0o644); err != nil {
		c.Fatalf("cannot write the policy: %v", err)
	}
}

package lspproxy

import (
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/lsp"
)

// level says how much work a server is spared.
type level int

const (
	full   level = iota // as the user has set it up
	light               // diagnoses on save only: this takes nearly all the work of an edit away
	narrow              // and knows only the folders of the open documents: this takes memory away
)

func (l level) String() string { return [...]string{"full", "light", "narrow"}[l] }

// since is the first version of gopls that accepts a setting (gopls/internal/settings of its tags). A
// version that does not know it would show the user an error.
func (c *core) since(v string) bool {
	return semver.IsValid(c.version) && semver.Compare(c.version, v) >= 0
}

// spare puts the settings of the present level into those of the user, a raw JSON object or null.
func (c *core) spare(raw []byte) []byte {
	l := c.mode.level()
	if l == full {
		return raw
	}
	options := map[string]json.RawMessage{}
	if len(raw) > 0 && raw[0] == '{' {
		if json.Unmarshal(raw, &options) != nil {
			return raw
		}
	}
	if c.since("v0.15.0") {
		set(options, "diagnosticsTrigger", `"Save"`)
	}
	if l == narrow {
		if filters := c.filters(options); filters != nil {
			b, err := json.Marshal(filters)
			if err == nil {
				set(options, "directoryFilters", string(b))
			}
		}
	}
	out, err := json.Marshal(options)
	if err != nil {
		return raw
	}
	return out
}

// set sets an option. The user may have it under a longer name: gopls refuses two of one kind.
func set(options map[string]json.RawMessage, name, value string) {
	for k := range options {
		if k[strings.LastIndexByte(k, '.')+1:] == name {
			delete(options, k)
		}
	}
	options[name] = json.RawMessage(value)
}

// filters hides all folders but those of the open documents; the user's own exclusions stay. nil when
// no document lies below a workspace folder: then nothing can be hidden.
func (c *core) filters(options map[string]json.RawMessage) []string {
	var roots []string
	for _, f := range c.mem.workspace() {
		roots = append(roots, strings.TrimSuffix(filePath(f), "/"))
	}
	var dirs []string
	for _, uri := range c.mem.order {
		dir := path.Dir(filePath(uri))
		for _, root := range roots {
			if root != "" && dir == root {
				return nil // everything is below it
			}
			if rel, ok := strings.CutPrefix(dir, root+"/"); ok && root != "" && !slices.Contains(dirs, "+"+rel) {
				dirs = append(dirs, "+"+rel)
			}
		}
	}
	if dirs == nil {
		return nil
	}
	slices.Sort(dirs)
	filters := append([]string{"-"}, dirs...)
	mine := []string{"-**/node_modules"}
	for k, v := range options {
		var list []string
		if k[strings.LastIndexByte(k, '.')+1:] == "directoryFilters" && json.Unmarshal(v, &list) == nil {
			mine = slices.DeleteFunc(list, func(f string) bool { return !strings.HasPrefix(f, "-") || f == "-" })
		}
	}
	return append(filters, mine...)
}

// filePath is the slash-separated path of a file URI, "" for others.
func filePath(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	return u.Path
}

// workspace returns the URIs of the workspace folders as they are now.
func (m *memory) workspace() []string {
	var p struct {
		RootURI          string
		WorkspaceFolders []struct{ URI string }
	}
	if json.Unmarshal(m.initialize, &p) != nil {
		return nil
	}
	var out []string
	for _, f := range p.WorkspaceFolders {
		out = append(out, f.URI)
	}
	if out == nil && p.RootURI != "" {
		out = []string{p.RootURI}
	}
	for _, f := range m.removed {
		out = slices.DeleteFunc(out, func(u string) bool { return u == lsp.String(f, "uri") })
	}
	for _, f := range m.added {
		out = append(out, lsp.String(f, "uri"))
	}
	return out
}

// spareAll does the same to an answer of workspace/configuration: a list, one value per item of params.
func (c *core) spareAll(params, result []byte) []byte {
	var items struct{ Items []struct{ Section string } }
	var values []json.RawMessage
	if c.mode.level() == full || json.Unmarshal(params, &items) != nil || json.Unmarshal(result, &values) != nil {
		return result
	}
	for i := range min(len(values), len(items.Items)) {
		if items.Items[i].Section == "gopls" {
			values[i] = c.spare(values[i])
		}
	}
	out, err := json.Marshal(values)
	if err != nil {
		return result
	}
	return out
}

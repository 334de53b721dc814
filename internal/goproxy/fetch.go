package goproxy

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/facts"
)

// MaxText bounds everything of the protocol but zips: 16 MiB, the limit of a go.mod file (golang.org/x/mod/zip: MaxGoMod).
const MaxText = 16 << 20

// Fetch asks a proxy for one of a module's files other than the zip and looks whether the answer is one of the module
// proxy protocol. The bytes are valid only when the answer is OK.
func (c *Client) Fetch(ctx context.Context, proxy string, mod module.Version, kind string) ([]byte, facts.NetAnswer) {
	address, err := FileURL(proxy, mod, kind)
	if err != nil {
		return nil, facts.NetAnswer{Fail: facts.NetBadURL, Err: err.Error()}
	}
	data, a := c.Read(ctx, address, MaxText)
	if a.OK() {
		if why := invalid(kind, mod, data); why != "" {
			a.Fail, a.At, a.Err, a.Start = facts.NetProtocol, facts.StepBody, why, cut(printable(data), 60)
			if IsPage(data) {
				a.Fail = facts.NetPage
			}
		}
	}
	return data, a
}

// Read is Get into memory.
func (c *Client) Read(ctx context.Context, address string, limit int64) ([]byte, facts.NetAnswer) {
	var b bytes.Buffer
	a := c.Get(ctx, address, &b, limit)
	return b.Bytes(), a
}

// invalid says why a body is no answer of the protocol, "" when it is one. A list may be empty.
func invalid(kind string, mod module.Version, data []byte) string {
	switch {
	case IsPage(data):
		return "a web page"
	case kind == Info || kind == Latest:
		var info struct{ Version string }
		if err := json.Unmarshal(data, &info); err != nil {
			return err.Error()
		}
		if kind == Info && info.Version != mod.Version {
			return "information about version " + cut(info.Version, 60)
		}
	case kind == Mod:
		f, err := modfile.ParseLax("go.mod", data, nil)
		if err != nil {
			return err.Error()
		}
		if f.Module == nil {
			return "a go.mod without a module line"
		}
	}
	return ""
}

// IsPage reports whether a body is a web page.
func IsPage(data []byte) bool {
	s := strings.ToLower(string(data[:min(len(data), 1024)]))
	s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	return strings.HasPrefix(s, "<") && (strings.Contains(s, "<html") || strings.Contains(s, "<!doctype html") || strings.Contains(s, "<head") || strings.Contains(s, "<body"))
}

// printable is the first line of a body with everything else than plain text replaced.
func printable(data []byte) string {
	s, _, _ := strings.Cut(strings.TrimSpace(string(data[:min(len(data), 200)])), "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, s)
}

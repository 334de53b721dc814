package git

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitconfig"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/proc"
)

// maxInclude bounds nested includes, as git does (config.c: MAX_INCLUDE_DEPTH).
const maxInclude = 10

// configs reads the files that git reads, in its order (git-config(1), section "Files").
func configs(w probe.World, g *facts.Git) {
	home := w.Get("HOME")
	xdg := xdgFile(w)
	if !truth(w.Get("GIT_CONFIG_NOSYSTEM")) {
		system := w.Get("GIT_CONFIG_SYSTEM")
		if system == "" && runtime.GOOS != "windows" {
			system = "/etc/gitconfig"
		}
		add(g, home, facts.GitConfig{Path: system, Scope: "system"}, 0)
	}
	if path, set := w.Vars["GIT_CONFIG_GLOBAL"]; set {
		add(g, home, facts.GitConfig{Path: path, Scope: "global"}, 0)
		g.Global, _ = readConfig(path, "global")
	} else {
		add(g, home, facts.GitConfig{Path: xdg, Scope: "global"}, 0)
		usual := ""
		if home != "" {
			usual = filepath.Join(home, ".gitconfig")
		}
		add(g, home, facts.GitConfig{Path: usual, Scope: "global"}, 0)
		g.Global, _ = readConfig(usual, "global")
		if g.Global.State == facts.FileMissing && exists(xdg) {
			g.Global, _ = readConfig(xdg, "global")
		}
	}
	if g.Common != "" {
		add(g, home, facts.GitConfig{Path: filepath.Join(g.Common, "config"), Scope: "local"}, 0)
		add(g, home, facts.GitConfig{Path: filepath.Join(g.Dir, "config.worktree"), Scope: "worktree"}, 0)
	}
}

func xdgFile(w probe.World) string {
	if dir := w.Get("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "git", "config")
	}
	if home := w.Get("HOME"); home != "" {
		return filepath.Join(home, ".config", "git", "config")
	}
	return ""
}

func truth(v string) bool { return v != "" && v != "0" && v != "false" && v != "no" && v != "off" }

// add reads a file and those that it includes without a condition. A file that is not there is nothing to git.
func add(g *facts.Git, home string, file facts.GitConfig, depth int) {
	if file.Path == "" || depth > maxInclude || slices.ContainsFunc(g.Config, func(c facts.GitConfig) bool { return c.Path == file.Path }) {
		return
	}
	c, entries := readConfig(file.Path, file.Scope)
	c.By = file.By
	if c.State == facts.FileMissing {
		return
	}
	g.Config = append(g.Config, c)
	for _, e := range entries {
		if e.Section == "include" && e.Sub == "" && e.Key == "path" {
			add(g, home, facts.GitConfig{Path: expand(e.Value, file.Path, home), Scope: "include", By: file.Path}, depth+1)
		}
	}
}

func expand(value, from, home string) string {
	if rest, ok := strings.CutPrefix(value, "~/"); ok && home != "" {
		return filepath.Join(home, rest)
	}
	if value != "" && !filepath.IsAbs(value) {
		return filepath.Join(filepath.Dir(from), value)
	}
	return value
}

func readConfig(path, scope string) (facts.GitConfig, []gitconfig.Entry) {
	c := facts.GitConfig{Path: path, Scope: scope, State: facts.FileRead}
	data, err := buildlist.ReadFile(path)
	switch {
	case path == "" || errors.Is(err, fs.ErrNotExist):
		c.State = facts.FileMissing
		return c, nil
	case errors.Is(err, fs.ErrPermission):
		c.State = facts.FileUnreadable
		return c, nil
	case err != nil:
		c.State = facts.FileOdd
		return c, nil
	}
	c.Size = len(data)
	c.NoEOL = len(data) > 0 && data[len(data)-1] != '\n'
	entries, bad := gitconfig.Parse(data)
	for _, b := range bad[:min(len(bad), 50)] {
		text := strings.ReplaceAll(b.Text, "\x00", "")
		if text == "" && b.Text != "" {
			text = "\\0…" // zero bytes
		}
		if len(text) > 200 {
			text = text[:200]
		}
		c.Bad = append(c.Bad, facts.GitBad{Line: b.Line, Text: strings.ToValidUTF8(text, "?"), Header: b.Header, Start: facts.Splice{Offset: b.Start, New: "# "}})
	}
	c.Curable = curable(data, entries, bad)
	return c, entries
}

// curable reads the file again with its bad lines made comments.
func curable(data []byte, entries []gitconfig.Entry, bad []gitconfig.Bad) bool {
	if len(bad) == 0 || len(bad) > 50 {
		return false
	}
	var out []byte
	at := 0
	for _, b := range bad {
		if b.Header || b.Start < at {
			return false
		}
		out = append(append(out, data[at:b.Start]...), "# "...)
		at = b.Start
	}
	after, left := gitconfig.Parse(append(out, data[at:]...))
	return len(left) == 0 && slices.EqualFunc(entries, after, func(a, b gitconfig.Entry) bool { return a.Name() == b.Name() && a.Value == b.Value && a.Bool == b.Bool })
}

// rules collects the rewriting of addresses that holds where the go command runs git: outside of any
// repository, so that only the system's and the user's files count.
func rules(w probe.World, g *facts.Git) {
	own := map[string]bool{}
	for _, c := range g.Config {
		own[c.Path] = true
		if c.Scope == "local" || c.Scope == "worktree" || localInclude(g, c) {
			continue
		}
		g.Rules = append(g.Rules, rulesOf(c.Path)...)
	}
	for _, path := range []string{g.Global.Path, xdgFile(w)} {
		for _, copyOf := range copies(path) {
			if own[copyOf] {
				continue
			}
			for _, r := range rulesOf(copyOf) {
				known := func(x facts.GitRule) bool { return x.Base == r.Base && x.Prefix == r.Prefix }
				if !slices.ContainsFunc(g.Rules, known) && !slices.ContainsFunc(g.Lost, known) {
					g.Lost = append(g.Lost, r)
				}
			}
		}
	}
}

// localInclude reports whether a file is included by the repository's own configuration.
func localInclude(g *facts.Git, c facts.GitConfig) bool {
	for range maxInclude {
		i := slices.IndexFunc(g.Config, func(x facts.GitConfig) bool { return x.Path == c.By })
		if c.By == "" || i < 0 {
			return c.Scope == "local" || c.Scope == "worktree"
		}
		c = g.Config[i]
	}
	return false
}

func rulesOf(path string) []facts.GitRule {
	data, err := buildlist.ReadFile(path)
	if err != nil {
		return nil
	}
	entries, _ := gitconfig.Parse(data)
	var out []facts.GitRule
	for _, e := range entries {
		if e.Section != "url" || e.Key != "insteadof" || e.Sub == "" || e.Value == "" {
			continue
		}
		r := facts.GitRule{Base: e.Sub, Prefix: e.Value, File: path, Line: e.Line, Dead: dead(e.Sub)}
		if e.Alone {
			r.Cut = facts.Splice{Offset: e.Start, Old: string(data[e.Start:e.End])}
		}
		out = append(out, r)
	}
	return out
}

// backup matches what editors, tools and people put behind the name of a file when they copy it aside.
var backup = lazyre.New(`^(~|\.~[0-9]+~|[._-](bak|old|orig|original|save|saved|backup|prev|previous|before|copy|[0-9]{1,14})([._~-]?[0-9]{0,14})*~?)$`)

// copies lists older copies of a file beside it, newest first, at most 20.
func copies(path string) []string {
	if path == "" {
		return nil
	}
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	type found struct {
		path string
		mod  int64
	}
	var all []found
	for _, d := range list {
		rest, ok := strings.CutPrefix(d.Name(), filepath.Base(path))
		if !ok || !backup().MatchString(rest) {
			continue
		}
		if fi, err := d.Info(); err == nil && fi.Mode().IsRegular() {
			all = append(all, found{filepath.Join(filepath.Dir(path), d.Name()), fi.ModTime().UnixNano()})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return int(min(1, max(-1, b.mod-a.mod))) })
	var out []string
	for _, f := range all[:min(len(all), 20)] {
		out = append(out, f.path)
	}
	return out
}

// dead says why nothing can answer at an address, as far as this machine alone can tell; "" = it may.
func dead(base string) string {
	if filepath.IsAbs(base) {
		return deadFolder(base)
	}
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	if u.Scheme == "file" {
		return deadFolder(u.Path)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return ""
	}
	port := map[string]int{"http": 80, "https": 443, "ssh": 22, "git": 9418}[u.Scheme]
	if u.Port() != "" {
		port, _ = strconv.Atoi(u.Port())
	}
	if yes, _, known := proc.Listening(port); port > 0 && known && !yes {
		return "nothing listens on port " + strconv.Itoa(port) + " of this machine"
	}
	return ""
}

func deadFolder(path string) string {
	dir := path
	if !strings.HasSuffix(dir, "/") {
		dir = filepath.Dir(dir)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return "there is no folder " + dir
	}
	return ""
}

// logins lists the hosts for which git has credentials over https: a helper, a header, a line in .netrc.
func logins(w probe.World, set *facts.Settings, g *facts.Git) []string {
	var out []string
	if v := set.Get("GOAUTH"); v != "" && v != "netrc" && v != "off" {
		out = append(out, "*")
	}
	for _, c := range g.Config {
		data, err := buildlist.ReadFile(c.Path)
		if err != nil {
			continue
		}
		entries, _ := gitconfig.Parse(data)
		for _, e := range entries {
			switch {
			case e.Section == "credential" && e.Key == "helper", e.Section == "http" && (e.Key == "extraheader" || e.Key == "cookiefile" || e.Key == "sslcert"):
				out = append(out, hostOf(e.Sub))
			}
		}
	}
	netrc := w.Get("NETRC")
	if netrc == "" && w.Get("HOME") != "" {
		netrc = filepath.Join(w.Get("HOME"), ".netrc")
	}
	if data, err := buildlist.ReadFile(netrc); err == nil {
		words := strings.Fields(string(data))
		for i, word := range words {
			if word == "machine" && i+1 < len(words) {
				out = append(out, words[i+1])
			} else if word == "default" {
				out = append(out, "*")
			}
		}
	}
	if w.Get("GIT_ASKPASS") != "" || w.Get("SSH_ASKPASS") != "" {
		out = append(out, "*")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "*"
}

package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
)

var isHash = lazyre.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// head reads HEAD, and when it is damaged what proves its content.
func head(g *facts.Git) {
	h := facts.GitHead{Path: filepath.Join(g.Dir, "HEAD")}
	h.State, h.Raw, h.Size = refFile(h.Path)
	if h.State == facts.RefOK {
		h.Ref, _ = strings.CutPrefix(strings.TrimSpace(h.Raw), "ref:")
		h.Ref = strings.TrimSpace(h.Ref)
		if isHash().MatchString(h.Ref) {
			h.Ref = ""
		}
	}
	h.Complete = isDir(filepath.Join(g.Common, "objects")) && (isDir(filepath.Join(g.Common, "refs")) || exists(filepath.Join(g.Common, "packed-refs")))
	if h.State != facts.RefOK && h.State != facts.RefUnknown && h.Complete && !isDir(filepath.Join(g.Common, "reftable")) {
		proveHead(g, &h)
	}
	h.Nothing = !exists(filepath.Join(g.Common, "objects")) && !exists(filepath.Join(g.Common, "refs")) && !exists(filepath.Join(g.Common, "packed-refs"))
	h.Skeleton = h.Nothing && h.State == facts.RefMissing && !g.File && skeleton(g.Dir)
	g.Head = h
}

// skeleton reports whether a git folder has nothing of a repository in it: only what `git init` puts there
// from its templates. More than 200 entries are too many to be sure.
func skeleton(dir string) bool {
	n, bare := 0, true
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if n++; n > 200 || err != nil || !d.IsDir() && !slices.Contains([]string{"info", "hooks", "description", "config", "branches"}, top) {
			bare = false
			return filepath.SkipAll
		}
		return nil
	})
	return err == nil && bare
}

func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// refFile reads HEAD or a loose ref: "ref: NAME" or a hash (gitrepository-layout(5)).
func refFile(path string) (state facts.RefState, raw string, size int64) {
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return facts.RefMissing, "", 0
	case err != nil:
		return facts.RefUnknown, "", 0
	case fi.Mode()&fs.ModeSymlink != 0: // the old form of HEAD
		target, err := os.Readlink(path)
		if err == nil && strings.HasPrefix(target, "refs/") {
			return facts.RefOK, "ref: " + target, 0
		}
		return facts.RefUnknown, "", 0
	case !fi.Mode().IsRegular() || fi.Size() > 4096:
		return facts.RefUnknown, "", fi.Size()
	}
	data, err := buildlist.ReadFile(path)
	if err != nil {
		return facts.RefUnknown, "", fi.Size()
	}
	text := strings.TrimSpace(string(data))
	name, isRef := strings.CutPrefix(text, "ref:")
	switch {
	case len(data) == 0:
		state = facts.RefEmpty
	case strings.Trim(string(data), "\x00") == "":
		state = facts.RefZeroed
	case isRef && strings.HasPrefix(strings.TrimSpace(name), "refs/") && !strings.ContainsAny(name, "\x00\n\x7f"), isHash().MatchString(text):
		state = facts.RefOK
	default:
		state = facts.RefGarbage
	}
	return state, string(data[:min(len(data), 256)]), fi.Size()
}

// logLine is a line of a reflog: old, new, who, message (git-reflog(1); refs/files-backend.c).
type logLine struct {
	number    int
	hash      string
	signature string // who, when and message: what both logs have of one commit
	message   string
}

// reflog reads the well-formed lines of a reflog.
func reflog(path string) []logLine {
	data, err := buildlist.ReadFile(path)
	if err != nil {
		return nil
	}
	return parseReflog(string(data))
}

func parseReflog(data string) []logLine {
	var out []logLine
	n := 0
	for line := range strings.Lines(data) {
		n++
		before, message, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		f := strings.SplitN(before, " ", 3)
		if len(f) == 3 && isHash().MatchString(f[0]) && isHash().MatchString(f[1]) {
			out = append(out, logLine{number: n, hash: f[1], signature: f[2] + "\t" + message, message: message})
		}
	}
	return out
}

var movedTo = lazyre.New(`^checkout: moving from \S+ to (\S+)$`)

// proveHead finds the content that HEAD had: the reflog of HEAD ends where HEAD was, and says in words to
// which branch it moved last.
func proveHead(g *facts.Git, h *facts.GitHead) {
	h.Log = filepath.Join(g.Dir, "logs", "HEAD")
	lines := reflog(h.Log)
	if len(lines) == 0 {
		return
	}
	last := lines[len(lines)-1]
	h.LastHash, h.LogLine = last.hash, last.number
	branches := heads(g.Common)
	for name, hash := range branches {
		if hash == last.hash {
			h.Candidate = append(h.Candidate, name)
		}
	}
	slices.Sort(h.Candidate)
	for i := len(lines) - 1; i >= 0; i-- {
		m := movedTo().FindStringSubmatch(lines[i].message)
		if m == nil {
			continue
		}
		if slices.Contains(h.Candidate, m[1]) {
			h.Want, h.Proof, h.LogLine = "ref: refs/heads/"+m[1]+"\n", "moved", lines[i].number
		} else if _, isBranch := branches[m[1]]; !isBranch {
			h.Want, h.Proof = last.hash+"\n", "detached"
		}
		return
	}
	var same []string
	for _, b := range h.Candidate {
		log := reflog(filepath.Join(g.Common, "logs", "refs", "heads", filepath.FromSlash(b)))
		if len(log) > 0 && log[len(log)-1].signature == last.signature {
			same = append(same, b)
		}
	}
	switch {
	case len(same) == 1:
		h.Want, h.Proof = "ref: refs/heads/"+same[0]+"\n", "same-log"
	case len(h.Candidate) == 1:
		h.Want, h.Proof = "ref: refs/heads/"+h.Candidate[0]+"\n", "only"
	}
}

// heads reads the branches, packed and loose, at most 5000.
func heads(common string) map[string]string {
	out := map[string]string{}
	if data, err := buildlist.ReadFile(filepath.Join(common, "packed-refs")); err == nil {
		for line := range strings.Lines(string(data)) {
			f := strings.Fields(line)
			if len(f) == 2 && isHash().MatchString(f[0]) && strings.HasPrefix(f[1], "refs/heads/") {
				out[strings.TrimPrefix(f[1], "refs/heads/")] = f[0]
			}
		}
	}
	root, n := filepath.Join(common, "refs", "heads"), 0
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if n++; n > 5000 {
			return filepath.SkipAll
		}
		if err != nil || !d.Type().IsRegular() {
			return nil // what can be read is enough
		}
		if state, raw, _ := refFile(path); state == facts.RefOK && isHash().MatchString(strings.TrimSpace(raw)) {
			rel, _ := filepath.Rel(root, path)
			out[filepath.ToSlash(rel)] = strings.TrimSpace(raw)
		}
		return nil
	})
	return out
}

// branch looks at the branch that HEAD names when git cannot name its commit. Its reflog proves what it
// was, when git still has that commit.
func branch(ctx context.Context, a *asker) {
	g := a.g
	if !strings.HasPrefix(g.Head.Ref, "refs/heads/") || isDir(filepath.Join(g.Common, "reftable")) {
		return
	}
	r := facts.GitRef{Name: g.Head.Ref, Path: filepath.Join(g.Common, filepath.FromSlash(g.Head.Ref)), Log: filepath.Join(g.Common, "logs", filepath.FromSlash(g.Head.Ref))}
	r.State, r.Raw, _ = refFile(r.Path)
	if lines := reflog(r.Log); len(lines) > 0 {
		last := lines[len(lines)-1]
		if a.run(ctx, facts.AskCommit, a.w.Vars, "cat-file", "-e", last.hash+"^{commit}").Exit == 0 {
			r.Want, r.Line = last.hash, last.number
		}
	}
	g.Branch = &r
}

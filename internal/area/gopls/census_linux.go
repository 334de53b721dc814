package gopls

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/proc"
)

// maxProcesses bounds how many gopls processes are looked at closely.
const maxProcesses = 50

// census lists the gopls processes of this user, and compares them with the settings of the editors.
func census(w editor.World, editors []facts.Editor) []facts.GoplsProcess {
	table, err := proc.Processes()
	if err != nil {
		return nil
	}
	var out []facts.GoplsProcess
	for _, pid := range table.Pids() {
		p, _ := table.Get(pid)
		if !strings.HasPrefix(p.Comm, "gopls") || p.UID != os.Geteuid() || len(out) >= maxProcesses {
			continue
		}
		full, ok := proc.Get(pid)
		if !ok {
			continue
		}
		g := facts.GoplsProcess{Proc: full}
		if full.State == "Z" || !role(&g) {
			continue
		}
		dir := "/proc/" + strconv.Itoa(pid)
		exe, _ := os.Readlink(dir + "/exe")
		g.Exe, g.Deleted = strings.CutSuffix(exe, " (deleted)")
		g.Release, _ = built(dir + "/exe") // works for a deleted file too
		if parent, ok := table.Get(full.PPID); ok && full.PPID > 1 && !reaper(parent.Comm) {
			g.Parent, g.Editor = parent.Comm, true
		}
		g.CPU = proc.Effort([]facts.Proc{full}).CPU
		g.RSS = rss(dir)
		g.Files, g.Watching, _ = descriptors(dir)
		g.Unread = unread(&g, w, editors)
		out = append(out, g)
	}
	return out
}

// reaper reports whether a process takes over what others leave behind.
func reaper(comm string) bool {
	switch comm {
	case "systemd", "init", "tini", "docker-init", "dumb-init", "catatonit", "s6-svscan":
		return true
	}
	return false
}

// role tells from the command line what a process is for; ok is false for one that only answers a question
// (gopls version, gopls check …).
func role(g *facts.GoplsProcess) (ok bool) {
	args := strings.Fields(g.Command)
	if strings.Contains(g.Command, "** telemetry **") {
		g.Role = facts.GoplsTelemetry
		return true
	}
	g.Role = facts.GoplsServes
	for i := 1; i < len(args); i++ {
		a := strings.TrimLeft(args[i], "-")
		name, value, has := strings.Cut(a, "=")
		switch {
		case !strings.HasPrefix(args[i], "-"):
			if args[i] != "serve" {
				return false
			}
			continue
		case !has && (name == "listen" || name == "remote" || name == "logfile" || name == "debug") && i+1 < len(args):
			i++
			value = args[i]
		}
		switch name {
		case "listen":
			g.Role, g.Listen = facts.GoplsDaemon, value
		case "remote":
			if g.Role != facts.GoplsDaemon {
				g.Role, g.Listen = facts.GoplsForwards, value
			}
		}
	}
	return true
}

func rss(dir string) uint64 {
	data, err := os.ReadFile(dir + "/statm")
	if err != nil {
		return 0
	}
	f := bytes.Fields(data)
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(string(f[1]), 10, 64)
	return pages * uint64(os.Getpagesize())
}

// maxDescriptors bounds how many descriptors of one process are looked at.
const maxDescriptors = 4096

// descriptors counts open files, inotify watches and inotify instances of a process (proc_pid_fdinfo(5)).
func descriptors(dir string) (files, watches, instances int) {
	d, err := os.Open(dir + "/fd")
	if err != nil {
		return 0, 0, 0
	}
	names, _ := d.Readdirnames(maxDescriptors)
	d.Close()
	for _, n := range names {
		files++
		link, err := os.Readlink(dir + "/fd/" + n)
		if err != nil || link != "anon_inode:inotify" {
			continue
		}
		instances++
		data, err := os.ReadFile(dir + "/fdinfo/" + n)
		if err == nil {
			watches += bytes.Count(data, []byte("inotify wd:"))
		}
	}
	return files, watches, instances
}

// maxWatchFolders bounds the count of folders.
const maxWatchFolders = 200000

// watching compares the limits of inotify with what is used and what the workspace needs. nil when no
// editor watches: neither does one run, nor is gopls told to.
func watching(ctx context.Context, s *facts.Snapshot) *facts.Watches {
	wanted := false
	for i := range s.Editors.List {
		wanted = wanted || len(s.Editors.List[i].Running) > 0 || fsnotify(&s.Editors.List[i]) != nil
	}
	if !wanted {
		return nil
	}
	w := &facts.Watches{MaxWatches: -1, MaxInstances: -1}
	for _, f := range []string{"/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches"} {
		if n := limit(f); n >= 0 && (w.MaxWatches < 0 || n < w.MaxWatches) {
			w.MaxWatches, w.Limit = n, f
		}
	}
	for _, f := range []string{"/proc/sys/fs/inotify/max_user_instances", "/proc/sys/user/max_inotify_instances"} {
		if n := limit(f); n >= 0 && (w.MaxInstances < 0 || n < w.MaxInstances) {
			w.MaxInstances = n
		}
	}
	table, err := proc.Processes()
	if err != nil {
		return nil
	}
	for _, pid := range table.Pids() {
		p, _ := table.Get(pid)
		if p.UID != os.Geteuid() || ctx.Err() != nil {
			continue
		}
		_, n, i := descriptors("/proc/" + strconv.Itoa(pid))
		w.Watches, w.Instances = w.Watches+int64(n), w.Instances+int64(i)
		if i > 0 {
			w.Users = append(w.Users, facts.WatchUser{Proc: p, Watches: n, Instances: i})
		}
	}
	sort.SliceStable(w.Users, func(i, j int) bool { return w.Users[i].Watches > w.Users[j].Watches })
	w.Users = w.Users[:min(len(w.Users), 5)]
	_ = filepath.WalkDir(s.Editors.Root, func(_ string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil || w.Folders >= maxWatchFolders:
			return fs.SkipAll
		case err != nil || !d.IsDir():
			return nil
		case d.Name() == ".git" || d.Name() == "node_modules":
			return fs.SkipDir
		}
		w.Folders++
		return nil
	})
	return w
}

func limit(file string) int64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

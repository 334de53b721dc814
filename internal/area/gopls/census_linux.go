package gopls

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
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
		if g.Role == facts.GoplsServes && g.Editor {
			g.Host, _, _ = hosted(&g)
		}
		g.CPU = proc.Effort([]facts.Proc{full}).CPU
		g.RSS = rss(dir)
		g.Files, g.Watching, _, _ = descriptors(dir)
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

// descriptors counts open files, inotify watches and inotify instances of a process (proc_pid_fdinfo(5)). ok is false when it may not be
// looked at.
func descriptors(dir string) (files, watches, instances int, ok bool) {
	d, err := os.Open(dir + "/fd")
	if err != nil {
		return 0, 0, 0, false
	}
	names, err := d.Readdirnames(maxDescriptors)
	d.Close()
	if err != nil && err != io.EOF {
		return 0, 0, 0, false
	}
	for _, n := range names {
		files++
		link, err := os.Readlink(dir + "/fd/" + n)
		if errors.Is(err, fs.ErrPermission) {
			return 0, 0, 0, false // of a process in another user namespace the numbers can be seen, and no more
		}
		if err != nil || link != "anon_inode:inotify" {
			continue
		}
		instances++
		data, err := os.ReadFile(dir + "/fdinfo/" + n)
		if err == nil {
			watches += bytes.Count(data, []byte("inotify wd:"))
		}
	}
	return files, watches, instances, true
}

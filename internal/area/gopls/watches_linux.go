package gopls

import (
	"context"
	"os"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/proc"
)

// The limits of inotify: those of the machine, which hold for a user in all namespaces together, and those of this user namespace.
const (
	machineLimits   = "/proc/sys/fs/inotify/max_user_"
	namespaceLimits = "/proc/sys/user/max_inotify_"
	dropIn          = "/etc/sysctl.d/99-zz-inotify-watches.conf"
)

// watching compares the limits of inotify with what is used and what the workspace needs. nil when no
// editor watches: neither does one run, nor is gopls told to.
func watching(ctx context.Context, w probe.World, s *facts.Snapshot, g *facts.Gopls) *facts.Watches {
	wanted := false
	for i := range s.Editors.List {
		wanted = wanted || len(s.Editors.List[i].Running) > 0 || fsnotify(&s.Editors.List[i]) != nil
	}
	table, err := proc.Processes()
	if !wanted || err != nil {
		return nil
	}
	out := &facts.Watches{}
	held, elsewhere := users(ctx, s, table, out)
	choose(out, elsewhere)
	for i := range s.Editors.List {
		e := &s.Editors.List[i]
		for _, t := range g.Trees {
			if t.Root == s.Editors.Root {
				for _, n := range needs(i, e, t, g, held[i]) {
					if n.Folders-n.Held > out.MaxWatches-out.Watches && !n.Gopls {
						n.Exclude = exclude(ctx, w, e, t)
					}
					out.Needs = append(out.Needs, n)
				}
			}
		}
		if len(e.Running) > 0 {
			out.Said = append(out.Said, said(i, e)...)
		}
	}
	out.May = unix.Access(out.Limit, unix.W_OK) == nil
	if _, err := os.Lstat(dropIn); os.IsNotExist(err) && strings.HasPrefix(out.Limit, machineLimits) {
		out.DropIn = dropIn
	}
	return out
}

// other is the use of other user namespaces.
type other struct{ watches, instances int64 }

// users adds up what the processes of this user hold, and what belongs to each editor. The namespace of a process decides which limits it
// counts against (kernel/ucount.c: inc_ucount).
func users(ctx context.Context, s *facts.Snapshot, table proc.Table, out *facts.Watches) (held map[int]int64, elsewhere other) {
	held = map[int]int64{}
	own, err := os.Readlink("/proc/self/ns/user")
	for _, pid := range table.Pids() {
		p, _ := table.Get(pid)
		if p.UID != os.Geteuid() || ctx.Err() != nil || p.State == "Z" {
			continue
		}
		dir := "/proc/" + strconv.Itoa(pid)
		_, n, i, ok := descriptors(dir)
		if !ok {
			out.Unseen++
			continue
		}
		if i == 0 {
			continue
		}
		if ns, err2 := os.Readlink(dir + "/ns/user"); err == nil && err2 == nil && ns != own {
			elsewhere.watches, elsewhere.instances = elsewhere.watches+int64(n), elsewhere.instances+int64(i)
			continue
		}
		u := facts.WatchUser{Proc: p, Watches: n, Instances: i}
		if at := belongs(s, table, pid); at >= 0 {
			u.Editor = s.Editors.List[at].Name
			held[at] += int64(n)
		}
		out.Watches, out.Instances = out.Watches+int64(n), out.Instances+int64(i)
		out.Users = append(out.Users, u)
	}
	sort.SliceStable(out.Users, func(i, j int) bool { return out.Users[i].Watches > out.Users[j].Watches })
	out.Users = out.Users[:min(len(out.Users), 5)]
	for i := range out.Users {
		if full, ok := proc.Get(out.Users[i].PID); ok {
			out.Users[i].Command = full.Command
		}
	}
	out.Elsewhere = elsewhere.watches
	return held, elsewhere
}

// belongs is the editor that a process is part of, -1 = none.
func belongs(s *facts.Snapshot, table proc.Table, pid int) int {
	for i := range s.Editors.List {
		for _, r := range s.Editors.List[i].Running {
			if table.Under(pid, r.PID) {
				return i
			}
		}
	}
	return -1
}

// choose takes of each pair of limits the one that leaves less: that of the machine is compared with what all namespaces use.
func choose(out *facts.Watches, elsewhere other) {
	pick := func(name string, own, others int64) (limit, used int64, file string) {
		limit, used = -1, own
		for _, c := range []struct {
			file string
			used int64
		}{{machineLimits + name, own + others}, {namespaceLimits + name, own}} {
			if n := number(c.file); n >= 0 && (limit < 0 || n-c.used < limit-used) {
				limit, used, file = n, c.used, c.file
			}
		}
		return limit, used, file
	}
	out.MaxWatches, out.Watches, out.Limit = pick("watches", out.Watches, elsewhere.watches)
	out.MaxInstances, out.Instances, out.LimitInstances = pick("instances", out.Instances, elsewhere.instances)
}

func number(file string) int64 {
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

// needs says how many folders an editor watches of a tree: VS Code and what is built from it watches all but those that files.watcherExclude
// names; gopls watches by itself only when it is told to.
func needs(index int, e *facts.Editor, t facts.EditorTree, g *facts.Gopls, held int64) []facts.WatchNeed {
	var out []facts.WatchNeed
	if fsnotify(e) != nil {
		n := facts.WatchNeed{Editor: index, Gopls: true, Folders: int64(t.Folders)}
		for _, p := range g.Running {
			if p.Dir == t.Root {
				n.Held += int64(p.Watching)
			}
		}
		out = append(out, n)
	}
	if e.Kind != facts.EditorVSCode || len(e.Running) == 0 {
		return out
	}
	n := facts.WatchNeed{Editor: index, Folders: int64(t.Folders), Held: held}
	for _, f := range t.Heavy {
		if editor.WatchExcluded(e, t.Root, f.Path) {
			n.Folders -= int64(f.Folders)
		}
	}
	return append(out, n)
}

// exclude leaves out what git ignores and has no Go files; nil when there is nothing of that kind.
func exclude(ctx context.Context, w probe.World, e *facts.Editor, t facts.EditorTree) *facts.WatchExclude {
	ignored(ctx, w, t.Root, t.Heavy)
	x := &facts.WatchExclude{}
	for _, f := range t.Heavy {
		if f.Ignored && f.Folders > 0 && !editor.WatchExcluded(e, t.Root, f.Path) {
			x.Folders = append(x.Folders, f)
			x.Saved += int64(f.Folders)
		}
	}
	set := editor.ExcludeWatches(e, t.Root, x.Folders)
	if set == nil {
		return nil
	}
	x.Set = *set
	return x
}

// said finds complaints about watching in the logs of an editor that were written since it was started.
func said(index int, e *facts.Editor) []facts.WatchSaid {
	age := e.Running[0].Age
	for _, r := range e.Running {
		age = max(age, r.Age)
	}
	var out []facts.WatchSaid
	for _, c := range editor.Complaints(e.Logs, age, editor.AboutWatching) {
		out = append(out, facts.WatchSaid{Editor: index, File: c.File, Line: c.Line, Text: c.Text})
	}
	return out[:min(len(out), 3)]
}

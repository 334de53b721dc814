package lock

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/proc"
)

// look watches the holders for a while and returns the locks that are still held, by others than this
// diagnosis, at the end.
func look(ctx context.Context, list []locked) []facts.Lock {
	table, err := proc.Processes()
	if err != nil {
		return nil
	}
	var out []facts.Lock
	var watched []*subject
	for _, f := range list {
		l := facts.Lock{Role: f.role, Path: f.path, Inode: f.lock.Inode, Module: f.module, Missing: f.missing, Write: f.lock.Write, Line: line(f.lock)}
		holders := proc.Holders(f.lock, table)
		if len(holders) == 0 || ours(table, holders) {
			continue
		}
		for _, w := range f.waiters {
			if p, ok := proc.Get(w.PID); ok && !table.Under(w.PID, os.Getpid()) {
				l.Waiters = append(l.Waiters, p)
			}
		}
		for _, h := range holders {
			l.Holders = append(l.Holders, describe(h, table))
		}
		out = append(out, l)
		watched = append(watched, &subject{lock: f.lock, path: f.path, trees: trees(table, holders), began: time.Now()})
	}
	for i := range out {
		watched[i].first(&out[i])
	}
	for n := 1; n < goLooks && pending(out, watched, n) && ctx.Err() == nil; n++ {
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
		for i := range out {
			watched[i].again(&out[i])
		}
	}
	return still(out, watched)
}

// ours reports whether all holders were started by this diagnosis.
func ours(table proc.Table, holders []facts.Proc) bool {
	for _, h := range holders {
		if !table.Under(h.PID, os.Getpid()) {
			return false
		}
	}
	return true
}

func describe(p facts.Proc, table proc.Table) facts.LockHolder {
	h := facts.LockHolder{Proc: p, Program: proc.Program(p), Activity: facts.HolderIdle, Quiet: p.Age}
	h.Terminal, h.Foreground = proc.Terminal(p.PID)
	h.Ancestor = table.Under(os.Getpid(), p.PID)
	for _, c := range table.Tree(p.PID) {
		if files, err := proc.Files(c.PID); err == nil && proc.Connected(c.PID, files) {
			h.Connected = true
		}
	}
	return h
}

func trees(table proc.Table, holders []facts.Proc) [][]facts.Proc {
	var out [][]facts.Proc
	for _, h := range holders {
		out = append(out, table.Tree(h.PID))
	}
	return out
}

// subject is a lock under observation.
type subject struct {
	lock  proc.Lock
	path  string
	trees [][]facts.Proc // per holder: it and its descendants
	work  []proc.Work
	files string
	began time.Time
}

func (w *subject) first(l *facts.Lock) {
	w.files = temporary(w.path)
	for i := range l.Holders {
		w.work = append(w.work, proc.Effort(w.trees[i]))
		h := &l.Holders[i]
		if newest := newestTemporary(w.path); !newest.IsZero() {
			h.Quiet = max(0, min(h.Quiet, time.Since(newest)))
		}
	}
}

// again looks once more; a holder that moved stays busy.
func (w *subject) again(l *facts.Lock) {
	table, err := proc.Locks()
	if err != nil {
		return
	}
	grown := temporary(w.path) != w.files
	for i := range l.Holders {
		h := &l.Holders[i]
		h.Looked = time.Since(w.began)
		if p, ok := proc.Get(h.PID); ok && p.Start == h.Start {
			h.State = p.State
		}
		switch waits := w.waiting(table, w.trees[i]); {
		case h.Activity == facts.HolderBusy:
		case h.State == "T" || h.State == "t":
			h.Activity = facts.HolderStopped
		case grown || proc.Effort(w.trees[i]).Moved(w.work[i]) || proc.Runnable(w.trees[i]):
			h.Activity, h.Quiet = facts.HolderBusy, 0
		case waits != "":
			h.Activity, h.WaitsFor = facts.HolderWaiting, waits
		default:
			h.Activity = facts.HolderIdle
		}
	}
}

// waiting returns the line of another lock that one of the processes waits for. To wait for the lock that
// one holds is a deadlock, and as good as idle.
func (w *subject) waiting(table []proc.Lock, tree []facts.Proc) string {
	for _, l := range table {
		if l.Waiting && l.Inode != w.lock.Inode && slices.ContainsFunc(tree, func(p facts.Proc) bool { return p.PID == l.PID }) {
			return line(l)
		}
	}
	return ""
}

// pending reports whether another look may change what is known.
func pending(list []facts.Lock, watched []*subject, done int) bool {
	for i := range list {
		if !proc.Held(watched[i].lock) {
			continue
		}
		for _, h := range list[i].Holders {
			if done < looks || h.Activity == facts.HolderIdle && isGo(h.Program) {
				return true
			}
		}
	}
	return false
}

// still keeps the locks that are held after the last look.
func still(list []facts.Lock, watched []*subject) []facts.Lock {
	var out []facts.Lock
	for i := range list {
		if proc.Held(watched[i].lock) {
			out = append(out, list[i])
		}
	}
	return out
}

func isGo(program string) bool {
	return program == "go" || program == "go.exe" || program == "gopls" || strings.HasPrefix(program, "git")
}

// temporary is a fingerprint of the temporary files beside a lock, which grow while a version is
// downloaded (cmd/go/internal/modfetch/cache.go, func tempFile).
func temporary(path string) string {
	var b strings.Builder
	for _, fi := range temporaries(path) {
		fmt.Fprintf(&b, "%s %d\n", fi.Name(), fi.Size())
	}
	return b.String()
}

func newestTemporary(path string) time.Time {
	var newest time.Time
	for _, fi := range temporaries(path) {
		if fi.ModTime().After(newest) {
			newest = fi.ModTime()
		}
	}
	return newest
}

func temporaries(path string) []os.FileInfo {
	if filepath.Ext(path) != ".lock" {
		return nil
	}
	names, _ := filepath.Glob(escape(strings.TrimSuffix(path, ".lock")) + ".*.tmp")
	var out []os.FileInfo
	for _, n := range names {
		if fi, err := os.Stat(n); err == nil {
			out = append(out, fi)
		}
	}
	return out
}

// escape makes a path literal for filepath.Glob.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

func line(l proc.Lock) string {
	arrow, mode := "", "READ"
	if l.Waiting {
		arrow = "-> "
	}
	if l.Write {
		mode = "WRITE"
	}
	return fmt.Sprintf("%d: %s%s ADVISORY %s %d %02x:%02x:%d", l.ID, arrow, l.Kind, mode, l.PID, l.Major, l.Minor, l.Inode)
}

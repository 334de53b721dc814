// Package pressure knows what a machine may be short of while Go is at work: memory, processors, disk, open files. It reads what the kernel
// counts and what it did; being busy is no fault.
package pressure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecPressure, Needs: []facts.Section{facts.SecSettings}, Timeout: time.Second, Run: collect}}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return []diag.Check{
		goKilled, buildKilled, limitReached, limitLow, exhausted, filesUsedUp, systemFiles,
		quotaIgnored, stolen, hot, diskStalls, scanned, windowsDrive,
	}
}

func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("%w: what the kernel counts is known on Linux alone", probe.ErrSkipped)
	}
	p := machine{"/"}.look(ctx, w, s)
	return func(s *facts.Snapshot) { s.Pressure = p }, ctx.Err()
}

// look reads everything between two samples of the counters; when these show something it looks once more, for longer.
func (m machine) look(ctx context.Context, w probe.World, s *facts.Snapshot) facts.Pressure {
	first := m.sample()
	uid := os.Geteuid()
	list := m.processes(ctx)
	table := mounts(m.read("proc/self/mountinfo"))
	caches := map[string]string{}
	for _, name := range []string{"GOMODCACHE", "GOCACHE"} {
		if dir := s.Settings.Get(name); filepath.IsAbs(dir) {
			caches[name] = filepath.Clean(dir)
		}
	}
	p := facts.Pressure{Memory: m.memory(), Groups: m.groups(table), Stalls: m.stalls()}
	if p.Memory.Available < p.Memory.Total/10 {
		p.Memory.Biggest = biggest(list, uid)
	}
	p.Files = facts.FileUse{Holders: m.holders(list, uid)}
	p.Files.Used, p.Files.Max = m.systemFiles()
	p.Kills, p.KillLog = m.kills(list, uid, p.Groups)
	folders := map[string]string{"project": w.Dir}
	for k, v := range caches {
		folders[k] = v
	}
	p.Places = places(table, folders)
	wait(ctx, first.at.Add(window))
	second := m.sample()
	p.Scanners = m.scanners(list, time.Since(first.at), caches, table, uid)
	p.Processor = since(first, second)
	busy := slices.ContainsFunc(p.Scanners, func(s facts.Scanner) bool { return s.CPU >= scanning })
	if p.Processor.Stolen >= stolenShare || p.Processor.Heat > 0 || busy {
		wait(ctx, second.at.Add(longer))
		p.Processor = since(first, m.sample())
		p.Scanners = m.scanners(list, time.Since(first.at), caches, table, uid)
	}
	p.Scanners = slices.DeleteFunc(p.Scanners, func(s facts.Scanner) bool { return s.CPU < scanning })
	p.Processor.MaxProcs = w.Get("GOMAXPROCS")
	return p
}

// kills are the programs of Go that the kernel ended, in the groups of this process and of the editors and programs of Go of this user.
func (m machine) kills(list []process, uid int, groups []facts.ControlGroup) ([]facts.MemoryKill, string) {
	data, name := m.kernelLog()
	up := m.uptime()
	if name == "" || up == 0 {
		return nil, ""
	}
	found := kills(data)
	if len(found) == 0 {
		return nil, name
	}
	mine := []string{m.memoryGroup(os.Getpid())}
	for _, p := range list {
		if p.UID == uid && (isGo(p.Comm) || isEditor(p.Comm, "") || p.Comm == "node") {
			mine = append(mine, m.memoryGroup(p.PID))
		}
	}
	return relevant(found, up, uid, mine, groups), name
}

// systemFiles reads /proc/sys/fs/file-nr: in use, free, the limit (proc_sys_fs(5)).
func (m machine) systemFiles() (used, limit uint64) {
	var free uint64
	if n, _ := fmt.Sscan(m.read("proc/sys/fs/file-nr"), &used, &free, &limit); n != 3 {
		return 0, 0
	}
	return used, limit
}

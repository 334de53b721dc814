// Package profile samples a running Go program, or reads what was saved of one, and reduces it to facts: where its
// processor time, memory and goroutines go. It connects to nothing but the program that the user named.
package profile

import (
	"debug/buildinfo"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lspdoor"
	"github.com/gorescue/gorescue/internal/proc"
	"github.com/gorescue/gorescue/internal/text"
)

// Target is what is looked at: a program behind an address, a process, or files.
type Target struct {
	Name  string   // as the user said it
	Dir   string   // where the user is
	URLs  []string // where its profiles may be: the folder of /debug/pprof/
	Proc  *facts.Proc
	Ports []int
	Files []string
	Go    string // the release that built the process, "" = unknown
	Main  string // its main module
	deaf  bool   // a gopls that does not answer its supervisor
}

// errorf makes an error with a hint.
func errorf(en, zh, hintEn, hintZh string, pairs ...any) error {
	return text.Errorf(text.New(en, zh).With(pairs...), text.New(hintEn, hintZh).With(pairs...))
}

// Resolve finds out what the user means by name: the address of a server, the number of a process, "gopls", a file or folder
// with profiles, or the name of a program that runs once. Nothing is connected to.
func Resolve(name, dir string) (Target, error) {
	t := Target{Name: name, Dir: dir}
	switch {
	case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
		return t.address(name)
	case isNumber(name):
		pid, _ := strconv.Atoi(name)
		return t.process(pid)
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, name)
	}
	if fi, err := os.Stat(path); err == nil {
		return t.saved(path, fi)
	}
	if host, port, ok := strings.Cut(name, ":"); ok && isNumber(port) && !strings.ContainsAny(host, "/ ") {
		if host == "" {
			host = "localhost"
		}
		return t.address("http://" + host + ":" + port)
	}
	return t.running(name, dir)
}

func isNumber(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0
}

// address takes the address of a server, of its /debug/pprof/ folder or of one profile in it.
func (t Target) address(name string) (Target, error) {
	u, err := url.Parse(name)
	if err != nil || u.Host == "" {
		return t, errorf("cannot read the address {url}", "无法识别地址 {url}", "http://localhost:6060, for example", "例如 http://localhost:6060", "url", name)
	}
	u.RawQuery, u.Fragment = "", ""
	p := strings.TrimRight(u.Path, "/")
	if i := strings.Index(p, "/pprof"); i >= 0 {
		u.Path = p[:i+len("/pprof")]
		t.URLs = []string{u.String()}
		return t, nil
	}
	u.Path = p + "/debug/pprof"
	t.URLs = []string{u.String()}
	if p != "" {
		u.Path = p
		t.URLs = append(t.URLs, u.String())
	}
	return t, nil
}

// local are the ports of this machine on which the program listens, as far as they are known.
func (t *Target) local() []int {
	if t.Proc != nil {
		return t.Ports
	}
	var out []int
	for _, s := range t.URLs {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback() {
			continue
		}
		if port, err := strconv.Atoi(u.Port()); err == nil {
			out = append(out, port)
		}
	}
	return out
}

// process takes a process: a Go program that listens.
func (t Target) process(pid int) (Target, error) {
	p, ok := proc.Get(pid)
	if !ok {
		return t, errorf("cannot look at process {pid}: there is none, or this system does not tell", "无法查看进程 {pid}：不存在，或本系统不提供信息",
			"give the address of its /debug/pprof/ instead", "请改为给出其 /debug/pprof/ 的地址", "pid", pid)
	}
	t.Proc = &p
	info, err := buildinfo.ReadFile("/proc/" + strconv.Itoa(pid) + "/exe")
	switch {
	case errors.Is(err, os.ErrPermission):
		return t, errorf("cannot look into process {pid} ({name}): it belongs to somebody else", "无法查看进程 {pid}（{name}）：属于其他用户",
			"run gorescue as that user", "请以该用户身份运行 gorescue", "pid", pid, "name", p.Comm)
	case err != nil:
		return t, errorf("cannot profile process {pid} ({name}): it is no Go program", "无法剖析进程 {pid}（{name}）：不是 Go 程序",
			"ps -f {pid} shows what it is; a script that starts a Go program is its parent", "ps -f {pid} 可查看其身份；若为脚本，Go 程序是其子进程", "pid", pid, "name", p.Comm)
	}
	if child := startedBy(info.Path, pid); child > 0 {
		return t.process(child)
	}
	if mine, err := os.Readlink("/proc/self/ns/net"); err == nil {
		if its, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/net"); err == nil && its != mine {
			return t, errorf("cannot reach process {pid} ({name}): it is in another network namespace, where its ports are others", "无法访问进程 {pid}（{name}）：它位于另一个网络命名空间，其端口不在此处",
				"sudo nsenter -t {pid} -n gorescue profile {pid}, or give an address that leads there", "sudo nsenter -t {pid} -n gorescue profile {pid}，或给出可到达的地址", "pid", pid, "name", p.Comm)
		}
	}
	t.Go, t.Main = info.GoVersion, info.Main.Path
	if url, err := lspdoor.Ask(p.PPID); err == nil {
		if t.deaf = !strings.HasPrefix(url, "http://"); !t.deaf {
			t.URLs = append(t.URLs, strings.TrimRight(url, "/")+"/debug/pprof")
		}
	}
	t.Ports = proc.Ports(pid)
	for _, port := range t.Ports {
		t.URLs = append(t.URLs, "http://127.0.0.1:"+strconv.Itoa(port)+"/debug/pprof")
	}
	return t, nil
}

// startedBy returns the process that is meant when somebody names the one that only started it: the gopls of a supervisor of
// ours, the program of go run; 0 = the process is meant itself. main is the import path of its program.
func startedBy(main string, pid int) int {
	var meant func(facts.Proc) bool
	switch main {
	case "github.com/gorescue/gorescue/cmd/gorescue":
		meant = func(p facts.Proc) bool { return strings.HasPrefix(p.Comm, "gopls") }
	case "cmd/go":
		meant = func(p facts.Proc) bool {
			info, err := buildinfo.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/exe") // in the work folder, or since go1.24 in the build cache
			return err == nil && !strings.HasPrefix(info.Path, "cmd/")
		}
	default:
		return 0
	}
	table, err := proc.Processes()
	if err != nil {
		return 0
	}
	for _, p := range table.Tree(pid) {
		if p.PPID == pid && meant(p) {
			return p.PID
		}
	}
	return 0
}

// running finds a program by its name; "gopls" means the one that serves the folder dir.
func (t Target) running(name, dir string) (Target, error) {
	table, err := proc.Processes()
	if err != nil {
		return t, errorf("cannot find {name}: it is no address, process number or file", "找不到 {name}：它不是地址、进程号或文件",
			"gorescue profile http://localhost:6060", "gorescue profile http://localhost:6060", "name", name)
	}
	var found []facts.Proc
	for _, pid := range table.Pids() {
		brief, _ := table.Get(pid)
		if brief.PID == os.Getpid() || proc.Program(brief) != name && brief.Comm != name {
			continue
		}
		if p, ok := proc.Get(pid); ok && !strings.Contains(p.Command, "** telemetry **") {
			found = append(found, p)
		}
	}
	all := slices.Clone(found)
	found = slices.DeleteFunc(found, func(p facts.Proc) bool { // a supervisor of that name, and what it has started
		return slices.ContainsFunc(all, func(c facts.Proc) bool { return c.PPID == p.PID })
	})
	if len(found) > 1 { // the one whose folder is ours
		if near := slices.DeleteFunc(slices.Clone(found), func(p facts.Proc) bool { return !within(dir, p.Dir) }); len(near) > 0 {
			found = near
		}
	}
	switch len(found) {
	case 0:
		return t, errorf("cannot find {name}: no such file, and no program of that name runs", "找不到 {name}：没有此文件，也没有同名程序在运行",
			"give an address (http://localhost:6060), a process number or a saved profile", "请给出地址（http://localhost:6060）、进程号或已保存的剖析文件", "name", name)
	case 1:
		return t.process(found[0].PID)
	}
	var list []string
	for _, p := range found {
		list = append(list, strconv.Itoa(p.PID)+" ("+p.Dir+")")
	}
	return t, errorf("cannot tell which {name} is meant: {list}", "无法确定指的是哪个 {name}：{list}", "give the number", "请给出进程号", "name", name, "list", strings.Join(list, ", "))
}

// within reports whether dir is root or below it.
func within(dir, root string) bool {
	rel, err := filepath.Rel(root, dir)
	return err == nil && root != "/" && root != "" && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// maxSaved bounds the files of a folder that are looked at.
const maxSaved = 100

func (t Target) saved(path string, fi os.FileInfo) (Target, error) {
	if fi.Mode().IsRegular() {
		t.Files = []string{path}
		return t, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil || !fi.IsDir() {
		return t, errorf("cannot read {path}: it is neither a file nor a folder that may be read", "无法读取 {path}：既不是文件，也不是可读的目录",
			"ls -ld {path}", "ls -ld {path}", "path", path)
	}
	for _, e := range entries[:min(len(entries), maxSaved)] {
		if e.Type().IsRegular() && !strings.HasSuffix(e.Name(), ".svg") && !strings.HasSuffix(e.Name(), ".json") {
			t.Files = append(t.Files, filepath.Join(path, e.Name()))
		}
	}
	if len(t.Files) == 0 {
		return t, errorf("cannot find a profile in {path}", "{path} 中没有剖析文件", "ls {path}", "ls {path}", "path", path)
	}
	return t, nil
}

// alive reports how the process of a target is: its state by proc(5), "gone", or "" when it is not known.
func (t *Target) alive() string {
	if t.Proc == nil {
		return ""
	}
	p, ok := proc.Get(t.Proc.PID)
	if !ok || p.Start != t.Proc.Start || p.State == "Z" {
		return "gone"
	}
	return p.State
}

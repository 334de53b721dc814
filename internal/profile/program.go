package profile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
)

// Look samples the target for a time, or reads its files, and reduces what it got. The error says why nothing could be got at
// all; what is missing beside that is named in the facts.
func Look(ctx context.Context, t Target, span time.Duration) (facts.Program, *Raw, error) {
	p := facts.Program{Target: t.Name, Go: t.Go, Module: t.Main}
	if t.Proc != nil {
		p.PID, p.Name = t.Proc.PID, t.Proc.Comm
	}
	var r *Raw
	if len(t.Files) > 0 {
		var err error
		if r, err = read(t); err != nil {
			return p, nil, err
		}
	} else {
		d, err := enter(ctx, &t)
		if err != nil {
			return p, nil, err
		}
		p.URL = d.base
		r = take(ctx, d, &t, span)
		if len(r.Goroutines) == 0 && r.CPU == nil && len(r.Heap) == 0 {
			return p, nil, nothing(&t, r)
		}
		p.For = span
	}
	r.Reduce(&p)
	return p, r, nil
}

// Reduce makes facts of the samples.
func (r *Raw) Reduce(p *facts.Program) {
	p.Busy, p.RSS, p.Missing = r.Busy, r.RSS, r.Missing
	slices.Sort(p.Missing)
	r.groups(p)
	r.cpu(p)
	r.spin(p)
	r.heap(p)
	r.bodies(p)
	r.requests(p)
	p.Work = r.Work
	p.Locks, p.Blocks = delays(r.Mutex), delays(r.Block)
}

// enter opens the way into the target, or says why there is none.
func enter(ctx context.Context, t *Target) (*door, error) {
	if len(t.URLs) == 0 && t.deaf {
		return nil, errorf("cannot look into gopls {pid}: it does not answer its supervisor now", "无法查看 gopls {pid}：它此刻不应答其守护进程",
			"try again; when it stays silent the supervisor ends it and keeps the evidence: gorescue log", "请重试；若一直无应答，守护进程会结束它并保存证据：gorescue log", "pid", t.Proc.PID)
	}
	if len(t.URLs) == 0 {
		return nil, errorf("cannot profile process {pid} ({name}): it listens on no TCP port", "无法剖析进程 {pid}（{name}）：它没有监听任何 TCP 端口",
			"import net/http/pprof in the program and serve it; or, as the last resort, let it write a dump and die: gorescue profile {pid} --quit",
			"请在程序中引入 net/http/pprof 并提供服务；或作为最后手段，令其输出转储并退出：gorescue profile {pid} --quit", "pid", t.Proc.PID, "name", t.Proc.Comm)
	}
	d, err := knock(ctx, t.URLs)
	if err == nil {
		return d, nil
	}
	why := strings.ReplaceAll(err.Error(), "\n", "; ")
	switch state := t.alive(); state {
	case "T", "t":
		return nil, errorf("cannot profile process {pid}: it is stopped (state {state})", "无法剖析进程 {pid}：它处于停止状态（{state}）",
			"kill -CONT {pid} lets it go on", "kill -CONT {pid} 可使其继续", "pid", t.Proc.PID, "state", state)
	case "gone":
		return nil, gone(t)
	}
	return nil, errorf("cannot find the profiles of {name}: {why}", "找不到 {name} 的剖析接口：{why}",
		"the program must serve net/http/pprof; give the address when it does so under another path or port",
		"程序须提供 net/http/pprof；若路径或端口不同，请给出完整地址", "name", t.Name, "why", why)
}

func gone(t *Target) error {
	return errorf("cannot profile process {pid} ({name}): it has ended", "无法剖析进程 {pid}（{name}）：它已结束",
		"gorescue explain - reads what it wrote when it died", "gorescue explain - 可分析其退出时的输出", "pid", t.Proc.PID, "name", t.Proc.Comm)
}

// nothing says why no sample came back.
func nothing(t *Target, r *Raw) error {
	if t.alive() == "gone" {
		return gone(t)
	}
	return errorf("cannot profile {name}: {why}", "无法剖析 {name}：{why}", "curl -s {url}/goroutine?debug=1 shows what it answers", "curl -s {url}/goroutine?debug=1 可查看其应答",
		"name", t.Name, "why", strings.Join(r.Missing, "; "), "url", t.URLs[0])
}

// maxSavedFile bounds a saved file, in bytes.
const maxSavedFile = 256 << 20

// read reads saved files: profiles of pprof and dumps of goroutines, told apart by what is in them. Those of one kind are
// taken for samples in the order of their names.
func read(t Target) (*Raw, error) {
	r := &Raw{Dir: t.Dir}
	for _, path := range t.Files {
		name := filepath.Base(path)
		fi, err := os.Stat(path)
		if err != nil || fi.Size() > maxSavedFile {
			r.miss(name, fmt.Errorf("it cannot be read, or is larger than %d MiB", maxSavedFile>>20))
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			r.miss(name, err)
			continue
		}
		if err := r.take(data); err != nil {
			r.miss(name, err)
		}
	}
	if len(r.Goroutines) == 0 && r.CPU == nil && len(r.Heap) == 0 && r.Mutex == nil && r.Block == nil && r.Work == nil {
		return nil, errorf("cannot read a profile in {name}: {why}", "无法从 {name} 读取剖析数据：{why}",
			"it takes what go tool pprof takes, and dumps of goroutines", "可读取 go tool pprof 支持的文件与 goroutine 转储", "name", t.Name, "why", strings.Join(r.Missing, "; "))
	}
	return r, nil
}

// take puts the content of a file where it belongs.
func (r *Raw) take(data []byte) error {
	if bytes.HasPrefix(data, []byte("go 1.")) { // an execution trace
		var err error
		r.Work, err = work(data)
		return err
	}
	list, err := goroutine.Parse(bytes.NewReader(data))
	if err == nil {
		if len(list) == goroutine.Max {
			r.miss("goroutines", fmt.Errorf("only the first %d were read", goroutine.Max))
		}
		r.Goroutines = append(r.Goroutines, list)
		return nil
	}
	p, err := parse(data)
	if err != nil {
		return err
	}
	switch {
	case column(p, "cpu") >= 0:
		r.CPU = p
	case column(p, "inuse_space") >= 0:
		r.Heap = append(r.Heap, p)
	case column(p, "goroutine") >= 0 || column(p, "goroutines") >= 0:
		r.Goroutines = append(r.Goroutines, counted(p))
	case column(p, "delay") >= 0 && r.Mutex == nil:
		r.Mutex = p
	case column(p, "delay") >= 0:
		r.Block = p
	default:
		return fmt.Errorf("it is a profile of %v", p.SampleType)
	}
	return nil
}

// requests names the requests that gopls was working on, with the number of samples that saw them.
func (r *Raw) requests(p *facts.Program) {
	t := table{}
	for _, list := range r.Goroutines {
		here := map[string]bool{}
		for i := range list {
			for _, f := range list[i].Frames {
				if _, m, ok := strings.Cut(f.Func, "/gopls/internal/server.(*server)."); ok && !strings.Contains(m, ".") && m != "Run" {
					here[m] = true
				}
			}
		}
		for m := range here {
			t.add(m, facts.Call{Func: m}, 1, nil)
		}
	}
	p.Requests = t.top(maxCosts)
}

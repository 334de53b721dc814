package profile

import (
	"context"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
)

// How long a process may take to write its dump, and how much of it is read.
const (
	dumpTime = 5 * time.Second
	maxDump  = 64 << 20
)

// Quit lets the process of t write its goroutines and end (SIGQUIT), and reads them where its standard error goes to a file.
// When it goes elsewhere nothing is done to the process.
func Quit(ctx context.Context, t Target) (facts.Program, *Raw, error) {
	p := facts.Program{Target: t.Name, Go: t.Go, Module: t.Main}
	if t.Proc == nil {
		return p, nil, errorf("cannot let {name} write a dump: it is no process", "无法令 {name} 输出转储：它不是进程", "give the process number", "请给出进程号", "name", t.Name)
	}
	p.PID, p.Name = t.Proc.PID, t.Proc.Comm
	path := "/proc/" + strconv.Itoa(t.Proc.PID) + "/fd/2"
	where, _ := os.Readlink(path)
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return p, nil, errorf("cannot read what process {pid} would write: its standard error is {where}. Nothing was done to it", "无法读取进程 {pid} 的输出：其标准错误是 {where}。未对它做任何操作",
			"kill -QUIT {pid} ends it, and writes the dump there; gorescue profile FILE reads a saved one", "kill -QUIT {pid} 会结束它并把转储写到那里；gorescue profile 文件 可读取保存的转储",
			"pid", t.Proc.PID, "where", orUnknown(where))
	}
	f, err := os.Open(path) // while it is there: the name may be gone
	if err != nil {
		return p, nil, errorf("cannot read the standard error of process {pid}: {err}. Nothing was done to it", "无法读取进程 {pid} 的标准错误：{err}。未对它做任何操作", "ls -l {path}", "ls -l {path}", "pid", t.Proc.PID, "err", err, "path", path)
	}
	defer f.Close()
	before := fi.Size()
	if err := (action.Real{}).Signal(action.Process{PID: t.Proc.PID, Start: t.Proc.Start}, action.Quit); err != nil {
		return p, nil, err
	}
	for end := time.Now().Add(dumpTime); time.Now().Before(end) && ctx.Err() == nil && t.alive() != "gone"; {
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := f.Seek(before, io.SeekStart); err != nil {
		return p, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxDump))
	if err != nil {
		return p, nil, err
	}
	r := &Raw{Dir: t.Dir}
	if err := r.take(data); err != nil {
		return p, nil, errorf("cannot find goroutines in what process {pid} wrote to {where}: {err}", "进程 {pid} 写入 {where} 的内容中没有 goroutine：{err}",
			"a program may catch SIGQUIT and do something else", "程序可能捕获 SIGQUIT 并另作处理", "pid", t.Proc.PID, "where", where, "err", err)
	}
	r.keep("dump.txt", data)
	r.Reduce(&p)
	return p, r, nil
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/modproxy"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// incidentID names the switch of GOPROXY in the journal.
const incidentID = "proxy-incident"

// incident starts the proxy in the background and switches GOPROXY to it. The switch is a change like any
// other: journaled, proven by looking again, and taken back by undo, which ends the proxy too.
func (s *shared) incident(ctx context.Context, w probe.World, f proxyFlags) error {
	j, err := s.openJournal(w.State)
	if err != nil {
		return err
	}
	defer j.Close()
	if err := s.recover(j); err != nil {
		return err
	}
	if done, err := s.earlier(ctx, w, j); done || err != nil {
		return err
	}
	snap := s.ground(ctx, w)
	if !snap.Has(facts.SecProcess, facts.SecStartup, facts.SecSettings) {
		return text.Errorf(text.New("cannot tell where GOPROXY is set", "无法确定 GOPROXY 在哪里设置").With(), text.New("gorescue check", "gorescue check").With())
	}
	if !namesProxy(first(f.upstreams, snap.Settings.Get("GOPROXY"))) && !f.offline {
		return text.Errorf(text.New("cannot stand in for a proxy: GOPROXY names none", "无法代替代理：GOPROXY 没有列出任何代理").With(),
			text.New("gorescue proxy --upstreams LIST", "gorescue proxy --upstreams 列表").With())
	}
	child, err := s.background(w, f)
	if err != nil {
		return err
	}
	defer child.release()
	value := modproxy.Value(child.url, snap.Settings.Get("GOPROXY"))
	fix, where := switchTo(snap, value)
	answer := incidentAnswer{URL: child.url, PID: child.cmd.Process.Pid, Where: where}
	if fix.Shell != "" || fix.Risk == diag.Manual {
		answer.Shell = fmt.Sprintf(`export GOPROXY="%s|$(go env GOPROXY)"`, child.url) // the old value may hold a password: it is not shown
	}
	if fix.Risk == diag.Manual {
		child.keep("-")
		return s.tellIncident(answer)
	}
	e := &repair.Engine{Journal: j, Diagnose: func(ctx context.Context, w probe.World) *diag.Report {
		return diag.Run([]diag.Check{switched(value, fix)}, s.ground(ctx, w))
	}}
	res, err := e.Fix(ctx, w)
	if err != nil {
		return err
	}
	if res.Outcome != repair.Repaired {
		why := string(res.Outcome)
		for _, st := range res.Failed {
			why = st.Why
		}
		return text.Errorf(text.New("cannot switch GOPROXY: {why}; nothing is changed, and the proxy has ended", "无法切换 GOPROXY：{why}；没有任何改动，代理已结束").With("why", why), text.Msg{})
	}
	if f.then != "" {
		if err := s.proven(ctx, w, j, res, f.then); err != nil {
			return err
		}
	}
	child.keep(res.Change)
	answer.Change = res.Change
	return s.tellIncident(answer)
}

// proven runs the user's own command through the proxy. When it does not pass the switch is taken back, and the proxy ends by
// itself: it is not told to go on.
func (s *shared) proven(ctx context.Context, w probe.World, j *journal.Journal, res *repair.Result, line string) error {
	r := s.thenRun(ctx, w, res, line)
	if r.OK() {
		return nil
	}
	for _, c := range repair.Changes(j) {
		if c.ID != res.Change {
			continue
		}
		if u, err := repair.Undo(j, c); err != nil || u.Outcome == repair.Refused {
			return text.Errorf(text.New("{cmd} fails also through the proxy ({why}), and the switch of GOPROXY cannot be taken back", "{cmd} 经由代理也失败（{why}），且无法撤销对 GOPROXY 的切换").With("cmd", line, "why", r.FirstLine()),
				text.New("gorescue undo {id}", "gorescue undo {id}").With("id", c.ID))
		}
	}
	return text.Errorf(text.New("{cmd} fails also through the proxy: {why}; GOPROXY is as before, and the proxy has ended", "{cmd} 经由代理也失败：{why}；GOPROXY 已恢复原样，代理已结束").With("cmd", line, "why", r.FirstLine()),
		text.New("gorescue check", "gorescue check").With())
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func namesProxy(list string) bool {
	entries, err := goproxy.Parse(list, "")
	return err == nil && slices.ContainsFunc(entries, goproxy.Entry.IsProxy)
}

// earlier looks at an incident that stands: when its proxy lives there is nothing to do (done); when it was lost, its
// switch is taken back first.
func (s *shared) earlier(ctx context.Context, w probe.World, j *journal.Journal) (done bool, err error) {
	for _, c := range repair.Changes(j) {
		if !c.Stands() || !slices.Contains(c.Checks, incidentID) || c.Ops() == 0 {
			continue
		}
		url, _, _ := strings.Cut(s.ground(ctx, w).Settings.Get("GOPROXY"), "|")
		if alive(ctx, url) {
			if s.json {
				return true, json.NewEncoder(s.Stdout).Encode(incidentAnswer{URL: url, Change: c.ID})
			}
			s.print(text.New("already running: {url} (change {id}); gorescue undo {id} ends it", "已在运行：{url}（改动 {id}）；gorescue undo {id} 可结束").With("url", url, "id", c.ID))
			return true, nil
		}
		u, err := repair.Undo(j, c)
		if err != nil {
			return false, err
		}
		if u.Outcome == repair.Refused {
			return false, text.Errorf(text.New("an earlier incident ({id}) has lost its proxy, and its switch of GOPROXY cannot be taken back: the same place was changed since", "先前的一次（{id}）已失去其代理，且无法撤销对 GOPROXY 的切换：同一处此后被改动过").With("id", c.ID),
				text.New("gorescue explain env GOPROXY shows where it is set", "gorescue explain env GOPROXY 会显示它在哪里设置").With())
		}
	}
	return false, nil
}

// alive reports whether one of our proxies answers at an address.
func alive(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", http.NoBody)
	if err != nil {
		return false
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var h struct{ Service string }
	return json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&h) == nil && h.Service == "gorescue proxy"
}

// switchTo makes the fix that gives GOPROXY a value where it is set now; where nothing sets it, in the file of go env -w.
// A file of the project is the user's work: there it is advice.
func switchTo(snap *facts.Snapshot, value string) (fix diag.Fix, where string) {
	src, ok := origin.Of(snap, "GOPROXY")
	if ok && src.Kind != facts.FromGoroot && !src.OnPurpose() {
		return src.Replace(value), src.Where()
	}
	if !ok || src.Kind == facts.FromGoroot {
		if fix, ok := origin.SetGoenv(snap, "GOPROXY", value); ok {
			return fix, snap.Settings.File.Path
		}
	}
	return diag.Fix{Risk: diag.Manual}, ""
}

// switched is the check that proves the switch: go would use this value.
func switched(value string, fix diag.Fix) diag.Check {
	return diag.Check{
		ID: incidentID, Severity: diag.Error, Reads: []facts.Section{facts.SecSettings, facts.SecProcess, facts.SecStartup},
		Run: func(s *facts.Snapshot) []diag.Finding {
			if s.Settings.Get("GOPROXY") == value {
				return nil
			}
			return []diag.Finding{{Claim: text.New("GOPROXY does not lead to the fall-back proxy", "GOPROXY 没有指向备用代理").With(), Fixes: []diag.Fix{fix}}}
		},
	}
}

// child is the proxy in the background. It ends by itself unless keep is called.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	url string
}

// keep tells it which change it belongs to; "-" = none.
func (c *child) keep(change string) { fmt.Fprintln(c.in, change) }

// release lets it go on without us.
func (c *child) release() {
	_ = c.in.Close()
	_ = c.cmd.Process.Release()
}

// background starts this program as the proxy, in a session of its own.
func (s *shared) background(w probe.World, f proxyFlags) (*child, error) {
	failed := func(err error) error {
		return text.Errorf(text.New("cannot start the proxy: {err}", "无法启动代理：{err}").With("err", err), text.New("gorescue proxy runs it in this terminal", "gorescue proxy 可在本终端中运行它").With())
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, failed(err)
	}
	args := []string{"proxy", "--watch", "--json", "--dir", w.Dir, "--listen", f.listen, "--deadline", f.deadline.String(), "--well-for", f.wellFor.String(), "--room", fmt.Sprint(f.room)}
	if f.upstreams != "" {
		args = append(args, "--upstreams", f.upstreams)
	}
	if f.offline {
		args = append(args, "--offline")
	}
	cmd := exec.Command(exe, args...)
	cmd.Dir, cmd.Env = "/", append(slices.Clone(s.Environ), "GORESCUE_STATE="+w.State)
	detach(cmd)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return nil, failed(err)
	}
	c := &child{cmd: cmd, in: in}
	line := make(chan string, 1)
	go func() {
		l, _ := bufio.NewReader(out).ReadString('\n')
		line <- l
	}()
	var hello struct{ Address, Error string }
	select {
	case l := <-line:
		err = json.Unmarshal([]byte(l), &hello)
	case <-time.After(20 * time.Second):
		err = errors.New("it said nothing for 20 s")
	}
	if err == nil && hello.Error != "" {
		err = errors.New(hello.Error)
	}
	if err != nil {
		c.release() // its input ends, and so it ends
		return nil, failed(err)
	}
	c.url = hello.Address
	return c, nil
}

// incidentAnswer is what a person or program is told.
type incidentAnswer struct {
	URL    string `json:"address"`
	PID    int    `json:"pid,omitempty"`    // 0: it was running already
	Change string `json:"change,omitempty"` // "": GOPROXY was not switched, Shell does it
	Where  string `json:"where,omitempty"`  // the place that was changed
	Shell  string `json:"shell,omitempty"`
}

func (s *shared) tellIncident(a incidentAnswer) error {
	if s.json {
		return json.NewEncoder(s.Stdout).Encode(a)
	}
	s.print(text.New("the fall-back proxy runs in the background: {url} (process {pid}; its state: {url}/healthz)", "备用代理正在后台运行：{url}（进程 {pid}；状态：{url}/healthz）").With("url", a.URL, "pid", a.PID))
	if a.Change == "" {
		s.print(text.New("GOPROXY is set in this shell or by the project; type:   {cmd}", "GOPROXY 由当前 shell 或项目设置；请输入：   {cmd}").With("cmd", a.Shell))
		s.print(text.New("it ends when your proxies are well again; kill {pid} ends it at once", "代理恢复后它会自行结束；kill {pid} 可立即结束").With("pid", a.PID))
		return nil
	}
	s.print(text.New("GOPROXY begins with it now, in {where}; your list stays behind it", "{where} 中的 GOPROXY 现在以它开头；原列表保留在其后").With("where", a.Where))
	if a.Shell != "" {
		s.print(text.New("in terminals that are open, type:   {cmd}", "在已打开的终端中输入：   {cmd}").With("cmd", a.Shell))
	}
	s.print(text.New("both end when your proxies are well again; at once with:   gorescue undo {id}", "代理恢复后二者自行结束；立即结束：   gorescue undo {id}").With("id", a.Change))
	return nil
}

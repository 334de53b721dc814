package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

func pid() int { return os.Getpid() }

// openBox takes the ring of the project.
func (s *shared) openBox(w probe.World, f watchFlags) (*blackbox.Watch, string, error) {
	h := blackbox.Holder{PID: pid(), Dir: w.Dir, Since: time.Now().UTC().Round(time.Second), Every: f.every, Tool: w.Tool}
	ring := blackbox.Folder(w.State, w.Dir)
	var box *blackbox.Watch
	var err error
	for range 5 { // a look at who watches takes the lock for a moment
		if box, err = blackbox.Open(w.State, h); !errors.Is(err, blackbox.ErrWatched) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if errors.Is(err, blackbox.ErrWatched) {
		who, _ := blackbox.Of(w.State, w.Dir)
		return nil, ring, text.Errorf(text.New("cannot watch {dir}: process {pid} does so since {since}", "无法监视 {dir}：进程 {pid} 自 {since} 起已在监视").
			With("dir", w.Dir, "pid", who.PID, "since", who.Since.Local().Format("2006-01-02 15:04:05")), text.New("gorescue watch --stop ends it", "gorescue watch --stop 可将其结束").With())
	}
	if err != nil {
		return nil, ring, text.Errorf(text.New("cannot keep a black box: {err}", "无法保存黑匣子：{err}").With("err", err), text.New("GORESCUE_STATE names another folder", "可用 GORESCUE_STATE 指定其他目录").With())
	}
	return box, ring, nil
}

// goodbye is an error for the one who started us.
func (s *shared) goodbye(err error) watchHello {
	var e *text.Error
	if errors.As(err, &e) {
		return watchHello{Error: e.Msg.In(s.lang), Hint: e.Hint.In(s.lang)}
	}
	return watchHello{Error: err.Error()}
}

// watchInBackground starts this program once more, in a session of its own, and returns when it watches.
func (s *shared) watchInBackground(w probe.World, f watchFlags) error {
	failed := func(why, hint string) error {
		return text.Errorf(text.New("cannot watch in the background: {why}", "无法在后台监视：{why}").With("why", why), text.New("{hint}", "{hint}").With("hint", hint))
	}
	const alone = "gorescue watch"
	exe, err := os.Executable()
	if err != nil {
		return failed(err.Error(), alone)
	}
	args := []string{"watch", "--detached", "--lang", string(s.lang), "--dir", w.Dir, "--every", f.every.String(), "--for", f.until.String()}
	if f.net {
		args = append(args, "--net")
	}
	cmd := exec.Command(exe, args...)
	cmd.Dir, cmd.Env = "/", append(slices.Clone(s.Environ), "GORESCUE_STATE="+w.State)
	detach(cmd)
	out, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		return failed(err.Error(), alone)
	}
	line := make(chan []byte, 1)
	go func() {
		l, _ := bufio.NewReader(out).ReadBytes('\n')
		line <- l
	}()
	var hello watchHello
	select {
	case l := <-line:
		err = json.Unmarshal(l, &hello)
	case <-time.After(10 * time.Second):
		err = errors.New("it said nothing for 10 s")
	}
	if err == nil && hello.Error != "" {
		_ = cmd.Wait() // its end is no news
		return failed(hello.Error, hello.Hint)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return failed(err.Error(), alone)
	}
	_ = cmd.Process.Release()
	if s.json {
		return json.NewEncoder(s.Stdout).Encode(hello)
	}
	s.print(text.New("watching {dir} in the background (process {pid}); gorescue watch --stop ends it, gorescue diff now -15m looks back", "正在后台监视 {dir}（进程 {pid}）；gorescue watch --stop 结束，gorescue diff now -15m 回看").
		With("dir", hello.Watching, "pid", hello.PID))
	return nil
}

// watchStop ends the watch of a project and waits for its end.
func (s *shared) watchStop(ctx context.Context, w probe.World) error {
	h, ok := blackbox.Of(w.State, w.Dir)
	if !ok || !h.Alive {
		s.print(text.New("nobody watches {dir}", "没有人监视 {dir}").With("dir", w.Dir))
		return nil
	}
	if err := blackbox.Stop(h); err != nil {
		return text.Errorf(text.New("cannot stop the watch: {err}", "无法结束监视：{err}").With("err", err), text.Msg{})
	}
	stop := s.progress(text.New("waiting for process {pid}", "正在等待进程 {pid}").With("pid", h.PID))
	defer stop()
	for limit := time.Now().Add(h.Every + 10*time.Second); time.Now().Before(limit) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if now, _ := blackbox.Of(w.State, w.Dir); !now.Alive {
			stop()
			s.print(text.New("the watch of {dir} has ended (process {pid})", "对 {dir} 的监视已结束（进程 {pid}）").With("dir", w.Dir, "pid", h.PID))
			return nil
		}
	}
	return text.Errorf(text.New("process {pid} was asked to end its watch, but goes on", "已要求进程 {pid} 结束监视，但它仍在继续").With("pid", h.PID), text.New("kill {pid}", "kill {pid}").With("pid", h.PID))
}

// watchStatus lists who watches what.
func (s *shared) watchStatus(w probe.World) error {
	_, holders, err := blackbox.All(w.State)
	if err != nil {
		return err
	}
	holders = slices.DeleteFunc(holders, func(h blackbox.Holder) bool { return !h.Alive })
	if s.json {
		if holders == nil {
			holders = []blackbox.Holder{}
		}
		return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "watching": holders})
	}
	if len(holders) == 0 {
		s.print(text.New("nothing is watched; gorescue watch --background begins", "没有正在监视的项目；gorescue watch --background 开始监视").With())
	}
	for _, h := range holders {
		fmt.Fprintf(s.Stdout, "%d  %s  %s  %v\n", h.PID, h.Since.Local().Format("2006-01-02 15:04:05"), text.Visible(h.Dir), h.Every)
	}
	return nil
}

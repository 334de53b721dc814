package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// watchFlags are the flags of watch.
type watchFlags struct {
	every, until             time.Duration
	background, stop, status bool
	net, detached            bool
}

// The bounds of the interval.
const (
	leastEvery = 200 * time.Millisecond
	mostEvery  = 10 * time.Minute
)

func (s *shared) watchCommand() *cobra.Command {
	var f watchFlags
	c := &cobra.Command{
		Use:   "watch [DIR]",
		Short: s.say(text.New("keep the last hours of this project and machine in a black box, and say when something gets worse", "在黑匣子中保留此项目与机器最近数小时的状态，变差时告知")),
		Args:  cobra.MaximumNArgs(1),
	}
	fl := c.Flags()
	fl.DurationVar(&f.every, "every", 5*time.Second, s.say(text.New("time between two samples", "两次采样的间隔")))
	fl.DurationVar(&f.until, "for", 0, s.say(text.New("end after this time (default: at Ctrl-C)", "经过此时间后结束（默认：按 Ctrl-C 结束）")))
	fl.BoolVar(&f.background, "background", false, s.say(text.New("go on in the background", "在后台继续")))
	fl.BoolVar(&f.stop, "stop", false, s.say(text.New("end the watch of this project", "结束对此项目的监视")))
	fl.BoolVar(&f.status, "status", false, s.say(text.New("say which projects are watched", "显示哪些项目正被监视")))
	fl.BoolVar(&f.net, "net", false, s.say(text.New("once a minute ask the servers of GOPROXY for one module that go.mod names", "每分钟向 GOPROXY 的服务器询问 go.mod 中的一个模块")))
	fl.BoolVar(&f.detached, "detached", false, "")
	_ = fl.MarkHidden("detached")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := s.world(args)
		if err != nil {
			return err
		}
		switch {
		case f.status:
			return s.watchStatus(w)
		case f.stop:
			return s.watchStop(cmd.Context(), w)
		case f.every < leastEvery || f.every > mostEvery:
			return usage(text.New("cannot sample every {d}: from {min} to {max}", "无法每 {d} 采样一次：须在 {min} 与 {max} 之间").With("d", f.every, "min", leastEvery, "max", mostEvery))
		case f.background:
			return s.watchInBackground(w, f)
		}
		return s.watch(cmd.Context(), w, f)
	}
	return c
}

// watchHello is the first line of watch --json, and what one in the background says to the one who started it.
type watchHello struct {
	Watching string `json:"watching,omitempty"`
	Ring     string `json:"ring,omitempty"`
	PID      int    `json:"pid,omitempty"`
	Error    string `json:"error,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

// watch samples until ctx ends, the time is over, or somebody stops it.
func (s *shared) watch(ctx context.Context, w probe.World, f watchFlags) error {
	defer debug.SetGCPercent(debug.SetGCPercent(25)) // memory counts more than the processor time of some small collections
	box, ring, err := s.openBox(w, f)
	if err != nil {
		if f.detached {
			return json.NewEncoder(s.Stdout).Encode(s.goodbye(err))
		}
		return err
	}
	if f.until > 0 {
		c, cancel := context.WithTimeout(ctx, f.until)
		defer cancel()
		ctx = c
	}
	r := &recorder{s: s, box: box, quiet: f.detached}
	if err := r.start(w, f, ring); err != nil {
		return errors.Join(err, box.End())
	}
	r.run(ctx, f.every)
	if err := box.End(); err != nil {
		return text.Errorf(text.New("cannot end the ring: {err}", "无法结束记录：{err}").With("err", err), text.Msg{})
	}
	if !f.detached && !s.json {
		s.print(text.New("{n} samples kept in {dir}; look back with: gorescue diff now -15m", "已在 {dir} 保留 {n} 个样本；回看：gorescue diff now -15m").With("n", r.samples, "dir", ring))
	}
	return nil
}

// recorder is one watch.
type recorder struct {
	s       *shared
	box     *blackbox.Watch
	sampler *blackbox.Sampler
	monitor *blackbox.Monitor
	quiet   bool
	samples int
	failing bool
}

func (r *recorder) start(w probe.World, f watchFlags, ring string) error {
	var earlier []blackbox.Event
	if h, err := blackbox.Read(ring, time.Time{}); err == nil {
		earlier = h.Events
	}
	r.monitor = blackbox.NewMonitor(blackbox.Thresholds(), earlier)
	r.sampler = &blackbox.Sampler{Dir: w.Dir, Vars: w.Vars, State: w.State, Every: f.every}
	if f.net {
		r.sampler.Ask = proxyHealth(w)
	}
	if r.s.json || r.quiet {
		return json.NewEncoder(r.s.Stdout).Encode(watchHello{Watching: w.Dir, Ring: ring, PID: pid()})
	}
	r.s.print(text.New("watching {dir}, every {d}; Ctrl-C ends it", "正在监视 {dir}，每 {d} 一次；按 Ctrl-C 结束").With("dir", w.Dir, "d", f.every))
	return nil
}

func (r *recorder) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		r.sample(ctx)
		if r.samples == 1 {
			debug.FreeOSMemory() // the first sample reads much that is not read again
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if r.box.Stopped() {
			return
		}
	}
}

func (r *recorder) sample(ctx context.Context) {
	sm := r.sampler.Sample(ctx)
	r.samples++
	events := r.monitor.Step(sm)
	err := r.box.Sample(sm)
	for _, e := range events {
		if ee := r.box.Event(e); err == nil {
			err = ee
		}
		if !r.quiet {
			r.s.watchEvent(e)
		}
	}
	if (err != nil) == r.failing {
		return
	}
	r.failing = err != nil // said once, and when it works again
	switch {
	case r.quiet:
	case r.failing:
		r.s.complain(text.Errorf(text.New("cannot keep samples: {err}; the watch goes on", "无法保存样本：{err}；监视继续").With("err", err), text.New("free room where {dir} lies", "请为 {dir} 所在磁盘腾出空间").With("dir", stateDir(r.s.vars))))
	default:
		r.s.print(text.New("samples are kept again", "样本恢复保存").With())
	}
}

// watchEvent prints an event: a line for a person, or one document a line.
func (s *shared) watchEvent(e blackbox.Event) {
	if s.json {
		_ = json.NewEncoder(s.Stdout).Encode(s.jsonEvent(e)) // a reader that has gone does not end the watch
		return
	}
	mark := map[blackbox.EventKind]string{blackbox.Raised: s.paint(red, "✗"), blackbox.Cleared: s.paint(green, "✓"), blackbox.Noted: "·"}[e.Kind]
	fmt.Fprintf(s.Stdout, "%s %s %s  %s\n", e.At.Local().Format("15:04:05"), mark, e.Msg.In(s.lang), s.paint(dim, e.ID))
}

// jsonWatchEvent is an event in the JSON of watch and log.
type jsonWatchEvent struct {
	blackbox.Event
	Msg string `json:"message"`
}

func (s *shared) jsonEvent(e blackbox.Event) jsonWatchEvent {
	return jsonWatchEvent{e, e.Msg.In(s.lang)}
}

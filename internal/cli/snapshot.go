package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/bundle"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/redact"
	"github.com/gorescue/gorescue/internal/text"
)

func (s *shared) snapshotCommand() *cobra.Command {
	out, since, hosts := "", 15*time.Minute, false
	c := &cobra.Command{
		Use:   "snapshot [DIR]",
		Short: s.say(text.New("one redacted document of the facts of now and the minutes before, for others and for later", "把当前事实与之前几分钟脱敏后写成一个文档，供他人查看或以后比较")),
		Long: s.say(text.New(`The document holds what a diagnosis looks at, and what the black box kept (gorescue watch). Credentials, the home folder,
and the names of the user, this machine and servers that are not public are taken out; look through it before you send it all
the same. gorescue check FILE judges it anywhere, gorescue diff A B compares two.`,
			`文档包含诊断所查看的内容，以及黑匣子保留的内容（gorescue watch）。凭据、主目录、用户名、本机名和非公开服务器名会被去除；发送前仍请自行过目。
gorescue check 文件 可在任何机器上诊断它，gorescue diff A B 比较两个文档。`)),
		Args: cobra.MaximumNArgs(1),
	}
	c.Flags().StringVarP(&out, "output", "o", "", s.say(text.New("file to write, - = standard output (default: gorescue-snapshot-TIME.json here)", "要写入的文件，- 表示标准输出（默认：当前目录的 gorescue-snapshot-时间.json）")))
	c.Flags().DurationVar(&since, "since", since, s.say(text.New("how far back the samples of the black box go", "黑匣子样本回溯的时长")))
	c.Flags().BoolVar(&hosts, "hosts", false, s.say(text.New("keep the names of servers", "保留服务器名称")))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := s.world(args)
		if err != nil {
			return err
		}
		b, red, err := s.bundle(cmd.Context(), w, since, hosts)
		if err != nil {
			return err
		}
		return s.writeBundle(b, red, out)
	}
	return c
}

// bundle collects the facts and a sample of now, and what the black box has since.
func (s *shared) bundle(ctx context.Context, w probe.World, since time.Duration, hosts bool) (*bundle.Bundle, *redact.Redactor, error) {
	stop := s.progress(text.New("looking at {dir}", "正在检查 {dir}").With("dir", w.Dir))
	defer stop()
	snap := s.collect(ctx, w)
	now := s.sampleNow(ctx, w)
	var samples []*blackbox.Sample
	var events []blackbox.Event
	h, err := blackbox.Read(blackbox.Folder(w.State, w.Dir), time.Time{})
	if err == nil { // without a ring there is the present alone
		for _, x := range h.Samples {
			if age(x, now) <= since {
				samples = append(samples, x)
			}
		}
		for _, e := range h.Events {
			if now.At.Sub(e.At) <= since {
				events = append(events, e)
			}
		}
	}
	red := redact.New(s.vars)
	if !hosts {
		red.Hosts(snap)
	}
	b, err := bundle.Make(red, snap, append(samples, now), events)
	return b, red, err
}

func (s *shared) sampleNow(ctx context.Context, w probe.World) *blackbox.Sample {
	return (&blackbox.Sampler{Dir: w.Dir, Vars: w.Vars, State: w.State, Every: 5 * time.Second}).Sample(ctx)
}

// age is how long ago a sample was taken, by the clock that does not jump where both have it.
func age(x, now *blackbox.Sample) time.Duration {
	if x.Boot != "" && x.Boot == now.Boot {
		return time.Duration((now.Up - x.Up) * float64(time.Second))
	}
	return now.At.Sub(x.At)
}

func (s *shared) writeBundle(b *bundle.Bundle, red *redact.Redactor, out string) error {
	failed := func(err error) error {
		return text.Errorf(text.New("cannot write the snapshot: {err}", "无法写入快照：{err}").With("err", err), text.New("gorescue snapshot -o FILE names another place", "可用 gorescue snapshot -o 文件 指定其他位置").With())
	}
	data, err := b.Encode(red)
	if err != nil {
		return failed(err)
	}
	if out == "-" {
		_, err := s.Stdout.Write(data)
		return err
	}
	if out == "" {
		out = "gorescue-snapshot-" + b.Taken.Local().Format("20060102-150405") + ".json"
	}
	path, err := filepath.Abs(out)
	if err != nil {
		return failed(err)
	}
	im := atomicfile.Image{Kind: atomicfile.File, Mode: 0o600, UID: os.Getuid(), GID: os.Getgid(), Data: data}
	if err := atomicfile.Put(path, atomicfile.Temp(path, "snapshot"), im); err != nil {
		return failed(err)
	}
	n := 0
	if list, err := b.Ring.Samples(); err == nil {
		n = len(list)
	}
	if s.json {
		return json.NewEncoder(s.Stdout).Encode(map[string]any{"schema": jsonSchema, "file": path, "bytes": len(data), "samples": n, "events": len(b.Events)})
	}
	s.print(text.New("{file}: {n} samples, {e} events, {kb} KiB, redacted; look through it before you send it", "{file}：{n} 个样本，{e} 个事件，{kb} KiB，已脱敏；发送前请过目").
		With("file", path, "n", n, "e", len(b.Events), "kb", (len(data)+1023)/1024))
	if n == 1 {
		s.print(text.New("only the present is in it: gorescue watch --background keeps the minutes before a failure", "其中只有当前状态：gorescue watch --background 可保留故障前的几分钟").With())
	}
	return nil
}

// checkFile judges a snapshot that was taken elsewhere or earlier. Nothing of this machine is looked at.
func (s *shared) checkFile(path string, f checkFlags) error {
	b, err := bundle.ReadFile(path)
	if err != nil {
		return err
	}
	checks, err := selected(f.only)
	if err != nil {
		return err
	}
	began := time.Now()
	report := diag.Run(checks, b.Facts)
	s.exit = verdict(report)
	if s.json || f.sarif || f.github {
		return s.writeForTools(report, f)
	}
	s.print(text.New("snapshot of {dir}, taken {when}; a repair is made there", "{dir} 的快照，采集于 {when}；修复须在原机器上进行").With("dir", b.Facts.Dir, "when", b.Taken.Local().Format("2006-01-02 15:04:05")))
	s.writeReport(report, time.Since(began), f.explain)
	for _, e := range b.Events {
		s.watchEvent(e)
	}
	return nil
}

// isFile reports whether the argument names a file: a snapshot, then.
func isFile(args []string) bool {
	if len(args) != 1 {
		return false
	}
	fi, err := os.Stat(args[0])
	return err == nil && !fi.IsDir()
}

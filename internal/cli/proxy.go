package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/modproxy"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// proxyFlags are the flags of proxy.
type proxyFlags struct {
	listen, upstreams string
	then              string // with incident: a command that must pass through it
	offline, incident bool
	deadline          time.Duration
	room              int64 // MiB
	wellFor           time.Duration
	watch             bool // we are the process that --incident has started
}

func (s *shared) proxyCommand() *cobra.Command {
	var f proxyFlags
	c := &cobra.Command{
		Use:   "proxy",
		Short: s.say(text.New("a module proxy on this machine that keeps builds going when others hang", "本机模块代理：其他代理卡住时让构建继续")),
		Long:  s.say(proxyLong),
		Args:  cobra.NoArgs,
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:0", s.say(text.New("address to listen on; port 0 = any free one", "监听地址；端口 0 表示任意空闲端口")))
	c.Flags().StringVar(&f.upstreams, "upstreams", "", s.say(text.New("proxies to ask, as in GOPROXY (default: GOPROXY itself)", "要询问的代理，格式同 GOPROXY（默认即 GOPROXY）")))
	c.Flags().BoolVar(&f.offline, "offline", false, s.say(text.New("ask nobody: serve what is kept here", "不询问任何代理：只提供本机已有的内容")))
	c.Flags().BoolVar(&f.incident, "incident", false, s.say(text.New("run in the background, switch GOPROXY to it, and undo that when the proxies are well again", "在后台运行，把 GOPROXY 切换过来，并在代理恢复后撤销")))
	c.Flags().DurationVar(&f.deadline, "deadline", 5*time.Second, s.say(text.New("how long a proxy may take to connect, to begin its answer, and between two pieces of it", "代理在建立连接、开始应答、两段数据之间各自允许的时间")))
	c.Flags().Int64Var(&f.room, "room", 2048, s.say(text.New("room for what is kept, in MiB; the files not used for longest give way", "缓存空间（MiB）；最久未用的文件先让位")))
	c.Flags().DurationVar(&f.wellFor, "well-for", 2*time.Minute, s.say(text.New("with --incident: how long the proxies must be well before it ends", "与 --incident 同用：代理须持续正常多久才结束")))
	c.Flags().StringVar(&f.then, "then", "", s.say(text.New("with --incident: a command that must pass through it, or all is taken back", "与 --incident 同用：必须能经由它成功运行的命令，否则全部撤销")))
	c.Flags().BoolVar(&f.watch, "watch", false, "")
	_ = c.Flags().MarkHidden("watch")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.deadline <= 0 || f.room <= 0 || f.wellFor < 0 {
			return usage(text.New("cannot work with a deadline or room of 0", "--deadline 与 --room 必须大于 0").With())
		}
		w, err := s.world(nil)
		if err != nil {
			return err
		}
		switch {
		case f.incident:
			return s.incident(cmd.Context(), w, f)
		case f.watch:
			return s.watchProxy(cmd.Context(), w, f)
		}
		return s.proxy(cmd.Context(), w, f)
	}
	return c
}

var proxyLong = text.New(`Serves modules on the loopback: from the module cache (read only; what verifies), from what it has kept
itself, and from your proxies in order, each under deadlines and a circuit breaker. Whatever arrives is checked
(form, go.sum, checksum database records at hand) before it is passed on. Private modules (GOPRIVATE, GONOPROXY,
policy) go to no public proxy; credentials go only to the host they are for. /healthz and /metrics tell how it does.

With --incident it is the way out of an outage: it runs in the background, GOPROXY is switched to it (in the very
place that sets it, undoably), your list stays behind it, and both end when your proxies have been well for
a while. gorescue undo ends it at once. A module that no cache has and no proxy gives is asked for from your list
as before: if a proxy of it hangs, go waits for it.`,
	`在回环地址上提供模块：依次取自模块缓存（只读，且须通过校验）、自己保存的内容、按顺序询问的代理；每个代理都有时限与熔断器。
收到的一切（格式、go.sum、手头的校验数据库记录）先校验再转交。私有模块（GOPRIVATE、GONOPROXY、策略）不会发往公共代理；
凭据只发给它所属的主机。/healthz 与 /metrics 显示其状态。

加 --incident 即为应对故障：它在后台运行，在设置 GOPROXY 的那一处把 GOPROXY 切换过来（可撤销），原列表保留在其后；
代理持续正常一段时间后二者一并结束。gorescue undo 可立即结束。若某个模块既不在任何缓存中、也没有代理能提供，go 会照旧询问原列表：
如果其中的代理卡住，go 仍会等待。`)

// proxy runs in the foreground until it is interrupted.
func (s *shared) proxy(ctx context.Context, w probe.World, f proxyFlags) error {
	srv, l, err := s.openProxy(ctx, w, f)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	line := fmt.Sprintf(`export GOPROXY="%s|$(go env GOPROXY)"`, url) // the old value may hold a password: it is not shown
	if f.offline {
		line = "export GOPROXY=" + url
	}
	if s.json {
		if err := json.NewEncoder(s.Stdout).Encode(map[string]string{"address": url, "shell": line}); err != nil {
			return err
		}
	} else {
		s.print(text.New("listening on {url} (metrics: /metrics, state: /healthz); Ctrl-C ends it", "正在监听 {url}（指标：/metrics，状态：/healthz）；按 Ctrl-C 结束").With("url", url))
		s.print(text.New("to use it, type:   {cmd}", "使用方法，输入：   {cmd}").With("cmd", line))
	}
	return serveProxy(ctx, srv, l)
}

// serveProxy serves until ctx ends; requests under way then have five seconds.
func serveProxy(ctx context.Context, srv *modproxy.Server, l net.Listener) error {
	defer srv.Close()
	h := &http.Server{Handler: srv, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if h.Shutdown(grace) != nil {
		srv.Close()
		_ = h.Close()
	}
	<-ended
	return nil
}

// openProxy makes the proxy for the settings of this user and project, and the listener that it goes with.
func (s *shared) openProxy(ctx context.Context, w probe.World, f proxyFlags) (*modproxy.Server, net.Listener, error) {
	snap := s.sections(ctx, w, facts.SecHost, facts.SecProcess, facts.SecStartup, facts.SecSettings, facts.SecPolicy)
	if !snap.Has(facts.SecSettings) {
		return nil, nil, text.Errorf(text.New("cannot read the settings of go: {why}", "无法读取 go 的设置：{why}").With("why", snap.Sections[facts.SecSettings].Reason), text.Msg{})
	}
	c, err := proxyConfig(w, snap, f)
	if err != nil {
		return nil, nil, text.Errorf(text.New("cannot use the list of proxies: {err}", "无法使用代理列表：{err}").With("err", err),
			text.New("gorescue proxy --upstreams LIST, or --offline", "gorescue proxy --upstreams 列表，或 --offline").With())
	}
	if s.Terminal(s.Stderr) && !f.watch {
		c.Log = slog.New(slog.NewTextHandler(s.Stderr, nil))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, nil, text.Errorf(text.New("cannot listen on {addr}: {err}", "无法监听 {addr}：{err}").With("addr", f.listen, "err", listenCause(err)),
			text.New("gorescue proxy --listen 127.0.0.1:0 takes any free port", "gorescue proxy --listen 127.0.0.1:0 会使用任意空闲端口").With())
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		fmt.Fprintln(s.Stderr, s.say(text.New("warning: others on the network can reach this proxy, and read through it what you may read", "警告：网络上的其他人可以访问此代理，并通过它读取你有权读取的内容")))
	}
	srv, err := modproxy.New(l.Addr().String(), c)
	if err != nil {
		_ = l.Close()
		return nil, nil, text.Errorf(text.New("{err}", "{err}").With("err", err),
			text.New("set GORESCUE_STATE to a folder on a disk with room", "把 GORESCUE_STATE 设为有空间的磁盘上的一个目录").With())
	}
	return srv, l, nil
}

func listenCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// proxyConfig turns settings, policy and flags into what the proxy needs to know.
func proxyConfig(w probe.World, snap *facts.Snapshot, f proxyFlags) (modproxy.Config, error) {
	set, pol := &snap.Settings, &snap.Policy
	d := f.deadline
	c := modproxy.Config{
		Client: goproxy.New(goproxy.Config{Vars: w.Vars, GOAUTH: set.Get("GOAUTH"), CAFiles: pol.CAFiles,
			Limits: goproxy.Limits{Lookup: d, Connect: d, TLS: d, Header: d, Idle: d}}),
		Private: append([]string{}, pol.Private...), ModCache: set.Get("GOMODCACHE"), Store: filepath.Join(w.State, "modproxy"),
		MaxBytes: f.room << 20, Total: 3 * d, SumDB: database(set.Get("GOSUMDB")),
	}
	direct := set.Get("GONOPROXY")
	if direct == "" {
		direct = set.Get("GOPRIVATE") // its default (cmd/go/internal/cfg)
	}
	if direct != "" && direct != "none" {
		c.Private = append(c.Private, strings.Split(direct, ",")...)
	}
	goSum := modcache.Sums{}
	if list, err := buildlist.Read(w.Dir, buildlist.Settings{GOFLAGS: set.Get("GOFLAGS"), GOWORK: set.Get("GOWORK"), GOMODCACHE: c.ModCache}); err == nil || list != nil {
		if sums, err := modcache.ReadSums(list.Sums); err == nil {
			goSum = sums
		}
	}
	c.Sums = modproxy.KnownSums(goSum, c.ModCache, c.SumDB)
	if f.offline {
		c.SumDB = ""
		return c, nil
	}
	list := f.upstreams
	if list == "" {
		list = set.Get("GOPROXY")
	}
	var err error
	if list != "" {
		if c.Upstreams, err = goproxy.Parse(list, ""); err != nil {
			return c, err
		}
	}
	for _, p := range pol.Proxies {
		e, err := goproxy.Parse(p, "")
		if err != nil {
			return c, err
		}
		for i := range e {
			e[i].OnError = true // each of them is trusted as the others are
		}
		c.Trusted = append(c.Trusted, e...)
	}
	return c, nil
}

// database is the name of the checksum database that go asks directly when no proxy speaks for it; "" for one with
// an address of its own, which go never asks a proxy for (cmd/go/internal/modfetch/sumdb.go).
func database(gosumdb string) string {
	f := strings.Fields(gosumdb)
	if len(f) != 1 || f[0] == "off" {
		return ""
	}
	name, _, _ := strings.Cut(f[0], "+")
	return name
}

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
	"github.com/gorescue/gorescue/internal/verify"
)

func (s *shared) modcacheCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "modcache",
		Short: s.say(text.New("check the module cache in depth, repair it, compare it", "深度检查、修复、比较模块缓存")),
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(s.modcacheVerifyCommand(), s.modcacheRepairCommand(), s.fingerprintCommand())
	return c
}

// verifyFlags are the flags of modcache verify.
type verifyFlags struct{ all, noIndex, files bool }

func (s *shared) modcacheVerifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify [PATTERN…]",
		Short: s.say(text.New("hash every cached module and compare it with go.sum", "计算每个已缓存模块的哈希并与 go.sum 比较")),
		Long:  s.say(verifyLong),
	}
	c.Flags().BoolVar(&f.all, "all", false, s.say(text.New("everything in the cache, not only what this project names", "检查缓存中的所有内容，而不仅是本项目用到的")))
	c.Flags().BoolVar(&f.noIndex, "no-index", false, s.say(text.New("hash everything, also what did not change since the last time", "全部重新计算，包括上次以来没有变化的内容")))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := s.world(nil)
		if err != nil {
			return err
		}
		r, err := s.verify(cmd.Context(), w, f, args)
		if err != nil {
			return err
		}
		if len(r.Damaged()) > 0 || r.Counts.Vendored > 0 || len(r.Lists) > 0 || r.Counts.Unknown > 0 {
			s.exit = exitFound
		}
		if s.json {
			return s.encode(r)
		}
		s.writeVerify(r)
		return nil
	}
	return c
}

var verifyLong = text.New(`Computes the hash of every zip, extracted folder and go.mod file in the module cache, and compares it with
go.sum: of what go.mod, go.sum and go.work of this project name (replacements, toolchain and vendor too),
or with --all of everything in the cache, judged by go.sum where it has a line, else by the cache's own
record. Only reads, asks no network. go mod verify compares with the cache's own record only.

What did not change since the last time is not hashed again: an index in gorescue's own folder keeps hashes by
device, inode, size, modification and change time of every file. An entry open to doubt is not used.`,
	`计算模块缓存中每个 zip、解压目录和 go.mod 文件的哈希并与 go.sum 比较：范围是本项目 go.mod、go.sum、go.work 所涉及的内容
（也包括替换模块、工具链和 vendor）；加 --all 则检查缓存中的一切，有 go.sum 记录的按 go.sum 判断，其余按缓存自己的记录判断。
只读，不访问网络。go mod verify 只与缓存自己的记录比较。

上次以来没有变化的内容不会重新计算：gorescue 自己的目录中有一个索引，按每个文件的设备、inode、大小、修改时间与变更时间
保存哈希。任何存疑的条目都不会被采用。`)

// options are what verify needs of a world.
func (s *shared) options(ctx context.Context, w probe.World) verify.Options {
	set := s.ground(ctx, w).Settings
	return verify.Options{Dir: w.Dir, Settings: buildlist.Settings{GOFLAGS: set.Get("GOFLAGS"), GOWORK: set.Get("GOWORK"), GOMODCACHE: set.Get("GOMODCACHE")}}
}

func (s *shared) verify(ctx context.Context, w probe.World, f verifyFlags, patterns []string) (*verify.Report, error) {
	o := s.options(ctx, w)
	o.All, o.Patterns, o.Files = f.all, patterns, f.files
	if !f.noIndex && !f.files {
		o.Index = modcache.OpenIndex(w.State, o.Settings.GOMODCACHE)
	}
	var done, total atomic.Int64
	o.Progress = func(d, t int) { done.Store(int64(d)); total.Store(int64(t)) }
	stop := s.progressOf(func() text.Msg {
		return text.New("hashing {done} of {total} modules in {cache}", "正在计算 {cache} 中的模块：{done}/{total}").With("done", done.Load(), "total", total.Load(), "cache", o.Settings.GOMODCACHE)
	})
	defer stop()
	r, err := verify.Run(ctx, o)
	switch {
	case verify.IsNoProject(err):
		return nil, text.Errorf(text.New("cannot tell which modules to look at: {err}", "无法确定要检查哪些模块：{err}").With("err", err),
			text.New("gorescue modcache verify --all looks at everything in the cache", "gorescue modcache verify --all 会检查缓存中的所有内容").With())
	case err != nil:
		return nil, text.Errorf(text.New("cannot check the module cache: {err}", "无法检查模块缓存：{err}").With("err", err), text.Msg{})
	}
	r.Tool = version()
	return r, nil
}

func (s *shared) encode(v any) error {
	enc := json.NewEncoder(s.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// kinds are the sentences for kinds of defect.
func kindText(k verify.Kind) text.T {
	switch k {
	case verify.SumsContradict:
		return text.New("two lines of go.sum have different hashes for {module}", "go.sum 中 {module} 有两行不同的哈希")
	case verify.Poisoned:
		return text.New("{module} is of one piece in the cache, but not the module that go.sum names", "缓存中的 {module} 自身一致，但不是 go.sum 所指的模块")
	case verify.ZipUnreadable:
		return text.New("the zip of {module} cannot be read to its end", "{module} 的 zip 无法完整读取")
	case verify.ZipDiffers:
		return text.New("the zip of {module} has other contents", "{module} 的 zip 内容不同")
	case verify.TreeDiffers:
		return text.New("files of {module} were changed after extraction; builds use them silently", "{module} 的文件在解压后被改动；构建会不声不响地使用它们")
	case verify.TreeUnreadable:
		return text.New("the extracted folder of {module} cannot be read", "{module} 的解压目录无法读取")
	case verify.ModDiffers:
		return text.New("the go.mod file of {module} is not what it must be", "{module} 的 go.mod 文件与应有内容不同")
	case verify.RecordMissing:
		return text.New("the recorded hash of {module} is missing", "{module} 缺少记录的哈希")
	case verify.RecordMalformed:
		return text.New("the recorded hash of {module} is no hash", "{module} 记录的哈希不是哈希")
	case verify.RecordDiffers:
		return text.New("the recorded hash of {module} is that of something else", "{module} 记录的是其他内容的哈希")
	case verify.HalfExtracted:
		return text.New("{module} is marked as half extracted", "{module} 被标记为未解压完")
	case verify.InfoInvalid:
		return text.New("the .info file of {module} is damaged", "{module} 的 .info 文件已损坏")
	case verify.ListInvalid:
		return text.New("a list of versions is damaged", "版本列表文件已损坏")
	case verify.VendorDiffers:
		return text.New("a file of vendor is not that of its module", "vendor 中的文件与其模块不一致")
	}
	return text.New("unknown defect", "未知缺陷")
}

const maxShown = 10

func (s *shared) writeVerify(r *verify.Report) {
	for _, m := range r.Damaged() {
		for _, d := range m.Defects {
			s.writeDefect(m, d)
		}
	}
	for _, d := range r.Lists {
		s.writeDefect(&verify.Module{}, d)
	}
	s.writeVendor(r.Vendor)
	for _, m := range r.Modules {
		if m.Unknown != "" {
			fmt.Fprintf(s.Stdout, "%s %s\n", s.paint(yellow, "?"), text.New("{module} could not be looked at: {why}", "无法检查 {module}：{why}").With("module", m.Path+"@"+m.Version, "why", m.Unknown).In(s.lang))
		}
	}
	c := r.Counts
	s.print(text.New("{n} modules hashed in {t} s: {sum} judged by go.sum, {own} by the cache's own record; {bad} damaged, {unknown} unknown; {vendor} files of vendor differ",
		"{t} 秒内检查了 {n} 个模块：{sum} 个按 go.sum 判断，{own} 个按缓存自己的记录判断；{bad} 个损坏，{unknown} 个未知；vendor 中 {vendor} 个文件不同").
		With("n", c.Modules, "t", fmt.Sprintf("%.1f", r.Seconds), "sum", c.GoSum, "own", c.OwnOnly, "bad", c.Damaged, "unknown", c.Unknown, "vendor", c.Vendored))
}

func (s *shared) writeDefect(m *verify.Module, d verify.Defect) {
	fmt.Fprintf(s.Stdout, "%s %s  %s\n", s.paint(red, "✗"), s.paint(bold, kindText(d.Kind).With("module", m.Path+"@"+m.Version).In(s.lang)), s.paint(dim, string(d.Kind)))
	s.line(text.New("where", "位置"), text.Visible(d.Path))
	if d.Want != "" {
		by := string(m.Reference)
		if m.Reference == verify.ByGoSum && d.Kind != verify.ModDiffers {
			by = fmt.Sprintf("%s:%d", m.SumFile, m.SumLine)
		}
		s.line(text.New("wanted", "应为"), text.New("{hash} by {by}", "{hash}，依据 {by}").With("hash", d.Want, "by", by).In(s.lang))
	}
	if d.Got != "" {
		s.line(text.New("found", "实际"), text.Visible(d.Got))
	}
	if d.Why != "" {
		s.line(text.New("because", "原因"), text.Visible(d.Why))
	}
	var names []string
	for i, f := range d.Files {
		if i == maxShown {
			names = append(names, "…")
			break
		}
		names = append(names, f.What+" "+f.Name)
	}
	if len(names) > 0 {
		s.line(text.New("files", "文件"), text.Visible(strings.Join(names, ", ")))
	}
	if d.Heals {
		s.line(text.New("harm", "危害"), s.say(text.New("none as long as the zip is sound or a proxy answers: the go command makes it anew", "只要 zip 完好或代理可用就没有：go 命令会重新生成")))
	}
}

func (s *shared) writeVendor(v verify.Vendor) {
	for i, f := range v.Files {
		if i == maxShown {
			s.print(text.New("  and {n} more files of vendor", "  以及 vendor 中另外 {n} 个文件").With("n", len(v.Files)-i))
			break
		}
		fmt.Fprintf(s.Stdout, "%s %s  %s\n", s.paint(red, "✗"), s.paint(bold, kindText(verify.VendorDiffers).With().In(s.lang)), s.paint(dim, string(verify.VendorDiffers)))
		s.line(text.New("where", "位置"), text.Visible(f.Path))
		s.line(text.New("found", "实际"), text.Visible(f.What+" "+f.Module))
	}
	if len(v.Unknown) > 0 {
		s.print(text.New("vendor: {n} modules could not be compared, the cache has no sound copy of them", "vendor：{n} 个模块无法比较，缓存中没有其完好副本").With("n", len(v.Unknown)))
	}
	if v.Err != "" {
		s.print(text.New("vendor could not be read: {err}", "无法读取 vendor：{err}").With("err", v.Err))
	}
}

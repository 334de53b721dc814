package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/text"
	"github.com/gorescue/gorescue/internal/verify"
)

func (s *shared) fingerprintCommand() *cobra.Command {
	var all, compare bool
	var out string
	c := &cobra.Command{
		Use:   "fingerprint [PATTERN… | --compare A B]",
		Short: s.say(text.New("record what the cache holds, or compare two records", "记录缓存内容，或比较两份记录")),
		Long: s.say(text.New(`Records the hashes of every cached module, and of every file in it, as one JSON document: of what this project
names, or with --all of everything in the cache. --compare shows in which modules, parts and files two
documents differ (another machine, another day), and which side is not what go.sum says.`,
			`把每个已缓存模块及其中每个文件的哈希记录为一个 JSON 文档：范围是本项目所涉及的内容，或加 --all 记录缓存中的一切。
--compare 显示两份文档（另一台机器、另一天）在哪些模块、部分和文件上不同，以及哪一方与 go.sum 不符。`)),
	}
	c.Flags().BoolVar(&all, "all", false, s.say(text.New("everything in the cache", "缓存中的所有内容")))
	c.Flags().BoolVar(&compare, "compare", false, s.say(text.New("compare two documents", "比较两份文档")))
	c.Flags().StringVarP(&out, "out", "o", "", s.say(text.New("write the document to a file", "把文档写入文件")))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if compare {
			if len(args) != 2 || all || out != "" {
				return usage(text.New("cannot compare: give two files and nothing else", "无法比较：请只给出两个文件").With())
			}
			return s.compare(args[0], args[1])
		}
		w, err := s.world(nil)
		if err != nil {
			return err
		}
		r, err := s.verify(cmd.Context(), w, verifyFlags{all: all, files: true}, args)
		if err != nil {
			return err
		}
		f := verify.FingerprintOf(r)
		if out == "" {
			return s.encode(f)
		}
		data, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			return err
		}
		im := atomicfile.Image{Kind: atomicfile.File, Mode: 0o644, UID: os.Getuid(), GID: os.Getgid(), Data: append(data, '\n')}
		if err := (action.Real{Change: w.Incident}).Put(out, im); err != nil {
			return text.Errorf(text.New("cannot write the fingerprint: {err}", "无法写入指纹：{err}").With("err", err), text.Msg{})
		}
		s.print(text.New("{n} modules recorded in {file}", "已把 {n} 个模块记录到 {file}").With("n", len(f.Modules), "file", out))
		return nil
	}
	return c
}

func (s *shared) readFingerprint(name string) (*verify.Fingerprint, error) {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		var doc *verify.Fingerprint
		if doc, err = verify.ReadFingerprint(f); err == nil {
			return doc, nil
		}
	}
	return nil, text.Errorf(text.New("cannot use {file}: {err}", "无法使用 {file}：{err}").With("file", name, "err", err),
		text.New("make one with gorescue modcache fingerprint -o {file}", "用 gorescue modcache fingerprint -o {file} 生成").With("file", name))
}

func (s *shared) compare(a, b string) error {
	x, err := s.readFingerprint(a)
	if err != nil {
		return err
	}
	y, err := s.readFingerprint(b)
	if err != nil {
		return err
	}
	c := verify.Compare(x, y)
	if len(c.Differ) > 0 {
		s.exit = exitFound
	}
	if s.json {
		return s.encode(c)
	}
	for _, d := range c.Differ {
		fmt.Fprintf(s.Stdout, "%s %s\n", s.paint(red, "✗"), s.paint(bold, text.New("{module} is not the same: {parts}", "{module} 不一致：{parts}").With("module", d.Module, "parts", strings.Join(d.Parts, ", ")).In(s.lang)))
		if d.Polluted != "" {
			file := map[string]string{"a": a, "b": b}[d.Polluted]
			if file == "" {
				file = a + ", " + b
			}
			s.line(text.New("because", "原因"), text.New("not what go.sum says: {file}", "与 go.sum 不符：{file}").With("file", file).In(s.lang))
		}
		for i, f := range d.Files {
			if i == maxShown {
				s.line(text.New("file", "文件"), fmt.Sprintf("… +%d", len(d.Files)-i+d.More))
				break
			}
			s.line(text.New("file", "文件"), text.Visible(f.What+" "+f.Name))
		}
	}
	s.print(text.New("{same} modules are the same, {n} differ; only in {a}: {x}, only in {b}: {y}", "{same} 个模块一致，{n} 个不同；仅在 {a} 中：{x}，仅在 {b} 中：{y}").
		With("same", c.Same, "n", len(c.Differ), "a", a, "b", b, "x", len(c.OnlyA), "y", len(c.OnlyB)))
	return nil
}

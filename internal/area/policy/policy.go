// Package policy knows what the team wants (gorescue.yaml, policy.yaml) and says where the machine
// differs from it.
package policy

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/policy"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecPolicy, Run: collect}}
}

// Checks returns the checks of this area.
func Checks() []diag.Check { return []diag.Check{invalid, broken, overreach} }

// maxFile bounds a policy file: 256 KiB.
const maxFile = 256 << 10

func collect(_ context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
	var p facts.Policy
	for _, f := range files(w) {
		data, err := read(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			p.Files = append(p.Files, facts.PolicyFile{Path: f.path, Repo: f.repo, Err: err.Error()})
		default:
			policy.Add(&p, f.path, f.repo, data)
		}
	}
	return func(s *facts.Snapshot) { s.Policy = p }, nil
}

type candidate struct {
	path string
	repo bool
}

// files are the user's file and the nearest gorescue.yaml from the folder up to the repository's root.
func files(w probe.World) []candidate {
	var out []candidate
	config := w.Get("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) && w.Get("HOME") != "" {
		config = filepath.Join(w.Get("HOME"), ".config")
	}
	if filepath.IsAbs(config) {
		out = append(out, candidate{filepath.Join(config, "gorescue", "policy.yaml"), false})
	}
	for dir := w.Dir; ; dir = filepath.Dir(dir) {
		f := filepath.Join(dir, "gorescue.yaml")
		if _, err := os.Lstat(f); err == nil {
			return append(out, candidate{f, true})
		}
		_, err := os.Lstat(filepath.Join(dir, ".git"))
		if err == nil || dir == filepath.Dir(dir) || dir == w.Get("HOME") {
			return out
		}
	}
}

func read(path string) ([]byte, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() || fi.Size() > maxFile {
		return nil, errors.New("not a regular file of at most 256 KiB")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}

var reads = []facts.Section{facts.SecPolicy, facts.SecSettings, facts.SecHost, facts.SecProject}

var invalid = diag.Check{
	ID:       "policy-invalid",
	Title:    text.New("a policy file cannot be used", "策略文件无法使用"),
	Severity: diag.Warning,
	Reads:    []facts.Section{facts.SecPolicy},
	Doc: text.New(`A policy file (gorescue.yaml of the repository, or policy.yaml below the user's configuration folder) tells gorescue
what the team wants. The format is strict: an unknown or doubled key, a value of the wrong form, or a condition
that does not compile makes the whole file unusable, so that a typing error can never switch off half of a policy.

The finding names file, line and mistake. Nothing of such a file is used until it is mended. By hand: correct the line.`,
		`策略文件（仓库中的 gorescue.yaml，或用户配置目录下的 policy.yaml）告诉 gorescue 团队的要求。格式是严格的：
未知或重复的键、形式错误的值、无法编译的条件都会使整个文件失效，因此一个笔误绝不会悄悄关掉半个策略。

本发现给出文件、行号与错误。修正之前，该文件的任何内容都不会被采用。手工处理：改正该行。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, f := range s.Policy.Files {
			if f.Err != "" {
				out = append(out, diag.Finding{
					Subject: f.Path,
					Claim:   text.New("{file} cannot be used: {err}", "{file} 无法使用：{err}").With("file", f.Path, "err", f.Err),
					Evidence: []diag.Evidence{
						{Role: diag.Because, File: f.Path, Line: f.Line, Text: text.New("{err}", "{err}").With("err", f.Err)},
						{Role: diag.Proof, File: f.Path, Line: f.Line, Text: text.New("the file was read and refused; nothing of it is in force", "文件已读取但被拒绝；其中内容均未生效").With()},
					},
				})
			}
		}
		return out
	},
}

var broken = diag.Check{
	ID:       "policy-expectation-broken",
	Title:    text.New("the machine is not as the team's policy expects", "本机与团队策略的期望不符"),
	Severity: diag.Warning,
	Reads:    reads,
	Doc: text.New(`The policy lists conditions over facts under "expect". This one is false here. The finding shows the condition, the file
and line where it stands, and whose wish it is. gorescue does not know why the team wants it and repairs nothing; ask
whoever wrote the line, or change the setting that it speaks of.

Conditions are expressions (env, os, arch, module); they are compiled and type-checked when the file is read.`,
		`策略在 "expect" 下列出针对事实的条件，其中这一条在本机不成立。本发现给出该条件、所在文件与行号以及提出者。gorescue 不知道团队为何
这样要求，因此不做任何修复；请询问写下该行的人，或修改它所涉及的设置。

条件是表达式（env、os、arch、module），读取文件时即编译并做类型检查。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, e := range s.Policy.Expect {
			ok, err := policy.Holds(e, s)
			if ok && err == nil {
				continue
			}
			f := diag.Finding{
				Subject: e.Text,
				Claim:   text.New("the team expects {cond}, and that does not hold here", "团队期望 {cond}，但在本机不成立").With("cond", e.Text),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: e.File, Line: e.Line, Text: text.New("{file}:{line} expects it", "{file}:{line} 提出此期望").With("file", e.File, "line", e.Line)},
					{Role: diag.Proof, Text: text.New("evaluated over this snapshot it is false", "在本次快照上求值为假").With()},
				},
			}
			if err != nil {
				f.Unknown = true
				f.Claim = text.New("could not evaluate {cond}: {err}", "无法求值 {cond}：{err}").With("cond", e.Text, "err", err)
			}
			out = append(out, f)
		}
		return out
	},
}

var overreach = diag.Check{
	ID:       "policy-needs-consent",
	Title:    text.New("the repository's policy asks for more than a repository may", "仓库策略的要求超出了仓库的权限"),
	Severity: diag.Info,
	Reads:    []facts.Section{facts.SecPolicy},
	Doc: text.New(`Whoever can write to a repository must not be able to redirect downloads or weaken verification on every machine that
clones it. The keys proxies, private, sumdb, ca_files and moved are therefore taken only from the user's own policy.yaml; in the
repository's gorescue.yaml they are named and ignored. To agree, copy the lines into your own file.`,
		`能写入仓库的人不应当能在每台克隆它的机器上改变下载来源或削弱校验。因此 proxies、private、sumdb、ca_files、moved 这些键只从用户自己的
policy.yaml 读取；写在仓库的 gorescue.yaml 中时只会列出并忽略。若同意，请把这些行复制到自己的文件中。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, f := range s.Policy.Files {
			for _, k := range f.Ignored {
				out = append(out, diag.Finding{
					Subject:  k,
					Claim:    text.New("{file} sets {key}, which only your own policy file may", "{file} 设置了 {key}，而这只能由你自己的策略文件设置").With("file", f.Path, "key", k),
					Evidence: []diag.Evidence{{Role: diag.Because, File: f.Path, Line: f.Lines[k], Text: text.New("{file}:{line}: {key}", "{file}:{line}：{key}").With("file", f.Path, "line", f.Lines[k], "key", k)}},
				})
			}
		}
		return out
	},
}

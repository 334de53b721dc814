package sum

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

func proof(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Text: text.New(en, zh).With(values...)}
}

func not(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Not, Text: text.New(en, zh).With(values...)}
}

func because(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Because, Text: text.New(en, zh).With(values...)}
}

// by adds the command that shows an observation.
func by(e diag.Evidence, command string) diag.Evidence {
	e.Command = command
	return e
}

// manual is advice: commands for a person.
func manual(en, zh, shell string, values ...any) diag.Fix {
	return diag.Fix{Title: text.New(en, zh).With(values...), Risk: diag.Manual, Shell: shell}
}

// quote writes a path for a shell.
func quote(path string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/.-_+@~", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// sides shows the line, then every witness and every source that was asked: all hashes one below the other.
func sides(d facts.SumDispute, answers []facts.SumAnswer) []diag.Evidence {
	line := proof("{hash}  {file}:{line}", "{hash}  {file}:{line}", "hash", d.Hash, "file", d.File, "line", d.Line)
	line.File, line.Line = d.File, d.Line
	out := []diag.Evidence{line}
	for _, w := range d.Witnesses {
		v := []any{"hash", w.Hash, "where", w.Where}
		switch w.Kind {
		case facts.WitnessCache:
			out = append(out, proof("{hash}  the content in the module cache, hashed now: {where}", "{hash}  模块缓存中的内容，现在计算：{where}", v...))
		case facts.WitnessRecord:
			out = append(out, proof("{hash}  recorded when it was downloaded: {where}", "{hash}  下载时的记录：{where}", v...))
		case facts.WitnessHead, facts.WitnessIndex, facts.WitnessMerge, facts.WitnessHistory:
			out = append(out, by(proof("{hash}  git: {where}", "{hash}  git：{where}", v...), "git log -p -- "+quote(d.File)))
		default:
			out = append(out, proof("{hash}  {where}", "{hash}  {where}", v...))
		}
	}
	return append(out, said(answers)...)
}

// said shows what each source of the network answered.
func said(answers []facts.SumAnswer) []diag.Evidence {
	var out []diag.Evidence
	for _, a := range answers {
		v := []any{"hash", a.Hash, "source", a.Source, "n", a.Entry + 1, "err", a.Err}
		source := text.New("proxy {n} of GOPROXY, {source}", "GOPROXY 的第 {n} 个代理 {source}")
		switch a.Entry {
		case facts.EntryDB:
			source = text.New("the checksum database {source}", "校验数据库 {source}")
		case facts.EntryPolicy:
			source = text.New("the proxy {source} of the team's policy", "团队策略中的代理 {source}")
		}
		switch {
		case a.Gone:
			out = append(out, proof("{source} does not have it", "{source} 没有它", v...))
		case a.Hash == "":
			out = append(out, proof("no answer of "+source.En+": {err}", source.Zh+"没有应答：{err}", v...))
		default:
			out = append(out, proof("{hash}  "+source.En, "{hash}  "+source.Zh, v...))
		}
	}
	return out
}

// names lists witnesses in a few words: "HEAD, commit 1234abcd".
func names(list []facts.SumWitness) string {
	var out []string
	for _, w := range list[:min(len(list), 3)] {
		out = append(out, w.Where)
	}
	return strings.Join(out, ", ")
}

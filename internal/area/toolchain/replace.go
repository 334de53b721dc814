package toolchain

import (
	"path/filepath"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// replaceFirst makes the fixes that let another, whole Go start instead of the first one in PATH: first
// by moving that one's folder behind at the line which puts it in front, then by a line which puts the
// other one in front. Nothing is deleted and no folder is lost from PATH. The last rung is advice.
func (v *view) replaceFirst(min string) []diag.Fix {
	list := v.candidates(min)
	var out []diag.Fix
	for i := range list[:min2(len(list))] {
		c := &list[i]
		if c.cmd != nil && v.cmd != nil {
			if fix, ok := origin.PathBehind(v.s, v.cmd.Entry, c.cmd.Entry); ok {
				out = append(out, fix)
			}
		}
		if fix, ok := origin.PathFirst(v.s, c.dir()); ok {
			out = append(out, fix)
		}
	}
	if len(list) > 0 {
		dir := list[0].dir()
		return append(out, manual(text.New("use the whole {version} in {root}", "使用 {root} 中完整的 {version}").
			With("version", list[0].version, "root", list[0].tree.Root), `export PATH="`+dir+`:$PATH"`))
	}
	return append(out, v.install(min))
}

// min2 bounds how many other trees are tried.
func min2(n int) int { return min(n, 2) }

// appendTree makes the fixes that add the folder of a whole Go to PATH, when no go is in it.
func (v *view) appendTree(min string) []diag.Fix {
	list := v.candidates(min)
	if len(list) == 0 {
		list = v.candidates("")
	}
	var out []diag.Fix
	for i := range list[:min2(len(list))] {
		if fix, ok := origin.AppendPath(v.s, list[i].dir()); ok {
			out = append(out, fix)
		}
	}
	if len(list) > 0 {
		return append(out, manual(text.New("add {dir} to PATH", "把 {dir} 加入 PATH").With("dir", list[0].dir()), `export PATH="$PATH:`+list[0].dir()+`"`))
	}
	return append(out, v.install(min))
}

// install is the advice when this machine has no Go that would do.
func (v *view) install(min string) diag.Fix {
	if min == "" {
		return manual(text.New("install Go from https://go.dev/dl into a folder that is empty before (no whole Go tree was found on this machine)",
			"从 https://go.dev/dl 安装 Go，装到一个空目录里（本机没有找到完整的 Go 目录）").With(), "")
	}
	return manual(text.New("install {version} or newer from https://go.dev/dl into a folder that is empty before (no such whole Go tree was found on this machine)",
		"从 https://go.dev/dl 安装 {version} 或更新的版本，装到一个空目录里（本机没有找到这样的完整 Go 目录）").With("version", min), "")
}

// firstInPath makes the fix that puts one tree first in PATH.
func (v *view) firstInPath(t *facts.GoTree) []diag.Fix {
	if fix, ok := origin.PathFirst(v.s, filepath.Join(t.Root, "bin")); ok {
		return []diag.Fix{fix}
	}
	return nil
}

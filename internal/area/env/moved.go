package env

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// lost are the lines of the go env file in the usual place that would count if go read it: the file that it reads instead
// is not there or has no line, and nothing else sets the same value.
func lost(s *facts.Snapshot) []facts.EnvEntry {
	st := &s.Settings
	if st.Other == nil || st.Other.State != facts.FileRead || st.File.Off || st.File.State != facts.FileMissing && (st.File.State != facts.FileRead || len(counted(st.File.Entries)) > 0) {
		return nil
	}
	return slices.DeleteFunc(counted(st.Other.Entries), func(e facts.EnvEntry) bool {
		v := st.Values[e.Name]
		return v.Value == e.Value || v.Origin == facts.FromProcess
	})
}

// movedEvidence is what both checks of a file elsewhere show.
func movedEvidence(s *facts.Snapshot, src origin.Source, gone []facts.EnvEntry) []diag.Evidence {
	st := &s.Settings
	where := st.File.Path
	if where == "" {
		where = "-"
	}
	return []diag.Evidence{
		src.Because(),
		{Role: diag.Proof, File: st.File.Path, Text: text.New("go looks for its env file at {path}, where there is none with settings", "go 在 {path} 查找其 env 文件，那里没有任何设置").With("path", where)},
		{Role: diag.Proof, File: st.Other.Path, Line: gone[0].Line, Text: text.New("{file} has {names}, which go does not see", "{file} 中有 {names}，go 看不到").With("file", st.Other.Path, "names", namesOf(gone))},
		not(text.New("not a damaged file: {file} could be read and its lines are sound", "不是文件损坏：{file} 可以读取且各行正常").With("file", st.Other.Path)),
		not(text.New("not a settled move: the new place has no go env file with settings", "不是已完成的迁移：新位置没有带设置的 go env 文件").With()),
	}
}

// copyThere is the fix that makes the same lines count at the place where go looks now.
func copyThere(s *facts.Snapshot, gone []facts.EnvEntry) (diag.Fix, bool) {
	st := &s.Settings
	if st.File.Path == "" {
		return diag.Fix{}, false
	}
	var b strings.Builder
	for _, e := range gone {
		b.WriteString(e.Name + "=" + e.Value + "\n")
	}
	fix := diag.Fix{
		Title: text.New("write the settings of {from} to {to}, where go looks now", "把 {from} 的设置写到 go 现在查找的 {to}").With("from", st.Other.Path, "to", st.File.Path),
		Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: st.File.Path, Create: true, Splices: []facts.Splice{{Offset: int(st.File.Size), New: b.String()}}}},
	}
	return fix, true
}

var configMoved = diag.Check{
	ID: "xdg-config-home-moved", Severity: diag.Error, Reads: append(slices.Clone(reads), facts.SecHost),
	Title: text.New("XDG_CONFIG_HOME was changed, so go does not see its settings", "XDG_CONFIG_HOME 改变了，go 看不到原来的设置"),
	Doc: fileDoc(page{
		how: text.New("go keeps the settings of `go env -w` in $XDG_CONFIG_HOME/go/env. A new line that moves XDG_CONFIG_HOME, or gives it a relative path, which is refused, makes go look elsewhere: GOPRIVATE, GOFLAGS and the rest are lost without a word.",
			"go 把 `go env -w` 的设置保存在 $XDG_CONFIG_HOME/go/env。新增一行移动了 XDG_CONFIG_HOME，或给了它相对路径（会被拒绝），go 就会去别处查找：GOPRIVATE、GOFLAGS 等悄悄失效。"),
		proof: text.New("A start-up file sets XDG_CONFIG_HOME; there is no go env file with settings below it; the one in ~/.config has lines that nothing else gives.", "启动文件设置了 XDG_CONFIG_HOME；它下面没有带设置的 go env 文件；而 ~/.config 中的文件有别处没有给出的设置。"),
		alike: text.New("A move that is done, where the new file is there; XDG_CONFIG_HOME for one command, or of a sandbox, which no start-up file sets; a file that is damaged or cannot be read.",
			"已经完成的迁移（新文件存在）；仅为一条命令或由沙箱设置的 XDG_CONFIG_HOME（没有启动文件设置它）；损坏或无法读取的文件。"),
		fix: text.New("When the new folder holds nothing yet, the assignment is taken away. When other programs use it already, the same lines are written where go looks now, and the assignment stays.",
			"如果新目录中还没有任何内容，则删除这条赋值；如果其他程序已在使用它，则把同样的设置写到 go 现在查找的位置，并保留赋值。"),
		never: text.New("It never deletes the old file.", "绝不删除旧文件。"),
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		gone := lost(s)
		src, ok := origin.Of(s, "XDG_CONFIG_HOME")
		if len(gone) == 0 || !ok || !src.Lasting() || s.Settings.Values["GOENV"].Origin == facts.FromProcess {
			return nil
		}
		f := diag.Finding{
			Subject:  src.Where(),
			Claim:    text.New("XDG_CONFIG_HOME={value} hides {file}, which sets {names}", "XDG_CONFIG_HOME={value} 使设置了 {names} 的 {file} 失效").With("value", src.Value, "file", s.Settings.Other.Path, "names", namesOf(gone)),
			Evidence: movedEvidence(s, src, gone), ByHand: "go env GOENV; ls -l " + quote(s.Settings.Other.Path),
		}
		dir, seen := named(s, "XDG_CONFIG_HOME", "")
		fix, can := copyThere(s, gone)
		if seen && dir.State == facts.NamedFolder && dir.Programs > 0 && can {
			remove := src.Remove()
			if remove.Risk == diag.Safe {
				remove.Risk = diag.Person
			}
			f.Fixes = []diag.Fix{fix, remove}
		} else {
			f.Fixes = []diag.Fix{mend(src, "", false)}
		}
		return []diag.Finding{f}
	},
}

var goenvElsewhere = diag.Check{
	ID: "goenv-points-elsewhere", Severity: diag.Error, Reads: reads,
	Title: text.New("GOENV names a file without settings, and the usual file has some", "GOENV 指向没有设置的文件，而常用位置的文件有设置"),
	Doc: fileDoc(page{
		how: text.New("GOENV was exported for one project or machine and names a file that is not there, or a relative path that means another file in each folder. go reads nothing without a word, so GOPRIVATE, GOFLAGS and the rest of the usual file are lost.",
			"GOENV 是为某个项目或某台机器导出的，指向的文件不存在，或是在每个目录中含义不同的相对路径。go 什么也读不到且没有提示，常用文件中的 GOPRIVATE、GOFLAGS 等因此失效。"),
		alike: text.New("GOENV=off, which is a choice; a file that is there with settings; GOENV for one command, which no start-up file sets.", "有意设置的 GOENV=off；确有设置的文件；仅为一条命令设置的 GOENV（没有启动文件设置它）。"),
		never: text.New("It never deletes the usual file.", "绝不删除常用位置的文件。"),
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		gone := lost(s)
		src, ok := origin.Of(s, "GOENV")
		if len(gone) == 0 || !ok || !src.Lasting() {
			return nil
		}
		return []diag.Finding{{
			Subject:  src.Where(),
			Claim:    text.New("GOENV={value} has no settings and hides {file}, which sets {names}", "GOENV={value} 没有任何设置，却使设置了 {names} 的 {file} 失效").With("value", src.Value, "file", s.Settings.Other.Path, "names", namesOf(gone)),
			Evidence: movedEvidence(s, src, gone), ByHand: "go env GOENV; ls -l " + quote(s.Settings.Other.Path),
			Fixes: []diag.Fix{mend(src, "", false)},
		}}
	},
}

package verify

import (
	"path/filepath"
	"slices"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/text"
)

// Means is what a repair can use.
type Means struct {
	Cache    string
	Incident string   // names the folder for what is moved aside
	GoPaths  []string // whose module caches may have a sound copy
	Go       string   // the go program, "" = none
	Proxy    string   // GOPROXY
	Flags    string   // GOFLAGS
}

// Aside is the folder of a change in the cache.
func (m Means) Aside() string {
	return filepath.Join(m.Cache, "cache", "gorescue-aside", m.Incident)
}

// Fixes is the ladder for one version: from what the cache still has of it, from other caches and clones on this
// machine, from the network. Everything has to have the hash wanted before anything is touched. Without a hash
// nothing can be told to be sound, and the only fix is advice.
func Fixes(m *Module, by Means) []diag.Fix {
	parts := partsOf(m)
	if len(parts) == 0 {
		return nil
	}
	base := action.RestoreModule{Cache: by.Cache, Module: m.Path, Version: m.Version, Sum: m.Want, ModSum: m.WantMod,
		Parts: parts, Aside: by.Aside(), Flags: by.Flags}
	var out []diag.Fix
	rung := func(from action.Origin, place string, title text.T) {
		a := base
		a.From, a.Place = from, place
		out = append(out, diag.Fix{Risk: diag.Safe, Actions: action.List{&a},
			Title: title.With("module", m.Path+"@"+m.Version, "place", place)})
	}
	if needsSum(parts) && m.Want == "" || slices.Contains(parts, action.PartMod) && m.WantMod == "" {
		return []diag.Fix{advice(m, by)}
	}
	onlyInfo := slices.Equal(parts, []action.Part{action.PartInfo})
	if !onlyInfo {
		local(m, parts, rung)
	}
	for _, c := range modcache.Others(by.Cache, by.GoPaths, m.Mod()) {
		rung(action.FromCopy, c, text.New("restore {module} from the module cache {place}", "用模块缓存 {place} 恢复 {module}"))
	}
	if needsSum(parts) {
		for _, c := range modcache.Clones(by.Cache, m.Mod()) {
			rung(action.FromClone, c, text.New("restore {module} from the clone {place}", "用本地克隆 {place} 恢复 {module}"))
		}
	}
	if by.Go != "" && by.Proxy != "off" {
		rung(action.FromGo, by.Go, text.New("fetch {module} again with {place} mod download and your own settings", "用 {place} mod download 和你自己的设置重新获取 {module}"))
	}
	if onlyInfo {
		rung(action.FromZip, "", text.New("write the least .info file that go accepts for {module}", "为 {module} 写入 go 能接受的最小 .info 文件"))
	}
	return append(out, advice(m, by))
}

// local adds what the cache itself has: the zip, else the extracted folder.
func local(m *Module, parts []action.Part, rung func(action.Origin, string, text.T)) {
	e := &m.Exam
	zip := e.Zip.Hash != "" && (e.Zip.Hash == m.Want || !needsSum(parts)) && !slices.Contains(parts, action.PartZip)
	tree := e.Tree.Hash != "" && (e.Tree.Hash == m.Want || !needsSum(parts)) && !slices.Contains(parts, action.PartTree)
	if zip {
		rung(action.FromZip, "", text.New("restore {module} from its own zip, which is sound", "用 {module} 自己完好的 zip 恢复"))
	}
	if tree {
		rung(action.FromTree, "", text.New("restore {module} from its extracted folder, which is sound", "用 {module} 完好的解压目录恢复"))
	}
}

func needsSum(parts []action.Part) bool {
	return slices.ContainsFunc(parts, func(p action.Part) bool {
		return p == action.PartTree || p == action.PartZip || p == action.PartHash
	})
}

// partsOf are the parts that the defects of a version ask to be replaced: those and no others.
func partsOf(m *Module) []action.Part {
	need := map[action.Part]bool{}
	for _, d := range m.Defects {
		switch d.Kind {
		case Poisoned:
			need[action.PartZip], need[action.PartHash], need[action.PartTree] = true, true, m.Exam.Tree.There()
		case ZipUnreadable, ZipDiffers:
			need[action.PartZip], need[action.PartHash] = true, true
		case TreeDiffers, TreeUnreadable:
			need[action.PartTree] = true
		case ModDiffers:
			need[action.PartMod] = true
		case RecordMissing, RecordMalformed, RecordDiffers:
			need[action.PartHash] = true
		case HalfExtracted:
			need[action.PartMark], need[action.PartTree] = true, true
		case InfoInvalid:
			need[action.PartInfo] = true
		}
	}
	var out []action.Part
	for _, p := range []action.Part{action.PartMark, action.PartTree, action.PartZip, action.PartHash, action.PartMod, action.PartInfo} {
		if need[p] {
			out = append(out, p)
		}
	}
	return out
}

// advice is the last rung: what a person can do when nothing on this machine is sound.
func advice(m *Module, by Means) diag.Fix {
	f := diag.Fix{Risk: diag.Manual, Shell: "gorescue modcache repair " + m.Path + "@" + m.Version}
	switch {
	case m.Want == "" && needsSum(partsOf(m)):
		f.Title = text.New("nothing on this machine says what {module} must be: add it to go.sum in a project that uses it (go get), then repair", "本机没有任何依据说明 {module} 应是什么：先在使用它的项目中写入 go.sum（go get），再修复").With("module", m.Path+"@"+m.Version)
	case by.Proxy == "off":
		f.Title = text.New("GOPROXY is off, and no other copy of {module} was found on this machine, or none is sound: repair again when a proxy may be asked", "GOPROXY 为 off，本机也没有 {module} 的其他完好副本：允许访问代理后再修复").With("module", m.Path+"@"+m.Version)
	default:
		f.Title = text.New("when no source answers: copy the version from a machine that has it, or build with go mod vendor there", "若没有任何来源可用：从有该版本的机器复制，或在那台机器上用 go mod vendor 构建").With()
	}
	return f
}

package profile

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

// maxRuns is how many earlier runs are left in the folder of all of them.
const maxRuns = 20

// Keep writes what came from the program, and pictures of it, into the folder dir and returns it. In the folder above, the
// oldest runs beyond maxRuns go away when that folder is ours, which its name "profiles" tells.
func (r *Raw) Keep(dir string) (string, error) {
	files := maps.Clone(r.Files)
	if files == nil {
		files = map[string][]byte{}
	}
	if svg := Flame(r.CPU, "cpu", "processor time"); svg != nil {
		files["cpu.svg"] = svg
	}
	if n := len(r.Heap); n > 0 {
		if svg := Flame(r.Heap[n-1], "inuse_space", "live memory"); svg != nil {
			files["heap.svg"] = svg
		}
	}
	if len(files) == 0 {
		return "", nil
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		if err := atomicfile.Store(path, files[name]); err != nil {
			return "", errorf("cannot keep the profiles in {dir}: {err}", "无法将剖析文件保存到 {dir}：{err}", "choose another folder: -o DIR", "请用 -o DIR 指定其他目录", "dir", dir, "err", err)
		}
	}
	if above := filepath.Dir(dir); filepath.Base(above) == "profiles" {
		runs, _ := filepath.Glob(filepath.Join(above, "*"))
		for _, old := range runs[:max(0, len(runs)-maxRuns)] { // names begin with the time
			_ = atomicfile.RemoveTree(old)
		}
	}
	return dir, nil
}

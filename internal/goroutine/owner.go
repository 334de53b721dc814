package goroutine

import (
	"path"
	"strings"
)

// roots are the first elements of the import paths of the standard library.
const roots = " archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar " +
	"flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort " +
	"strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak "

// Package is the import path of a function's package: "net/http" of "net/http.(*conn).serve".
func Package(fn string) string {
	if i := strings.IndexByte(fn, '['); i >= 0 { // a type argument may hold slashes
		fn = fn[:i]
	}
	dir, base := "", fn
	if i := strings.LastIndexByte(fn, '/'); i >= 0 {
		dir, base = fn[:i+1], fn[i+1:]
	}
	name, _, _ := strings.Cut(base, ".")
	return dir + strings.ReplaceAll(name, "%2e", ".")
}

// Std reports whether a call is one of the standard library. A module of a user may be called like one of its folders
// ("net/x" of a module net): the file tells.
func Std(f Frame) bool {
	pkg := Package(f.Func)
	dir := path.Dir(strings.ReplaceAll(f.File, `\`, "/"))
	inner := strings.HasPrefix(dir, "internal/") || strings.Contains(dir, "/src/internal/") // made there for others: runtime.mapaccess2
	atRuntime := dir == "runtime" || strings.HasSuffix(dir, "/src/runtime")                 // time.Sleep, sync.runtime_Semacquire
	if !strings.Contains(f.Func, ".") {
		return (inner || atRuntime) && strings.HasSuffix(f.File, ".s") // in assembler: indexbytebody, gcWriteBarrier
	}
	first, _, _ := strings.Cut(pkg, "/")
	if !strings.Contains(roots, " "+first+" ") {
		return false
	}
	return pkg == "runtime" && inner || f.File == "" || dir == pkg || strings.HasSuffix(dir, "/src/"+pkg) || atRuntime
}

// Foreign reports whether a call is one of a dependency, as far as its file tells.
func Foreign(f Frame) bool {
	return strings.Contains(f.File, "/pkg/mod/") || strings.Contains(f.File, "@v") || strings.Contains(f.File, "/vendor/")
}

// Own returns the innermost call that is not the standard library's, and the innermost one that is not a dependency's
// either; -1 = there is none.
func (g *Goroutine) Own() (first, user int) {
	first, user = -1, -1
	for i, f := range g.Frames {
		if Std(f) {
			continue
		}
		if first < 0 {
			first = i
		}
		if !Foreign(f) {
			return first, i
		}
	}
	return first, user
}

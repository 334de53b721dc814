package profile

import (
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/goroutine"
)

func itoa(n int) string { return strconv.Itoa(n) }

// activities of gopls, by the functions that only they call; the first that is in the stack counts. From the source of
// gopls v0.16 to v0.24 (gopls/internal).
var activities = []struct{ part, name string }{
	{"/gopls/internal/golang/completion.", "completion"},
	{"/gopls/internal/cache.(*typeCheckBatch)", "type-checking"},
	{"/gopls/internal/cache.(*packageHandleBuilder)", "finding out what changed"},
	{"/gopls/internal/cache.(*analysisNode)", "analysis"},
	{"/gopls/internal/cache.(*Snapshot).Analyze", "analysis"},
	{"/gopls/internal/cache.(*Snapshot).load", "loading packages"},
	{"/gopls/internal/vulncheck", "vulnerability check"},
	{"/gopls/internal/cache/parsego.", "parsing"},
	{"/gopls/internal/cache.(*parseCache)", "parsing"},
	{"/gopls/internal/filecache.", "gopls's own cache on disk"},
	{"/gopls/internal/cache/symbols.", "symbols"},
	{"/gopls/internal/cache/xrefs.", "cross references"},
	{"/gopls/internal/cache/methodsets.", "method sets"},
	{"/gopls/internal/cache/typerefs.", "type references"},
	{"/gopls/internal/filewatcher.", "watching files"},
	{"/gopls/internal/cache.(*Session)", "file changes"},
	{"/gopls/internal/protocol.", "protocol"},
	{"/gopls/internal/golang.", "answering a request"},
	{"/gopls/internal/server.", "answering a request"},
	{"go/types.(*Checker)", "type-checking"},
	{"go/parser.", "parsing"},
}

// activity is what gopls does in a stack; "" in a stack of another program.
func activity(fr []goroutine.Frame) string {
	gopls := false
	for _, f := range fr {
		gopls = gopls || strings.Contains(f.Func, "golang.org/x/tools/gopls/")
	}
	if !gopls {
		return ""
	}
	for _, a := range activities {
		for _, f := range fr {
			if strings.Contains(f.Func, a.part) {
				return a.name
			}
		}
	}
	return "other work"
}

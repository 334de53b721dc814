package profile

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/text"
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

// Doing is the name of an activity of gopls, as facts have it, in the reader's language.
func Doing(name string) text.T {
	zh := map[string]string{
		"completion": "补全", "type-checking": "类型检查", "finding out what changed": "判断变更", "analysis": "分析", "loading packages": "加载包",
		"vulnerability check": "漏洞检查", "parsing": "解析", "gopls's own cache on disk": "gopls 的磁盘缓存", "symbols": "符号", "cross references": "交叉引用",
		"method sets": "方法集", "type references": "类型引用", "watching files": "监视文件", "file changes": "文件变更", "protocol": "协议",
		"answering a request": "应答请求", "other work": "其他工作", "importing": "导入", "reading": "读取", facts.WorkGo: "等待 go",
	}[name]
	return text.New(name, cmp.Or(zh, name))
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

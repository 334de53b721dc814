package network

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
)

// module asks for the files that a build needs of one module.
func (a *asker) module(ctx context.Context, proxy string, m module.Version) []facts.NetFetch {
	data, ans := a.plain.Fetch(ctx, proxy, m, goproxy.Mod)
	waited(&ans)
	f := facts.NetFetch{Module: m.String(), Kind: goproxy.Mod, Answer: ans}
	if ans.OK() {
		if want := a.sums[m.String()+"/go.mod"]; want != "" {
			f.Bad = other(want, []string{"go.mod"}, func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
		}
	}
	out := []facts.NetFetch{f}
	if ans.Status == 0 && !ans.OK() {
		return out // it would be the same once more
	}
	return append(out, a.zip(ctx, proxy, m))
}

// zip asks for a module's content and looks whether it is whole.
func (a *asker) zip(ctx context.Context, proxy string, m module.Version) facts.NetFetch {
	f := facts.NetFetch{Module: m.String(), Kind: goproxy.Zip}
	address, err := goproxy.FileURL(proxy, m, goproxy.Zip)
	if err != nil {
		f.Answer = facts.NetAnswer{Fail: facts.NetBadURL, Err: err.Error()}
		return f
	}
	data, ans := a.plain.Read(ctx, address, maxZip)
	waited(&ans)
	f.Answer = ans
	switch {
	case ans.Fail == facts.NetTooLarge || ans.Fail == facts.NetDeadline && len(data) > 0:
		f.Answer.Fail, f.Answer.Err = facts.NetOK, "" // it comes; more was not looked at
	case !ans.OK():
	case goproxy.IsPage(data):
		f.Answer.Fail, f.Answer.At, f.Answer.Err = facts.NetPage, facts.StepBody, "a web page"
	default:
		f.Bad = a.badZip(m, data)
	}
	return f
}

// waited says of a request that was ended with the whole section what it waited for, when that was long. A body that was under
// way is not judged.
func waited(ans *facts.NetAnswer) {
	if ans.Fail != facts.NetDeadline || ans.Took < longWait {
		return
	}
	switch ans.At {
	case facts.StepLookup:
		ans.Fail = facts.NetResolverSilent
	case facts.StepConnect:
		ans.Fail = facts.NetBlackHole
	case facts.StepTLS:
		ans.Fail = facts.NetTLSSilent
	case facts.StepHeader, facts.StepTunnel:
		ans.Fail = facts.NetSilent
	default:
		return
	}
	ans.Err = fmt.Sprintf("%s: nothing within %s", ans.At, round(ans.Took))
}

// longWait is the least time after which silence means something: 2.5 s.
const longWait = 2500 * time.Millisecond

// notZip is said of an answer that is no zip file.
const notZip = "zip: not a valid zip file"

// otherContent is said of an answer that is well-formed and not what go.sum says.
const otherContent = "other content than go.sum says"

func (a *asker) badZip(m module.Version, data []byte) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return notZip
	}
	want := a.sums[m.String()]
	if want == "" {
		return ""
	}
	files := map[string]*zip.File{}
	var names []string
	for _, f := range z.File {
		files[f.Name] = f
		names = append(names, f.Name)
	}
	return other(want, names, func(name string) (io.ReadCloser, error) { return files[name].Open() })
}

func other(want string, names []string, open func(string) (io.ReadCloser, error)) string {
	got, err := dirhash.Hash1(names, open)
	switch {
	case err != nil:
		return notZip
	case got != want:
		return otherContent
	}
	return ""
}

package network

import (
	"fmt"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

func trustedWithCA(v *view) bool {
	return v.ans.Fail == facts.NetUnknownCA && v.entry.WithCA != nil && v.entry.WithCA.Fail != facts.NetUnknownCA && v.entry.WithCA.Status != 0
}

func issuer(v *view) string {
	if n := len(v.ans.Chain); n > 0 {
		return v.ans.Chain[n-1].Issuer
	}
	return "?"
}

func names(v *view) string {
	if len(v.ans.Chain) == 0 || len(v.ans.Chain[0].Names) == 0 {
		return "?"
	}
	return strings.Join(v.ans.Chain[0].Names, ", ")
}

func dates(v *view) string {
	for _, c := range v.ans.Chain {
		if now := v.s.Taken; now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return fmt.Sprintf("%s, %s – %s", c.Subject, c.NotBefore.Format(time.RFC3339), c.NotAfter.Format(time.RFC3339))
		}
	}
	return v.ans.Err
}

// skew is how far this machine's clock is ahead of another server's, when one was asked: of a proxy, of the checksum database,
// or of the host itself over http.
func skew(v *view) (time.Duration, bool) {
	n := &v.s.Network
	var seen []facts.NetAnswer
	for _, list := range [][]facts.NetEntry{n.Entries, n.Others} {
		for _, e := range list {
			for _, f := range e.Files {
				seen = append(seen, f.Answer)
			}
		}
	}
	for _, l := range n.SumDB.Lookups {
		seen = append(seen, l.Asked...)
	}
	if v.entry.Plain != nil {
		seen = append(seen, *v.entry.Plain)
	}
	for _, a := range seen {
		if !a.Date.IsZero() {
			return v.s.Taken.Sub(a.Date), true
		}
	}
	return 0, false
}

// proxyVar is the variable that gives the HTTP proxy for an entry (net/http: ProxyFromEnvironment; the capital form first).
func proxyVar(v *view) (origin.Source, bool) {
	name := "HTTP_PROXY"
	if strings.HasPrefix(v.entry.URL, "https:") {
		name = "HTTPS_PROXY"
	}
	if src, ok := origin.Of(v.s, name); ok {
		return src, true
	}
	return origin.Of(v.s, strings.ToLower(name))
}

// dropProxy takes the HTTP proxy away where it is set, when the servers answer without it.
func dropProxy(v *view) []diag.Fix {
	src, ok := proxyVar(v)
	if !ok {
		return nil
	}
	fix := src.Remove()
	if v.entry.WithoutProxy == nil || !v.entry.WithoutProxy.OK() || src.OnPurpose() {
		fix.Risk = person(fix.Risk)
	}
	return []diag.Fix{fix}
}

// addNoProxy adds the host of the entry to NO_PROXY: where that is set, else behind the line that sets the HTTP proxy.
func addNoProxy(v *view) []diag.Fix {
	h := hostOf(v.entry.URL)
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if src, ok := origin.Of(v.s, name); ok {
			fix := src.Replace(src.Value + "," + h)
			if src.OnPurpose() {
				fix.Risk = person(fix.Risk)
			}
			return []diag.Fix{fix}
		}
	}
	src, ok := proxyVar(v)
	if !ok {
		return nil
	}
	fix := src.Beside("NO_PROXY", "localhost,127.0.0.1,"+h)
	if src.OnPurpose() {
		fix.Risk = person(fix.Risk)
	}
	return []diag.Fix{fix}
}

// addCA adds the certificates of the team's policy that make the chain good to the file of SSL_CERT_FILE. The file stays as it
// is but for its end.
func addCA(v *view) []diag.Fix {
	b := &v.s.Network.Bundle
	var pem strings.Builder
	var from []string
	for _, ca := range v.s.Network.CAs {
		pem.WriteString(strings.TrimRight(ca.PEM, "\n") + "\n")
		from = append(from, ca.Path)
	}
	if pem.Len() == 0 {
		return nil
	}
	advice := diag.Fix{
		Title: text.New("have go trust {ca} too: put it into a folder and name that in SSL_CERT_DIR", "让 go 也信任 {ca}：把它放进一个目录，并在 SSL_CERT_DIR 中写明该目录").With("ca", strings.Join(from, ", ")),
		Risk:  diag.Manual,
	}
	if b.Path == "" || b.State != facts.FileRead && b.State != facts.FileMissing {
		return []diag.Fix{advice}
	}
	end := pem.String()
	if !b.EOL {
		end = "\n" + end
	}
	return []diag.Fix{{
		Title: text.New("add {ca}, which the team's policy names, to {file}", "把团队策略写明的 {ca} 加入 {file}").With("ca", strings.Join(from, ", "), "file", b.Path),
		Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: b.Path, Create: b.State == facts.FileMissing, Splices: []facts.Splice{{Offset: int(b.Size), New: end}}}},
	}, advice}
}

// useTwin takes the https address of the same host that the team's policy names.
func useTwin(v *view) []diag.Fix {
	twin := v.plainTwin()
	for i := range v.s.Network.Others {
		if e := &v.s.Network.Others[i]; e.URL == twin && whole(e) {
			if value, ok := v.list(e); ok {
				if fix, ok := set(v.s, value); ok {
					return []diag.Fix{fix}
				}
			}
		}
	}
	return nil
}

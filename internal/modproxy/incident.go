package modproxy

import (
	"context"
	"net/http"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// Command starts the fall-back proxy for the time of an outage, and proves it with the user's own build; without that proof all is taken back.
const Command = `gorescue proxy --incident --then "go build -o /dev/null ./..."`

// Fix is the way out of an outage that no setting alone mends: proxies that hang, and files that the module
// cache does not have all of. A person decides: it starts a process and changes GOPROXY until the proxies are well again.
func Fix() diag.Fix {
	return diag.Fix{
		Title: text.New("put gorescue's own proxy in front until the proxies answer again: {cmd}", "在代理恢复之前让 gorescue 自带的代理顶在前面：{cmd}").With("cmd", Command),
		Risk:  diag.Manual, Shell: Command,
	}
}

// Value is a GOPROXY list with this proxy in front of another list. The old list stays behind a "|", so that a proxy
// that ended leaves the user where he was: a refused connection costs the go command milliseconds.
func Value(url, old string) string {
	if old == "" {
		return url
	}
	return url + "|" + old
}

// Recovered asks each upstream of the user's list for something that every module proxy can answer, and reports
// whether all do, within the limits. A 404 is an answer.
func (s *Server) Recovered(ctx context.Context) bool {
	for _, u := range s.lists[0] {
		if !s.answers(ctx, u) {
			return false
		}
	}
	return len(s.lists[0]) > 0
}

func (s *Server) answers(ctx context.Context, u *upstream) bool {
	r, ok := parse("/golang.org/x/mod/@v/list") // a public name: it tells nothing about the user's work
	addr, err := address(u.URL, r.file)
	if !ok || err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Total)
	defer cancel()
	data, ans := s.c.Client.Read(ctx, addr, r.kind.limit())
	if ans.Fail == facts.NetStatus {
		return ans.Status >= 400 && ans.Status < 500 && ans.Status != http.StatusTooManyRequests && ans.Status != http.StatusRequestTimeout && ans.Status != http.StatusProxyAuthRequired
	}
	return ans.OK() && r.verifyText(data, s.c.Sums) == nil
}

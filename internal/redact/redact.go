// Package redact takes out of facts and texts what must not leave the machine: credentials in every form that is
// known, the home folder, the names of the user, of this machine and of servers that are not public. It works
// in two layers: what is known to be secret here (variables, netrc, stored git credentials) is replaced wherever it
// stands, and what only looks like a credential is replaced by its form. When in doubt a text loses a word: a
// redacted document is for people elsewhere, not for a repair.
package redact

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/lazyre"
)

// Hidden stands where a credential was.
const Hidden = "hidden"

// Redactor knows the secrets of one user. It is safe for concurrent use once made, as long as nobody calls Names.
type Redactor struct {
	secrets []string          // longest first
	home    string            // "" = not replaced
	stand   string            // what stands for it: absolute too, so that paths stay paths
	words   []word            // user, machine
	hosts   map[string]string // private host or parent domain → what stands for it
	ordered []string          // keys of hosts, longest first
}

type word struct{ from, to string }

// Local makes a redactor for what stays on this machine: it takes out credentials, and nothing else.
func Local(vars map[string]string) *Redactor {
	r := New(vars)
	r.home, r.words = "", nil
	return r
}

// New makes a redactor for the user of an environment. Files that hold credentials are read for their secrets;
// those that are not there or not readable are passed over.
func New(vars map[string]string) *Redactor {
	r := &Redactor{hosts: map[string]string{}}
	for name, v := range vars {
		if secretName(name) && !strings.HasPrefix(v, "/") && name != "PWD" && name != "OLDPWD" && name != "GOAUTH" {
			r.secret(v)
		}
		r.addresses(v)
	}
	home := vars["HOME"]
	if filepath.IsAbs(home) {
		netrc := vars["NETRC"]
		if netrc == "" {
			netrc = filepath.Join(home, ".netrc")
		}
		r.netrc(small(netrc))
		for _, f := range []string{filepath.Join(home, ".git-credentials"), filepath.Join(home, ".config", "git", "credentials")} {
			r.addresses(small(f))
		}
		if home = filepath.Clean(home); len(home) > 3 {
			r.home, r.stand = home, "/home/user"
			if filepath.Separator == '\\' {
				r.stand = `C:\Users\user`
			}
		}
	}
	user := vars["USER"]
	if user == "" {
		user = filepath.Base(home)
	}
	r.word(user, "user")
	if name, err := os.Hostname(); err == nil {
		r.word(name, "this-host")
		short, _, _ := strings.Cut(name, ".")
		r.word(short, "this-host")
	}
	r.order()
	return r
}

// ordinary are names of users and machines that say nothing about a person and stand in many texts.
const ordinary = " root user admin runner build builder go golang code home dev node git test localhost linux ubuntu debian vscode app src main "

func (r *Redactor) word(from, to string) {
	if len(from) >= 3 && from != to && !strings.Contains(ordinary, " "+strings.ToLower(from)+" ") {
		r.words = append(r.words, word{from, to})
	}
}

// maxSmall bounds a file of credentials that is read: 256 KiB.
const maxSmall = 256 << 10

func small(path string) string {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxSmall {
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(data)
}

// secret remembers a value and the forms in which it travels.
func (r *Redactor) secret(v string) {
	v = strings.TrimSpace(v)
	if len(v) < 6 || slices.Contains(r.secrets, v) {
		return
	}
	r.secrets = append(r.secrets, v)
	for _, form := range []string{url.QueryEscape(v), url.PathEscape(v), base64.StdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v))} {
		if form != v {
			r.secrets = append(r.secrets, form)
		}
	}
}

var (
	userinfo   = lazyre.New(`://([^/\s"'<>,|]+)@`)
	netrcPairs = lazyre.New(`\b(password|account|login)\s+(\S+)`)
)

// addresses remembers the credentials of all URLs of a text.
func (r *Redactor) addresses(s string) {
	if !strings.Contains(s, "://") {
		return
	}
	for _, m := range userinfo().FindAllStringSubmatch(s, -1) {
		r.pair(m[1])
	}
}

// pair remembers user:password. A short user name alone is no secret, a long one is a token.
func (r *Redactor) pair(s string) {
	user, pass, ok := strings.Cut(s, ":")
	for _, v := range []string{pass, unescape(pass)} {
		r.secret(v)
	}
	if !ok || len(user) >= 16 {
		r.secret(user)
		r.secret(unescape(user))
	}
	if ok {
		r.secret(base64.StdEncoding.EncodeToString([]byte(unescape(user) + ":" + unescape(pass))))
	}
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func (r *Redactor) netrc(s string) {
	login := ""
	for _, m := range netrcPairs().FindAllStringSubmatch(s, -1) {
		switch {
		case m[1] != "login":
			r.pair(login + ":" + m[2])
		case len(m[2]) >= 16:
			r.secret(m[2])
			login = m[2]
		default:
			login = m[2]
		}
	}
}

func (r *Redactor) order() {
	longest := func(a, b string) int { return len(b) - len(a) }
	slices.SortStableFunc(r.secrets, longest)
	r.ordered = r.ordered[:0]
	for h := range r.hosts {
		r.ordered = append(r.ordered, h)
	}
	slices.SortFunc(r.ordered, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}

// Known reports whether a document still holds one of the secrets that are known. It is the last look before
// something is written.
func (r *Redactor) Known(data string) bool {
	data = strings.ReplaceAll(data, Hidden, "|") // it may end what begins like a secret
	return slices.ContainsFunc(r.secrets, func(s string) bool { return strings.Contains(data, s) })
}

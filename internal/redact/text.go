package redact

import (
	"strings"

	"github.com/gorescue/gorescue/internal/lazyre"
)

// Forms of credentials. What stands in the first group is kept.
var (
	nameHint  = lazyre.New(`(?i)token|secret|passw|passphrase|pwd|credential|api_?key|private_?key|access_?key|signing_?key|auth|bearer|cookie`)
	inQuery   = lazyre.New(`(?i)([?&;][a-z0-9_.-]*(?:token|secret|passw|key|auth|sig|signature|credential)[a-z0-9_.-]*=)[^&;\s"'<>]+`)
	assigned  = lazyre.New(`(?i)([a-z0-9_.-]*(?:token|secret|passw(?:or)?d|passphrase|api_?-?key|access_?-?key|private_?-?key|signing_?-?key|credentials?|cookie)[a-z0-9_.-]*\\?["']?\s*[:=]\s*)(\\?"(?:[^"\\]|\\[^"])*\\?"|'[^']*'|[^\s,;"'}\]]+)`)
	spoken    = lazyre.New(`(?i)((?:^|[\s"'])--?[a-z-]*(?:token|secret|passw(?:or)?d|api-key|auth)[a-z-]*\s+|\b(?:password|passwd)\s+|\bauthorization\\?["']?\s*[:=]\s*\\?["']?(?:bearer\s+|basic\s+|token\s+)?|\b(?:bearer|basic)\s+)[^\s"',;\\]{4,}`)
	prefixed  = lazyre.New(`\b(?:gh[pousr]_|github_pat_|glpat-|gldt-|xox[abeprs]-|sk-|sk_live_|rk_live_|pk_live_|npm_|pypi-|AKIA|ASIA|AIza|ya29\.|hf_|dop_v1_|hvs\.|dckr_pat_|eyJ)[A-Za-z0-9_.=-]{10,}`)
	pem       = lazyre.New(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)`)
	longWord  = lazyre.New(`[A-Za-z0-9_+=~-]{20,}`)
	pseudo    = lazyre.New(`(?:^|[.-])\d{14}-[0-9a-f]{12}`)
	sumKey    = lazyre.New(`[A-Za-z0-9.-]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,}=*`)
	goSumHash = lazyre.New(`h1:[A-Za-z0-9+/]{43}=|[A-Za-z0-9.-]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,}=*`) // also keys of checksum databases
)

// secretName reports whether a variable or key is named like a credential.
func secretName(name string) bool { return nameHint().MatchString(name) }

// Text returns a text without credentials, the home folder and names. It is for texts of any kind: values of
// settings, lines of files, error messages.
func (r *Redactor) Text(s string) string {
	if s == "" {
		return s
	}
	s = r.names(r.credentials(s))
	if strings.ContainsFunc(s, digit) && len(s) >= 20 {
		s = random(s)
	}
	return s
}

// Path returns a path without credentials, the home folder and names.
func (r *Redactor) Path(s string) string {
	if s == "" {
		return s
	}
	return r.names(r.credentials(s))
}

// Value returns the value of a variable or key.
func (r *Redactor) Value(name, value string) string {
	if value != "" && secretName(name) && !strings.HasPrefix(value, "/") && name != "GOAUTH" && name != "PWD" {
		return Hidden
	}
	return r.Text(value)
}

func (r *Redactor) credentials(s string) string {
	for _, k := range r.secrets {
		s = strings.ReplaceAll(s, k, Hidden)
	}
	if len(s) < 6 {
		return s
	}
	if strings.Contains(s, "://") {
		s = userinfo().ReplaceAllString(s, "://"+Hidden+"@")
	}
	if strings.ContainsAny(s, "?&") {
		s = inQuery().ReplaceAllString(s, "${1}"+Hidden)
	}
	if nameHint().MatchString(s) || strings.Contains(strings.ToLower(s), "basic") {
		s = spoken().ReplaceAllString(s, "${1}"+Hidden)
		s = assigned().ReplaceAllString(s, "${1}"+Hidden)
	}
	s = prefixed().ReplaceAllString(s, Hidden)
	if strings.Contains(s, "PRIVATE KEY") {
		s = pem().ReplaceAllString(s, Hidden)
	}
	return s
}

func digit(c rune) bool { return c >= '0' && c <= '9' }

// random takes out words that look as if they were drawn by lot: long, of letters and digits in turn. Hashes of go.sum
// and pseudo-versions are public.
func random(s string) string {
	keep := goSumHash().FindAllStringIndex(s, -1)
	var b strings.Builder
	end := 0
	for _, m := range longWord().FindAllStringIndex(s, -1) {
		w := s[m[0]:m[1]]
		in := false
		for _, k := range keep {
			in = in || m[0] >= k[0] && m[1] <= k[1]
		}
		if in || pseudo().MatchString(w) || !drawn(w) || inPath(s, m[0]) {
			continue
		}
		b.WriteString(s[end:m[0]])
		b.WriteString(Hidden)
		end = m[1]
	}
	return b.String() + s[end:]
}

// inPath reports whether the word at an offset is an element of a path of this machine: Path keeps it, and so both stay
// equal. An address is none.
func inPath(s string, at int) bool {
	if at == 0 || s[at-1] != '/' && s[at-1] != '\\' {
		return false
	}
	from := strings.LastIndexAny(s[:at], " \t\n,|\"'=;()<>") + 1
	return !strings.Contains(s[from:at], "://") && !strings.Contains(s[from:at], "@")
}

// drawn reports whether a word changes between letters and digits, or between capitals and small letters around digits,
// as often as chance makes it.
func drawn(w string) bool {
	kind := func(c byte) int {
		switch {
		case c >= '0' && c <= '9':
			return 1
		case c >= 'A' && c <= 'Z':
			return 2
		case c >= 'a' && c <= 'z':
			return 3
		}
		return 0
	}
	digits, letters, turns := 0, 0, 0
	for i := range len(w) {
		k := kind(w[i])
		if k == 1 {
			digits++
		} else if k != 0 {
			letters++
		}
		if i > 0 && k != 0 && kind(w[i-1]) != 0 && k != kind(w[i-1]) {
			turns++
		}
	}
	return digits >= 3 && letters >= 3 && turns*5 >= len(w)
}

// names replaces the home folder, the user, this machine and private servers.
func (r *Redactor) names(s string) string {
	if r.home != "" && strings.Contains(s, r.home) {
		s = replaceWord(s, r.home, r.stand)
	}
	for _, w := range r.words {
		s = replaceWord(s, w.from, w.to)
	}
	return r.servers(s)
}

// servers replaces private servers, but in the key of a checksum database: its hash covers the name, with another one the
// key would be a wrong one.
func (r *Redactor) servers(s string) string {
	if len(r.ordered) == 0 {
		return s
	}
	var b strings.Builder
	for strings.Contains(s, "+") {
		m := sumKey().FindStringIndex(s)
		if m == nil {
			break
		}
		b.WriteString(r.outside(s[:m[0]]))
		b.WriteString(s[m[0]:m[1]])
		s = s[m[1]:]
	}
	return b.String() + r.outside(s)
}

func (r *Redactor) outside(s string) string {
	for _, h := range r.ordered {
		s = replaceWord(s, h, r.hosts[h])
	}
	return s
}

// replaceWord replaces from where it is not a part of a longer word.
func replaceWord(s, from, to string) string {
	if !strings.Contains(s, from) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, from)
		if i < 0 {
			break
		}
		end := i + len(from)
		if i > 0 && wordByte(s[i-1]) && wordByte(from[0]) || end < len(s) && wordByte(s[end]) {
			b.WriteString(s[:end])
		} else {
			b.WriteString(s[:i])
			b.WriteString(to)
		}
		s = s[end:]
	}
	return b.String() + s
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

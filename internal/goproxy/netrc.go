package goproxy

import (
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// login is one machine of a netrc file.
type login struct{ machine, name, password string }

// maxNetrc bounds a file of credentials that is read: 256 KiB.
const maxNetrc = 256 << 10

// netrcFile is where the go command looks for credentials (cmd/go/internal/auth/netrc.go: netrcPath), "" = nowhere.
func netrcFile(vars map[string]string) string {
	if f := vars["NETRC"]; f != "" {
		return f
	}
	home := vars["HOME"]
	if runtime.GOOS == "windows" {
		home = vars["USERPROFILE"]
	}
	if home == "" {
		return ""
	}
	if old := filepath.Join(home, "_netrc"); runtime.GOOS == "windows" {
		if _, err := os.Stat(old); err == nil {
			return old
		}
	}
	return filepath.Join(home, ".netrc")
}

// parseNetrc reads a netrc file by the rules of cmd/go/internal/auth/netrc.go: pairs of words on one line, a machine counts
// when it has both login and password, and a macro lasts to the next empty line.
func parseNetrc(data string) []login {
	var out []login
	var l login
	macro := false
	for line := range strings.SplitSeq(data, "\n") {
		if macro {
			macro = line != ""
			continue
		}
		f := strings.Fields(line)
		for i := 0; i+1 < len(f); i += 2 {
			switch f[i] {
			case "machine":
				l = login{machine: f[i+1]}
			case "login":
				l.name = f[i+1]
			case "password":
				l.password = f[i+1]
			case "macdef":
				macro = true
			}
			if l.machine != "" && l.name != "" && l.password != "" {
				out = append(out, l)
				l = login{}
			}
		}
	}
	return out
}

// logins reads the user's credentials when GOAUTH lets go use them: the first of the same machine wins.
func logins(vars map[string]string, goauth string) map[string]login {
	if !usesNetrc(goauth) {
		return nil
	}
	path := netrcFile(vars)
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxNetrc {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxNetrc))
	if err != nil {
		return nil
	}
	out := map[string]login{}
	for _, l := range parseNetrc(string(data)) {
		key := strings.TrimSuffix(strings.TrimPrefix(l.machine, "https://"), "/")
		if _, ok := out[key]; !ok {
			out[key] = l
		}
	}
	return out
}

// usesNetrc reports whether netrc is one of the commands of GOAUTH; unset means netrc.
func usesNetrc(goauth string) bool {
	if goauth == "" {
		return true
	}
	for c := range strings.SplitSeq(goauth, ";") {
		if f := strings.Fields(c); len(f) == 1 && f[0] == "netrc" {
			return true
		}
	}
	return false
}

// authorize puts credentials on a request as cmd/go/internal/auth (AddCredentials, loadCredential) does: over https only,
// those of the longest prefix of the address; a machine without the port does not match an address with one.
func authorize(req *http.Request, have map[string]login) {
	if req.URL.Scheme != "https" {
		return
	}
	prefix := strings.TrimSuffix(strings.TrimPrefix(req.URL.String(), "https://"), "/")
	for {
		if l, ok := have[prefix]; ok {
			req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(l.name+":"+l.password)))
			return
		}
		i := strings.LastIndexByte(prefix, '/')
		if i < 0 {
			return
		}
		prefix = prefix[:i]
	}
}

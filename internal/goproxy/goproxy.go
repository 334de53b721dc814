// Package goproxy is the client side of the module proxy protocol as the go command speaks it: the GOPROXY list, the
// address of each file, and requests with the user's own HTTP proxies, certificates and credentials. Every request
// runs under limits, one for each stage, and ends in a facts.NetAnswer that says how far it came and what failed. It
// runs no programs (of GOAUTH only netrc is used) and writes nothing.
package goproxy

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

// Entry is one entry of a GOPROXY list.
type Entry struct {
	URL     string // an address (https, http or file), or one of Direct, Off, NoProxy
	OnError bool   // the next entry is asked after any error; else only when this one says that it does not have the file
}

// The words of a list.
const (
	Direct  = "direct"
	Off     = "off"
	NoProxy = "noproxy" // what GONOPROXY matches is fetched from its repository; a list does not name it
)

// IsProxy reports whether the entry is a server or a folder, not a word.
func (e Entry) IsProxy() bool { return e.URL != Direct && e.URL != Off && e.URL != NoProxy }

// Parse reads a GOPROXY list as cmd/go/internal/modfetch/proxy.go (proxyList, newProxyRepo) does: the separator behind an
// entry decides on its fall-back, what follows direct or off is not looked at, and one bad entry before them
// makes the whole list unusable. An empty gonoproxy adds no NoProxy entry.
func Parse(goproxy, gonoproxy string) ([]Entry, error) {
	var list []Entry
	if gonoproxy != "" && goproxy != Direct {
		list = append(list, Entry{URL: NoProxy})
	}
	implicit := len(list)
	for rest := goproxy; rest != ""; {
		word, onError := rest, false
		if i := strings.IndexAny(rest, ",|"); i >= 0 {
			word, onError, rest = rest[:i], rest[i] == '|', rest[i+1:]
		} else {
			rest = ""
		}
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		if word == Off || word == Direct {
			list = append(list, Entry{URL: word})
			break
		}
		// A path of the system needs its scheme; anything else with a dot, colon or slash is a host.
		if strings.ContainsAny(word, ".:/") && !strings.Contains(word, ":/") && !filepath.IsAbs(word) && !path.IsAbs(word) {
			word = "https://" + word
		}
		if _, err := base(word); err != nil {
			return nil, err
		}
		list = append(list, Entry{URL: word, OnError: onError})
	}
	if len(list) == implicit {
		return nil, errors.New("GOPROXY list is not the empty string, but contains no entries")
	}
	return list, nil
}

// base parses the address of a proxy.
func base(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, redactParse(err)
	}
	switch u.Scheme {
	case "http", "https":
		return u, nil
	case "file":
		if *u != (url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath}) {
			return nil, fmt.Errorf("invalid file:// proxy URL with non-path elements: %s", u.Redacted())
		}
		return u, nil
	case "":
		return nil, fmt.Errorf("invalid proxy URL missing scheme: %s", u.Redacted())
	}
	return nil, fmt.Errorf("invalid proxy URL scheme (must be https, http, file): %s", u.Redacted())
}

// redactParse is an error of url.Parse without the address, which may hold a password.
func redactParse(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return fmt.Errorf("invalid proxy URL: %w", ue.Err)
	}
	return err
}

// The files of a module. List and Latest take no version.
const (
	Info   = ".info"
	Mod    = ".mod"
	Zip    = ".zip"
	List   = "list"
	Latest = "@latest"
)

// FileURL is the address of one of a module's files at a proxy: kind is Info, Mod, Zip, List or Latest. A module path or
// version that cannot be escaped is an error.
func FileURL(proxy string, mod module.Version, kind string) (string, error) {
	u, err := base(proxy)
	if err != nil {
		return "", err
	}
	name, err := module.EscapePath(mod.Path)
	if err != nil {
		return "", err
	}
	switch kind {
	case List:
		name += "/@v/list"
	case Latest:
		name += "/@latest"
	default:
		v, err := module.EscapeVersion(mod.Version)
		if err != nil {
			return "", err
		}
		name += "/@v/" + v + kind
	}
	return join(u, name).String(), nil
}

// join appends a path to that of u, in both of its forms (cmd/go: newProxyRepo, getBody).
func join(u *url.URL, name string) *url.URL {
	v := *u
	v.Path = path.Join(strings.TrimSuffix(u.Path, "/")+"/", name)
	v.RawPath = path.Join(strings.TrimSuffix(u.RawPath, "/")+"/", strings.ReplaceAll(url.PathEscape(name), "%2F", "/"))
	return &v
}

package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/url"
	"reflect"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// Snapshot returns a copy of a snapshot in which every string is treated by its class; the original stays as it
// is. What has no class, and what is secret, is empty in it.
func (r *Redactor) Snapshot(s *facts.Snapshot) (*facts.Snapshot, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	out := &facts.Snapshot{}
	if err := json.Unmarshal(data, out); err != nil {
		return nil, err
	}
	r.walk(reflect.ValueOf(out).Elem(), "", "")
	return out, nil
}

// walk treats a value that may be set. A named string type is a closed list of our own words.
func (r *Redactor) walk(v reflect.Value, class facts.Class, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			r.walk(v.Elem(), class, name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			c := class
			if tag, ok := f.Tag.Lookup("class"); ok {
				c = facts.Class(tag)
			} else if f.Anonymous || f.Type.Kind() != reflect.String {
				c = ""
			}
			key := name
			if of := v.FieldByName("Name"); f.Name == "Value" && of.IsValid() && of.Kind() == reflect.String {
				key = of.String()
			}
			if of := v.FieldByName("Key"); f.Name == "JSON" && of.IsValid() {
				key = of.String() + "." + v.FieldByName("Sub").String()
			}
			r.walk(v.Field(i), c, key)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetZero() // bytes have no class
			return
		}
		for i := range v.Len() {
			r.walk(v.Index(i), class, name)
		}
	case reflect.Map:
		r.walkMap(v, class)
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(r.classed(v.String(), class, name))
		}
	}
}

func (r *Redactor) walkMap(v reflect.Value, class facts.Class) {
	if v.IsNil() {
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		k := reflect.New(v.Type().Key()).Elem()
		k.Set(it.Key())
		if k.Type() == reflect.TypeFor[string]() {
			k.SetString(r.Text(k.String()))
		}
		e := reflect.New(v.Type().Elem()).Elem()
		e.Set(it.Value())
		name := ""
		if it.Key().Kind() == reflect.String {
			name = it.Key().String()
		}
		r.walk(e, class, name)
		out.SetMapIndex(k, e)
	}
	v.Set(out)
}

func (r *Redactor) classed(s string, class facts.Class, name string) string {
	switch class {
	case facts.ClassPublic:
		return r.names(r.credentials(s))
	case facts.ClassPath:
		return r.Path(s)
	case facts.ClassHost, facts.ClassUser:
		return r.Text(s)
	case facts.ClassSource:
		return r.Value(name, s)
	}
	return ""
}

// public are hosts of code that everybody knows.
const public = " github.com gitlab.com bitbucket.org golang.org go.dev googlesource.com gopkg.in google.golang.org k8s.io localhost "

// Hosts makes the redactor replace the names of servers which the settings name: those of URLs and of the lists
// of private modules. What the Go distribution itself names is public. It must be called before Snapshot or Text.
// The same name has the same replacement on every machine, label by label, so that two documents can be compared and
// a pattern still fits its names.
func (r *Redactor) Hosts(s *facts.Snapshot) {
	known := map[string]bool{}
	for _, e := range s.Settings.GoRoot.Entries {
		for _, h := range hostsOf(e.Value) {
			known[h] = true
		}
	}
	add := func(h string) {
		h = strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(h, "*."), "."))
		if strings.Contains(h, ".") && !known[h] && !strings.Contains(public, " "+h+" ") && net.ParseIP(h) == nil &&
			!strings.HasSuffix(h, "golang.org") && !strings.ContainsAny(h, " ?[]{}@:") && !strings.Contains(h, "example") {
			r.hosts[h] = mask(h)
		}
	}
	for name, v := range s.Settings.Values {
		for _, h := range hostsOf(v.Value) {
			add(h)
		}
		switch name {
		case "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE":
			for p := range strings.SplitSeq(v.Value, ",") {
				h, _, _ := strings.Cut(strings.TrimSpace(p), "/")
				add(h)
			}
		case "GOSUMDB":
			h, _, _ := strings.Cut(v.Value, "+")
			add(strings.TrimSpace(h))
		}
	}
	for name, v := range s.Process.Vars {
		if strings.Contains(strings.ToLower(name), "proxy") {
			for _, h := range hostsOf(v) {
				add(h)
			}
		}
	}
	for _, h := range s.Settings.Netrc.Machines {
		add(h)
	}
	r.order()
}

// hostsOf returns the hosts of all URLs of a text.
func hostsOf(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(" ,|\"'", c) }) {
		if u, err := url.Parse(w); err == nil && u.Host != "" {
			out = append(out, strings.ToLower(u.Hostname()))
		}
	}
	return out
}

// mask replaces each label but the last one by some digits of its hash.
func mask(host string) string {
	labels := strings.Split(host, ".")
	for i, l := range labels[:len(labels)-1] {
		sum := sha256.Sum256([]byte("gorescue label " + l))
		labels[i] = "h" + hex.EncodeToString(sum[:3])
	}
	return strings.Join(labels, ".")
}

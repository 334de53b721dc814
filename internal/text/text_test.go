package text_test

import (
	"encoding/json"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/gorescue/gorescue/internal/text"
)

func TestFromEnv(t *testing.T) {
	for _, tc := range []struct {
		want string
		env  map[string]string
		lang text.Lang
	}{
		{"", nil, text.English},
		{"", map[string]string{"LANG": "zh_CN.UTF-8"}, text.Chinese},
		{"", map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, text.English},
		{"", map[string]string{"LC_MESSAGES": "zh_TW", "LANG": "en_US"}, text.Chinese},
		{"en", map[string]string{"LANG": "zh_CN"}, text.English},
		{"zh", nil, text.Chinese},
	} {
		if got := text.FromEnv(tc.want, func(n string) string { return tc.env[n] }); got != tc.lang {
			t.Errorf("%q %v: %s", tc.want, tc.env, got)
		}
	}
}

func TestMsg(t *testing.T) {
	m := text.New("{var} is {value}; {unfilled} {", "{value} 是 {var} 的值").With("var", "GOROOT", "value", "{var}\n\x1b[31m")
	if got, want := m.In(text.English), `GOROOT is {var}\n\u001b[31m; {unfilled} {`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back text.Msg
	if err := json.Unmarshal(data, &back); err != nil || back.In(text.Chinese) != m.In(text.Chinese) {
		t.Errorf("%v, %s", err, back.In(text.Chinese))
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x00b")
	f.Add("\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		v := text.Visible(s)
		if !utf8.ValidString(v) && utf8.ValidString(s) {
			t.Errorf("%q became invalid: %q", s, v)
		}
		for _, r := range v {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
				t.Errorf("%q still moves the cursor: %q", s, v)
			}
		}
	})
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 KiB", 600 << 10: "600 KiB", 3 << 19: "1.5 MiB", 5 << 30: "5.0 GiB", -1 << 20: "-1.0 MiB", math.MinInt64: "-8589934592.0 GiB"} {
		if got := text.Size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

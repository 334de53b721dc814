package sum

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// settingReads are the sections that checks of variables read.
var settingReads = []facts.Section{facts.SecSums, facts.SecSettings, facts.SecProcess, facts.SecStartup, facts.SecPolicy}

var dbWrongKey = diag.Check{
	ID:       "sumdb-wrong-key",
	Title:    text.New("GOSUMDB has a wrong key", "GOSUMDB 的密钥错误"),
	Severity: diag.Error,
	Reads:    settingReads,
	Doc: text.New(`GOSUMDB was copied from another installation: the name is right, the key is not. Answers of the database then do not verify: "note has no verifiable signatures".

**Proof.** For the same name the team's policy (key sumdb), or the go command's own source, has another key. **Looks the same:** a value that is malformed, a database whose answer differs from the proxy's, a man in the middle (then policy and setting agree).

**Fix.** The trusted key is put in, the address stays. **Never:** GOSUMDB=off, a key that the database itself offers. **By hand.** `+"`go env GOSUMDB`"+`. See https://go.dev/design/25530-sumdb.`,
		`GOSUMDB 抄自另一套安装：名称正确而密钥不对。数据库的应答因此无法验证：“note has no verifiable signatures”。

**证明。** 对同一名称，团队策略（键 sumdb）或 go 命令自身源码给出了另一个密钥。**容易混淆：** 格式错误的值、数据库与代理的应答不同、中间人（那时策略与设置一致）。

**修复。** 写入可信的密钥，地址保持不变。**绝不：** GOSUMDB=off、使用数据库自己提供的密钥。**手工处理。** `+"`go env GOSUMDB`"+`。参见 https://go.dev/design/25530-sumdb。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		db := s.Sums.DB
		key, from := trusted(s, db.Name)
		if db.Off || db.Err != "" || db.Key == "" || key == "" || key == db.Key {
			return nil
		}
		f := dbFinding(s)
		f.Claim = text.New("GOSUMDB has another key for {name} than {from}", "GOSUMDB 中 {name} 的密钥与{from}不同").With("name", db.Name, "from", from)
		f.Evidence = append(f.Evidence, proof("in force: {key}", "生效的：{key}", "key", db.Key), proof("of {from}: {key}", "{from} 的：{key}", "from", from, "key", key),
			not("a malformed value: it is well-formed", "不是格式错误：它的格式正确"))
		return []diag.Finding{f}
	},
}

// dbFinding begins the finding about GOSUMDB: the source of the value and the fix.
func dbFinding(s *facts.Snapshot) diag.Finding {
	db := s.Sums.DB
	f := diag.Finding{ByHand: "go env GOSUMDB"}
	src, set := origin.Of(s, "GOSUMDB")
	if set {
		f.Evidence = append(f.Evidence, src.Because())
	}
	key, from := trusted(s, db.Name)
	if key == "" {
		f.Fixes = []diag.Fix{manual("ask the team for the full key of {name} and set GOSUMDB to it", "向团队索取 {name} 的完整密钥并设置 GOSUMDB", "go env -w GOSUMDB=…", "name", db.Name)}
		return f
	}
	value := key
	if db.URL != "" && !strings.Contains(key, " ") {
		value += " " + db.URL
	}
	var fix diag.Fix
	ok := false
	if set && src.Kind != facts.FromGoroot {
		fix, ok = src.Replace(value), true
	} else {
		fix, ok = origin.SetGoenv(s, "GOSUMDB", value)
	}
	if ok {
		f.Evidence = append(f.Evidence, proof("{from} has the key of {name}", "{from}有 {name} 的密钥", "from", from, "name", db.Name))
		f.Fixes = append(f.Fixes, fix)
	}
	return f
}

// trusted is the key of a database that the team's policy or the go command itself has, with the policy's address
// when it gives one; "" = neither knows it.
func trusted(s *facts.Snapshot, name string) (key, from string) {
	if p := parseDB(s.Policy.SumDB, s.Sums.DB.Known); p.Key != "" && p.Err == "" && p.Name == name {
		if p.URL != "" && s.Sums.DB.URL == "" {
			return p.Key + " " + p.URL, "policy"
		}
		return p.Key, "policy"
	}
	if k := s.Sums.DB.Known[name]; k != "" {
		return k, "cmd/go"
	}
	return "", ""
}

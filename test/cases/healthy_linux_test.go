package cases

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/gorescue/gorescue/test/lab"
)

// healthy proves that the product has nothing to say about a healthy set-up, says the same each
// time, and that a repair changes nothing.
func healthy(c *lab.Case) healthyResult {
	c.WritePolicy()
	r := healthyResult{Case: c.Name}
	c.Settle()
	before := c.Manifest()
	var first any
	for i := range 3 {
		d, res := quiet(c, "check", "--json")
		r.Findings = d.ids()
		judge(c, d, res)
		same := comparable(c, res.Stdout)
		if i == 0 {
			first, r.CheckSeconds = same, res.Took.Seconds()
		} else if !reflect.DeepEqual(first, same) {
			c.Fatalf("check %d says something else than the first one:\n%v\n%v", i+1, first, same)
		}
	}
	d, res := quiet(c, "fix", "--yes", "--json")
	judge(c, d, res)
	if d.Change.ID != "" && d.Change.Outcome != "nothing" {
		c.Fatalf("fix made a change: %+v", d.Change)
	}
	if diff := lab.Compare(before, c.Manifest()); diff != nil {
		c.Fatalf("something changed on a healthy machine:\n%s", diff)
	}
	return r
}

// quiet calls the product, again if there was no time to look: a loaded machine is no finding.
func quiet(c *lab.Case, args ...string) (*document, lab.Result) {
	for try := 1; ; try++ {
		d, res := call(c, args...)
		if try == 4 || !d.late() {
			return d, res
		}
		c.Logf("no time to look, try %d: %v", try, d.ids())
	}
}

func call(c *lab.Case, args ...string) (*document, lab.Result) {
	res := c.Developer(fixLimit, append(append([]string{c.Lab.Product}, args...), "--budget", budget)...)
	d := &document{}
	if err := json.Unmarshal([]byte(res.Stdout), d); err != nil {
		c.Fatalf("gorescue %s: exit %d, no JSON document: %v", strings.Join(args, " "), res.Code, err)
	}
	return d, res
}

// judge fails on any finding but one about the user's own code where the header allows it.
func judge(c *lab.Case, d *document, res lab.Result) {
	for _, id := range d.ids() {
		if c.Expect != "user-error" || !strings.HasPrefix(id, "user-") {
			c.Fatalf("false finding %s (all: %v)", id, d.ids())
		}
	}
	if res.Code != 0 && len(d.Findings) == 0 {
		c.Fatalf("exit %d without a finding", res.Code)
	}
}

// comparable is the document without what may differ between two runs: times and durations.
func comparable(c *lab.Case, doc string) any {
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		c.Fatalf("no JSON: %v", err)
	}
	return strip(v)
}

func strip(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	case map[string]any:
		for k, e := range v {
			switch k {
			case "time", "start", "started", "taken", "duration", "seconds", "stages", "incident", "id":
				delete(v, k)
			default:
				v[k] = strip(e)
			}
		}
	}
	return v
}

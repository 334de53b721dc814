package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/test/lab"
)

// fixLimit bounds one call of the product.
const fixLimit = 90 * time.Second

// budget of each diagnosis: the cases run side by side on a machine that has other things to do as well.
const budget = "20s"

// document is what we read of the product's JSON.
type document struct {
	Schema   any       `json:"schema"`
	Findings []finding `json:"findings"`
	Change   struct {
		ID      string `json:"id"`
		Outcome string `json:"outcome"`
	} `json:"change"`
	Proposals []struct {
		Check string `json:"check"`
	} `json:"proposals"`
	Sections map[string]struct {
		Status string `json:"status"`
	} `json:"sections"`
}

type finding struct {
	Check    string   `json:"check"`
	Unknown  bool     `json:"unknown"`
	CausedBy []string `json:"caused_by"`
}

func (d *document) ids() []string {
	var ids []string
	for _, f := range d.Findings {
		ids = append(ids, f.Check)
	}
	return ids
}

// roots are the checks that nothing explains.
func (d *document) roots() []string {
	var ids []string
	for _, f := range d.Findings {
		if len(f.CausedBy) == 0 && !f.Unknown {
			ids = append(ids, f.Check)
		}
	}
	return ids
}

// late reports whether a probe did not finish in its time, so that something is unknown.
func (d *document) late() bool {
	for _, s := range d.Sections {
		if s.Status == "timed out" {
			return true
		}
	}
	return false
}

func (d *document) proposes(check string) bool {
	for _, p := range d.Proposals {
		if p.Check == check {
			return true
		}
	}
	return false
}

// repair is the product's turn in one case: diagnose, repair, prove, take back, repair again.
type repair struct {
	*lab.Case
	r *result
}

func (p *repair) run() {
	p.WritePolicy()
	if why := p.Header["miss"]; why != "" {
		p.known(why)
		return
	}
	p.diagnose()
	p.repair()
	if p.r.Miss != "" {
		p.Fatalf("%s", p.r.Miss)
	}
}

// known records a fault that the product does not master yet. It counts as a miss in the table; the
// expert's remedy proves that the archive is still right.
func (p *repair) known(why string) {
	res := p.Developer(fixLimit, p.Lab.Product, "check", "--json")
	d := &document{}
	if err := json.Unmarshal([]byte(res.Stdout), d); err == nil {
		p.r.Findings, p.r.Roots = d.ids(), d.roots()
		p.r.First = len(d.Findings) > 0 && d.Findings[0].Check == p.Check && !d.Findings[0].Unknown
	}
	p.r.Miss, p.r.Untouched = "known: "+why, true
	byExpert(p.Case)
}

func (p *repair) repair() {
	switch {
	case p.Expect == "propose":
		p.proposed()
		byExpert(p.Case)
		p.r.Proposed, p.r.Untouched = true, true
		return
	case p.Named:
		p.proposed()
	}
	broken := p.Manifest()
	p.r.FixSeconds = p.fix().Seconds()
	p.r.Repaired = true
	if !p.NoUndo {
		p.takeBack(broken)
		p.fix()
	}
	p.r.Undone = true
	p.prove()
	p.r.Verified = true
	p.afterUse()
	p.r.Untouched = true
}

// tool calls the product; extra exit codes beside 0 must be named.
func (p *repair) tool(codes []int, args ...string) (*document, lab.Result) {
	res := p.Developer(fixLimit, append(append([]string{p.Lab.Product}, args...), "--budget", budget)...)
	d := &document{}
	if err := json.Unmarshal([]byte(res.Stdout), d); err != nil {
		p.fail("gorescue %s: exit %d, no JSON document: %v", strings.Join(args, " "), res.Code, err)
	}
	for _, c := range codes {
		if c == res.Code {
			return d, res
		}
	}
	p.fail("gorescue %s: exit %d, want %v; findings %v, proposals %v, change %+v", strings.Join(args, " "), res.Code, codes, d.ids(), d.Proposals, d.Change)
	return nil, res
}

func (p *repair) fail(format string, args ...any) {
	if p.r.Miss != "" {
		p.r.Miss += "; "
	}
	p.r.Miss += fmt.Sprintf(format, args...)
	p.Fatalf("%s", p.r.Miss)
}

// diagnose proves that check names the cause first and changes nothing.
func (p *repair) diagnose() {
	p.Settle()
	before := p.Manifest()
	d, res := p.tool([]int{3, 0}, "check", "--json")
	p.r.CheckSeconds = res.Took.Seconds()
	p.r.Findings, p.r.Roots = d.ids(), d.roots()
	p.r.First = len(d.Findings) > 0 && !d.Findings[0].Unknown && (d.Findings[0].Check == p.Check || slices.Contains(p.Or, d.Findings[0].Check))
	if diff := lab.Compare(before, p.Manifest()); diff != nil {
		p.fail("check changed something:\n%s", diff)
	}
	if len(d.Findings) == 0 || res.Code != 3 {
		p.fail("check found %v, want %s (exit %d)", d.ids(), p.Check, res.Code)
	}
	if !p.r.First { // go on: it may be repaired all the same
		p.r.Miss = fmt.Sprintf("check found %v, want %s first", d.ids(), p.Check)
	}
}

// proposed proves that fix --yes only proposes what a person must name.
func (p *repair) proposed() {
	before := p.Manifest()
	d, _ := p.tool([]int{3}, "fix", "--yes", "--json")
	if !d.proposes(p.Check) {
		p.fail("fix --yes does not propose the repair of %s: %v", p.Check, d.Proposals)
	}
	if diff := lab.Compare(before, p.Manifest()); diff != nil {
		p.fail("fix --yes changed something although the repair must be named:\n%s", diff)
	}
}

func (p *repair) fix() time.Duration {
	args := []string{"fix", "--yes", "--json"}
	if p.Named {
		args = []string{"fix", p.Check, "--yes", "--json"}
	}
	_, res := p.tool([]int{0}, args...)
	return res.Took
}

// prove runs the developer's own command and looks at the developer's own files.
func (p *repair) prove() {
	if res := p.Script("check.sh"); res.Code != 0 {
		p.fail("check.sh still fails after the repair: exit %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	if res := p.Script("untouched.sh"); res.Code != 0 {
		p.fail("untouched.sh: exit %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
}

// takeBack undoes the repair at once: every byte, mode and time is as it was in broken, and the fault
// shows again.
func (p *repair) takeBack(broken lab.Manifest) {
	if res := p.undo(); res.Code != 0 {
		p.fail("undo: exit %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	if diff := lab.Compare(broken, p.Manifest()); diff != nil {
		p.fail("undo did not bring back the state before the repair:\n%s", diff)
	}
	if err := p.Shows(p.Script("check.sh")); err != nil && !p.Heals {
		p.fail("after undo the fault is not back: %v", err)
	}
}

// afterUse undoes a repair with which the developer has worked since: it may be refused, and what the
// fault needs may have come in meanwhile, but nothing of the developer's may be lost, and another repair
// ends well. The rest of the archive's script proves that.
func (p *repair) afterUse() {
	if res := p.undo(); res.Code != 0 && res.Code != 3 && !p.NoUndo && !p.Heals {
		p.fail("undo after use: exit %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	p.fix()
}

func (p *repair) undo() lab.Result {
	return p.Developer(fixLimit, p.Lab.Product, "undo", "--yes")
}

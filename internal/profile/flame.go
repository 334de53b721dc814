package profile

import (
	"fmt"
	"html"
	"sort"
	"strings"

	pprof "github.com/google/pprof/profile"

	"github.com/gorescue/gorescue/internal/goroutine"
)

// The measures of a flame graph, in pixels.
const (
	flameWidth = 1200
	flameRow   = 17
	flameFloor = 0.5 // narrower boxes are left out
	flameDepth = 120
)

// frameNode is one call in the tree of all stacks.
type frameNode struct {
	name     string
	value    int64
	children map[string]*frameNode
}

func (n *frameNode) child(name string) *frameNode {
	c := n.children[name]
	if c == nil {
		c = &frameNode{name: name, children: map[string]*frameNode{}}
		n.children[name] = c
	}
	return c
}

// Flame draws the stacks of a profile as an SVG picture that needs nothing else: the outermost call is at the bottom, the width is
// the value of the sample type kind, and each box tells its call and share when pointed at. nil when there is nothing to draw.
func Flame(p *pprof.Profile, kind, title string) []byte {
	col := -1
	if p != nil {
		col = column(p, kind)
	}
	if col < 0 {
		return nil
	}
	root := &frameNode{name: title, children: map[string]*frameNode{}}
	depth := 0
	for _, s := range p.Sample {
		v := s.Value[col]
		if v <= 0 {
			continue
		}
		fr := frames(s)
		root.value += v
		at := root
		for i := len(fr) - 1; i >= max(0, len(fr)-flameDepth); i-- {
			at = at.child(fr[i].Func)
			at.value += v
		}
		depth = max(depth, min(len(fr), flameDepth))
	}
	if root.value == 0 {
		return nil
	}
	var b strings.Builder
	height := (depth+2)*flameRow + 4
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="monospace" font-size="11">`+"\n", flameWidth, height, flameWidth, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fffdf8"/>`+"\n")
	root.draw(&b, 0, flameWidth, height-flameRow-2, root.value)
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

func (n *frameNode) draw(b *strings.Builder, x, width float64, y int, all int64) {
	share := float64(n.value) * 100 / float64(all)
	fmt.Fprintf(b, `<g><title>%s — %.1f %%</title><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s" stroke="#fff" stroke-width="0.5"/>`,
		html.EscapeString(n.name), share, x, y, width, flameRow-1, colour(n.name))
	if room := int(width / 6.7); room > 3 {
		fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`, x+2, y+flameRow-5, html.EscapeString(short(n.name, room)))
	}
	b.WriteString("</g>\n")
	names := make([]string, 0, len(n.children))
	for name := range n.children {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		c := n.children[name]
		w := width * float64(c.value) / float64(n.value)
		if w >= flameFloor {
			c.draw(b, x, w, y-flameRow, all)
		}
		x += w
	}
}

// short is a function's name without its folders, in at most n characters.
func short(name string, n int) string {
	name = name[strings.LastIndexByte(name, '/')+1:]
	if r := []rune(name); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return name
}

// colour tells the program's own calls from the standard library and the runtime.
func colour(name string) string {
	h := 0
	for _, c := range name {
		h = (h*31 + int(c)) % 97
	}
	switch {
	case strings.HasPrefix(name, "runtime."):
		return fmt.Sprintf("hsl(%d,25%%,80%%)", 200+h/4)
	case goroutine.Std(goroutine.Frame{Func: name}):
		return fmt.Sprintf("hsl(%d,60%%,80%%)", 90+h/3)
	}
	return fmt.Sprintf("hsl(%d,85%%,70%%)", 15+h/3)
}

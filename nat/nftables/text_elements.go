package nftables

import (
	"fmt"
	"slices"
	"strings"

	"drydock/nat"
)

// setText returns the name of a set or its elements.
func (x *executor) setText(name string, anon *nat.Elements, types, data []*dtype, verdicts bool) string {
	if name != "" {
		return "@" + name
	}
	return "{ " + x.elementsText(anon.Added(), types, data, verdicts, false) + " }"
}

// elementsText returns elements in the order of nft, in lines where they are those of a set that has a name.
func (x *executor) elementsText(list []*nat.Element, keys, data []*dtype, verdicts, lines bool) string {
	sortElements(list, keys)
	perLine := 1
	if len(keys) == 1 {
		perLine = keys[0].line
	}
	var b strings.Builder
	for i, e := range list {
		switch {
		case i == 0:
		case lines && i%perLine == 0:
			b.WriteString(",\n\t\t\t     ")
		default:
			b.WriteString(", ")
		}
		for k, d := range keys {
			if k > 0 {
				b.WriteString(" . ")
			}
			b.WriteString(x.rangeText(d, e.Key[k], e.Last[k]))
		}
		x.elementEnd(&b, e)
		switch {
		case verdicts:
			b.WriteString(" : " + verdictText(e.Verdict))
		case data != nil:
			b.WriteString(" : ")
			for k, d := range data {
				if k > 0 {
					b.WriteString(" . ")
				}
				b.WriteString(d.format(e.Data[k], x.numeric))
			}
		}
	}
	return b.String()
}

// sortElements puts elements in the order in which nft prints them: ranges of concatenations in that in which they were added.
func sortElements(list []*nat.Element, keys []*dtype) {
	ranges := slices.ContainsFunc(list, func(e *nat.Element) bool { return e.Key != e.Last })
	switch {
	case len(keys) == 1 && ranges:
		slices.SortFunc(list, func(a, b *nat.Element) int { return a.Key[0].Compare(b.Key[0]) })
		return
	case len(keys) == 1:
		slices.SortFunc(list, func(a, b *nat.Element) int { return keys[0].compare(a.Key[0], b.Key[0]) })
		return
	case ranges:
		return
	}
	slices.SortFunc(list, func(a, b *nat.Element) int {
		for i, d := range slices.Backward(keys) {
			if c := d.compareIn(a.Key[i], b.Key[i]); c != 0 {
				return c
			}
		}
		return 0
	})
}

// elementEnd writes what an element has counted, and its comment.
func (x *executor) elementEnd(b *strings.Builder, e *nat.Element) {
	if e.Counted {
		b.WriteString(" counter")
		if !x.stateless {
			fmt.Fprintf(b, " packets %d bytes %d", e.Counters().Packets, e.Counters().Bytes)
		}
	}
	if e.Comment != "" {
		fmt.Fprintf(b, " comment \"%s\"", e.Comment)
	}
}

// rangeText returns a value, a prefix or a range.
func (x *executor) rangeText(d *dtype, first, last nat.Word) string {
	if first == last {
		return d.format(first, x.numeric)
	}
	n, ok := d.prefixOf(first, last)
	if ok && d == typeIfname {
		return starText(first)
	}
	if ok && d.family > 0 {
		return fmt.Sprintf("%s/%d", d.format(first, x.numeric), n)
	}
	return d.format(first, x.numeric) + "-" + d.format(last, x.numeric)
}

// starText returns the names that begin so.
func starText(w nat.Word) string { return `"` + w.Name() + `*"` }

package nftables

import (
	"slices"
	"sort"

	"drydock/nat"
)

// once returns elements without those that are there twice. Those of a map that are there with another value, and those that
// overlap, are refused, unless ranges of one value are to be merged.
func once(list []element, isMap, interval bool) ([]element, *fault) {
	type place struct{ key, last nat.Words }
	seen := make(map[place]*element, len(list))
	var kept []element
	for i := range list {
		e := &list[i]
		switch old := seen[place{e.Key, e.Last}]; {
		case old == nil:
			seen[place{e.Key, e.Last}] = e
			kept = append(kept, *e)
		case isMap && (old.Data != e.Data || old.Verdict != e.Verdict):
			return nil, refused(nat.ErrThere, e.at)
		}
	}
	if !interval {
		return kept, nil
	}
	sorted := slices.Clone(kept)
	slices.SortStableFunc(sorted, func(a, b element) int { return a.Key[0].Compare(b.Key[0]) })
	for i := 1; i < len(sorted); i++ {
		if a, b := &sorted[i-1], &sorted[i]; b.Key[0].Compare(a.Last[0]) <= 0 {
			f := wrong(b.at, "conflicting intervals specified")
			f.because = &a.at
			return nil, f
		}
	}
	return kept, nil
}

// merged returns ranges of one value in order, those that overlap or follow each other as one.
func merged(list []element) (all []element) {
	slices.SortStableFunc(list, func(a, b element) int { return a.Key[0].Compare(b.Key[0]) })
	for _, e := range list {
		if n := len(all) - 1; n >= 0 && (e.Key[0].Compare(all[n].Last[0]) <= 0 || e.Key[0] == all[n].Last[0].Next()) {
			if all[n].Last[0].Compare(e.Last[0]) < 0 {
				all[n].Last[0] = e.Last[0]
			}
			continue
		}
		all = append(all, e)
	}
	return all
}

// set returns elements as those of a set or a map in braces.
func (p *parser) set(width int, list []element, isMap bool) *nat.Elements {
	ranges := slices.ContainsFunc(list, func(e element) bool { return e.Key != e.Last })
	if ranges && width == 1 && !isMap {
		list = merged(list)
	}
	list, f := once(list, isMap, ranges && width == 1)
	if f != nil {
		panic(f)
	}
	elements := make([]nat.Element, len(list))
	for i := range list {
		elements[i] = list[i].Element
	}
	s, err := nat.NewElements(width, elements...)
	if err != nil {
		panic(p.overlapping(width, list))
	}
	return s
}

// overlapping returns what is wrong with concatenations that overlap.
func (p *parser) overlapping(width int, list []element) *fault {
	first := sort.Search(len(list), func(n int) bool { // elements up to n, of which one overlaps with those before
		before := make([]nat.Element, n+1)
		for i := range before {
			before[i] = list[i].Element
		}
		_, err := nat.NewElements(width, before...)
		return err != nil
	})
	return refused(nat.ErrThere, list[first].at)
}

// anonymous takes a set in braces. One element is a comparison with it.
func (p *parser) anonymous(r *ruleSpec, list []selector, op nat.Op, mask nat.Word) {
	elements := p.elements(typesOf(list), nil, nil)
	if len(elements) == 1 && len(list) == 1 && mask == (nat.Word{}) {
		e := &elements[0]
		r.compareWith(list[0], op, e.Key[0], e.Last[0], e.prefix)
		return
	}
	r.add(nat.Lookup{Keys: keysOf(list), Anon: p.set(len(list), elements, false), Not: op == nat.Unequal, Mask: mask})
}

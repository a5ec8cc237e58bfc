package ipset

import (
	"fmt"
	"strings"
	"time"

	"drydock/nat/ipset"
)

// list is list and save.
func (s *session) list(args []string, save bool) error {
	sets, err := s.some(args)
	if err != nil {
		return err
	}
	if s.output != "" {
		save = s.output == "save"
	}
	var b strings.Builder
	first := true
	for _, lists := range []bool{false, true} { // lists come last, behind what they are made of
		for _, set := range sets {
			if spec := set.Spec(); (spec.Type == ipset.ListSet) != lists {
				continue
			}
			switch {
			case s.names:
				fmt.Fprintln(&b, set.Name())
			case save:
				saveSet(&b, set)
			default:
				if !first {
					fmt.Fprintln(&b)
				}
				s.plain(&b, set)
			}
			first = false
		}
	}
	s.Printf("%s", b.String())
	return nil
}

// plain writes a set for people.
func (s *session) plain(b *strings.Builder, set *ipset.Set) {
	spec, entries := set.Spec(), set.Entries()
	fmt.Fprintf(b, "Name: %s\nType: %s\nRevision: %d\nHeader: %s\nSize in memory: %d\nReferences: %d\nNumber of entries: %d\n",
		set.Name(), spec.Type, revisions[spec.Type], header(spec), size(spec, entries), s.tables.SetReferences(set), len(entries))
	if s.terse {
		return
	}
	fmt.Fprintln(b, "Members:")
	for _, e := range entries {
		fmt.Fprintln(b, entryText(spec, e))
	}
}

// saveSet writes the commands that make a set.
func saveSet(b *strings.Builder, set *ipset.Set) {
	spec, name := set.Spec(), set.Name()
	fmt.Fprintf(b, "create %s %s %s\n", name, spec.Type, header(spec))
	for _, e := range set.Entries() {
		fmt.Fprintf(b, "add %s %s\n", name, entryText(spec, e))
	}
}

// revisions are the newest that ipset 7.17 and Linux have in common.
var revisions = map[ipset.Type]int{
	ipset.HashIP: 6, ipset.HashNet: 7, ipset.HashIPPort: 7, ipset.HashNetPort: 8, ipset.BitmapPort: 3, ipset.ListSet: 3,
}

// header returns what a set was created with.
func header(spec ipset.Spec) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case spec.Type == ipset.BitmapPort:
		add("range %d-%d", spec.From, spec.To)
	case spec.Type == ipset.ListSet:
		add("size %d", spec.Size)
	default:
		family := "inet"
		if spec.V6 {
			family = "inet6"
		}
		add("family %s hashsize %d maxelem %d", family, spec.HashSize, spec.MaxElem)
		if spec.Netmask != 0 {
			add("netmask %d", spec.Netmask)
		}
	}
	if spec.Timeouts {
		add("timeout %d", spec.Timeout/time.Second)
	}
	if spec.Counters {
		add("counters")
	}
	if spec.Comments {
		add("comment")
	}
	if spec.Type.HasAddr() {
		add("bucketsize %d initval 0x%08x", spec.BucketSize, spec.InitVal)
	}
	return strings.Join(parts, " ")
}

// entryText returns an entry as list and save have it.
func entryText(spec ipset.Spec, e ipset.Entry) string {
	s := keyText(spec, e.Key)
	if spec.Timeouts {
		s += fmt.Sprintf(" timeout %d", (e.Timeout+time.Second-1)/time.Second)
	}
	if e.NoMatch {
		s += " nomatch"
	}
	if spec.Counters {
		s += fmt.Sprintf(" packets %d bytes %d", e.Packets, e.Bytes)
	}
	if e.Comment != "" {
		s += ` comment "` + e.Comment + `"`
	}
	return s
}

// size is what Linux says that a set has in memory: its head and for each entry of a hash
// a bucket of two, as measured with a kernel.
func size(spec ipset.Spec, entries []ipset.Entry) int {
	extra := 0
	for _, has := range []struct {
		there bool
		bytes int
	}{{spec.Timeouts, 8}, {spec.Counters, 16}, {spec.Comments, 8}} {
		if has.there {
			extra += has.bytes
		}
	}
	comments := 0
	for _, e := range entries {
		if e.Comment != "" {
			comments += 17 + len(e.Comment)
		}
	}
	switch spec.Type {
	case ipset.BitmapPort:
		n := int(spec.To) - int(spec.From) + 1
		return 72 + (n+63)/64*8 + n*extra + comments
	case ipset.ListSet:
		return 80 + len(entries)*(48+extra) + comments
	}
	base, each := hashSizes(spec)
	if extra > 0 {
		each = (each + 7) / 8 * 8
	}
	return base + len(entries)*(32+2*(each+extra)) + comments
}

// hashSizes are the head of a hash and one of its entries.
func hashSizes(spec ipset.Spec) (base, each int) {
	switch {
	case spec.Type == ipset.HashIP && spec.V6:
		return 224, 16
	case spec.Type == ipset.HashIP:
		return 216, 4
	case spec.Type == ipset.HashIPPort && spec.V6:
		return 232, 20
	case spec.Type == ipset.HashIPPort:
		return 216, 8
	case spec.V6:
		return 1240, 20
	}
	return 456, 8
}

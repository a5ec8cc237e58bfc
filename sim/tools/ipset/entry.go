package ipset

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"drydock/nat/ipset"
)

// entry is add, del and test.
func (s *session) entry(verb string, args []string) error {
	set, err := s.set(args[0])
	if err != nil {
		return err
	}
	spec := set.Spec()
	e := ipset.Entry{Default: true}
	keys, err := parseKeys(spec, args[1])
	if err != nil {
		return err
	}
	commented := false
	if err := options(args[2:], entryKeywords(spec, verb, &e, &commented)); err != nil {
		return err
	}
	if commented && !spec.Comments {
		return ipset.ErrNoComment
	}
	if verb == "test" {
		return s.test(set, args[1], keys, e)
	}
	return each(keys, func(k ipset.Key) error {
		e.Key = k
		if verb == "add" {
			return set.Add(e, s.exist)
		}
		if err := set.Delete(e); err != nil && !(s.exist && errors.Is(err, ipset.ErrNotAdded)) {
			return err
		}
		return nil
	})
}

// entryKeywords are those that go with a type and a command.
func entryKeywords(spec ipset.Spec, verb string, e *ipset.Entry, commented *bool) []keyword {
	var known []keyword
	if spec.Type.HasNet() {
		known = append(known, keyword{name: "nomatch", flag: true, set: func(string) error { e.NoMatch = true; return nil }})
	}
	if spec.Type == ipset.ListSet {
		beside := func(name string, into *string) keyword {
			return keyword{name: name, set: func(value string) error {
				*into = value
				return checkName(value)
			}}
		}
		known = append(known, beside("before", &e.Before), beside("after", &e.After))
	}
	if verb != "add" {
		return known
	}
	return append(known, numberInto("packets", 1<<64-1, &e.Packets), numberInto("bytes", 1<<64-1, &e.Bytes),
		keyword{name: "timeout", set: func(value string) error {
			n, err := number(value, 0, uint64(ipset.MaxTimeout/time.Second))
			e.Timeout, e.Default = time.Duration(n)*time.Second, false
			if err == nil && !spec.Timeouts {
				return ipset.ErrNoTimeout
			}
			return err
		}},
		keyword{name: "comment", set: func(value string) error {
			e.Comment, *commented = value, true
			switch {
			case len(value) > ipset.MaxComment:
				return fmt.Errorf("Syntax error: Comment is longer than the maximum allowed %d characters", ipset.MaxComment)
			case strings.ContainsAny(value, "\"\n"):
				return errors.New(`Syntax error: " character is not permitted in comments`)
			}
			return nil
		}})
}

// test tells about the entry, which is only one.
func (s *session) test(set *ipset.Set, word string, keys keyRange, e ipset.Entry) error {
	e.Key = keys.first()
	in, err := set.Test(e)
	if err != nil {
		return err
	}
	text := word
	if spec := set.Spec(); spec.Type != ipset.ListSet && (spec.Type.HasNet() || !strings.Contains(word, "/")) {
		text = keyText(spec, e.Key)
	}
	switch {
	case e.Before != "": // said the wrong way round, as ipset does
		text += " after " + e.Before
	case e.After != "":
		text += " before " + e.After
	}
	switch {
	case in && !s.quiet:
		s.Errorf("Warning: %s is in set %s.\n", text, set.Name())
	case !in && !s.quiet:
		s.Errorf("%s is NOT in set %s.\n", text, set.Name())
	}
	if !in {
		return errNotIn
	}
	return nil
}

// A keyRange is the entries that a word of the command line stands for: every network with
// every port.
type keyRange struct {
	ipset.Key
	nets []netip.Prefix // of hash:net; of hash:ip one with first and last
	last netip.Addr     // of addresses: the last one
	port uint16         // the last one
}

func (r keyRange) first() ipset.Key {
	k := r.Key
	if len(r.nets) > 0 {
		k.Net = r.nets[0]
	}
	return k
}

// maxKeys bounds what one word may stand for, as the default maxelem does.
const maxKeys = 65536

var errTooMany = errors.New("Syntax error: more than 65536 elements")

// each calls f for the entries up to the first error.
func each(r keyRange, f func(ipset.Key) error) error {
	nets := r.nets
	if len(nets) == 0 {
		nets = []netip.Prefix{r.Net}
	}
	n := 0
	for _, network := range nets {
		for addr := network.Addr(); ; addr = addr.Next() {
			for port := int(r.Key.Port); port <= max(int(r.port), int(r.Key.Port)); port++ {
				if n++; n > maxKeys {
					return errTooMany
				}
				k := r.Key
				k.Port = uint16(port)
				if addr.IsValid() {
					k.Net = netip.PrefixFrom(addr, network.Bits())
				}
				if err := f(k); err != nil {
					return err
				}
			}
			if !r.last.IsValid() || !addr.Less(r.last) {
				break
			}
		}
	}
	return nil
}

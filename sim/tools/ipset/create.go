package ipset

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"drydock/nat/ipset"
)

// A keyword is an option behind a command.
type keyword struct {
	name string
	flag bool // takes no value
	set  func(value string) error
}

// options reads the keywords that follow a command.
func options(words []string, known []keyword) error {
	for i := 0; i < len(words); i++ {
		var k *keyword
		for j := range known {
			if known[j].name == words[i] {
				k = &known[j]
			}
		}
		if k == nil {
			return usage("Unknown argument: `" + words[i] + "'")
		}
		value := ""
		if !k.flag {
			if i++; i == len(words) {
				return usage("Missing mandatory argument of option `" + k.name + "'")
			}
			value = words[i]
		}
		if err := k.set(value); err != nil {
			return err
		}
	}
	return nil
}

// number reads a number, in any base.
func number(s string, from, to uint64) (uint64, error) {
	n, err := strconv.ParseInt(s, 0, 64)
	switch {
	case err != nil:
		if m, err := strconv.ParseUint(s, 0, 64); err == nil && m <= to {
			return m, nil
		}
		return 0, fmt.Errorf("Syntax error: '%s' is invalid as number", s)
	case n < 0 && from == 0 && to == 0 || n < 0 || uint64(n) < from || uint64(n) > to:
		return 0, fmt.Errorf("Syntax error: '%s' is out of range %d-%d", s, from, to)
	}
	return uint64(n), nil
}

// numberInto is a keyword with a number.
func numberInto[T uint8 | uint32 | uint64](name string, to uint64, into *T) keyword {
	return keyword{name: name, set: func(value string) error {
		n, err := number(value, 0, to)
		*into = T(n)
		return err
	}}
}

const maxUint32 = 1<<32 - 1

// create makes a set. With -exist one like it may be there.
func (s *session) create(args []string) error {
	name, typename := args[0], args[1]
	if err := checkName(name); err != nil {
		return err
	}
	t, ok := ipset.TypeNamed(typename)
	if !ok {
		return fmt.Errorf("Syntax error: typename '%s' is unknown", typename)
	}
	spec := ipset.Spec{Type: t}
	ranged := false
	known := createKeywords(&spec, &ranged)
	if err := options(args[2:], known); err != nil {
		return err
	}
	if t == ipset.BitmapPort && !ranged {
		return usage("Mandatory option `range' is missing")
	}
	if old := s.tables.Sets().Find(name); old != nil && s.exist && alike(old.Spec(), spec) {
		return nil
	}
	_, err := s.tables.Sets().Create(name, spec)
	return err
}

// alike reports whether a set is as one that would be created, but for what may differ.
func alike(old, spec ipset.Spec) bool {
	return old.Type == spec.Type && old.V6 == spec.V6 && old.Timeouts == spec.Timeouts && old.Timeout == spec.Timeout &&
		old.Netmask == spec.Netmask && (spec.MaxElem == 0 || old.MaxElem == spec.MaxElem) && old.From == spec.From && old.To == spec.To
}

// createKeywords are those of a type.
func createKeywords(spec *ipset.Spec, ranged *bool) []keyword {
	known := []keyword{
		{name: "timeout", set: func(value string) error {
			n, err := number(value, 0, uint64(ipset.MaxTimeout/time.Second))
			spec.Timeouts, spec.Timeout = true, time.Duration(n)*time.Second
			return err
		}},
		{name: "counters", flag: true, set: func(string) error { spec.Counters = true; return nil }},
		{name: "comment", flag: true, set: func(string) error { spec.Comments = true; return nil }},
	}
	switch {
	case spec.Type == ipset.BitmapPort:
		return append(known, keyword{name: "range", set: func(value string) (err error) {
			*ranged = true
			_, spec.From, spec.To, err = parsePorts(value, protoTCP)
			return err
		}})
	case spec.Type == ipset.ListSet:
		return append(known, keyword{name: "size", set: func(value string) error {
			n, err := number(value, 0, maxUint32)
			spec.Size = max(uint32(n), 4) // IP_SET_LIST_MIN_SIZE
			return err
		}})
	}
	known = append(known, numberInto("maxelem", maxUint32, &spec.MaxElem), numberInto("bucketsize", 14, &spec.BucketSize),
		numberInto("initval", maxUint32, &spec.InitVal),
		keyword{name: "hashsize", set: func(value string) error {
			n, err := number(value, 0, maxUint32)
			for spec.HashSize = 64; uint64(spec.HashSize) < n && spec.HashSize < 1<<31; spec.HashSize *= 2 {
			}
			return err
		}},
		keyword{name: "family", set: func(value string) error {
			spec.V6 = strings.HasSuffix(value, "6")
			switch value {
			case "inet", "inet6", "ipv4", "ipv6", "-4", "-6":
				return nil
			}
			return fmt.Errorf("Syntax error: unknown inet family %s", value)
		}})
	if spec.Type == ipset.HashIP {
		known = append(known, keyword{name: "netmask", set: func(value string) error {
			most := uint64(32)
			if spec.V6 {
				most = 128
			}
			n, err := number(value, 1, most)
			if err != nil {
				return fmt.Errorf("%w\nSyntax error: netmask is out of the inclusive range of 1-%d", err, most)
			}
			if spec.Netmask = uint8(n); n == most {
				spec.Netmask = 0
			}
			return nil
		}})
	}
	return known
}

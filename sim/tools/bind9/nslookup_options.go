package bind9

import (
	"math"
	"strings"
	"time"
)

// set is an option of nslookup, or the word after set in its input. What is wrong with it is
// told, and has no effect.
func (n *nsRun) set(option string) {
	name, value, valued := strings.Cut(option, "=")
	if valued {
		n.setValue(option, strings.ToLower(name), value)
		return
	}
	off := strings.HasPrefix(name, "no")
	switch strings.ToLower(strings.TrimPrefix(name, "no")) {
	case "vc":
		n.tcp = !off
	case "search", "sea":
		n.search = !off
	case "recurse", "rec":
		n.recurse = !off
	default:
		n.Printf("*** Invalid option: %s\n", option)
	}
}

func (n *nsRun) setValue(option, name, value string) {
	number := func(what string, most uint64, set func(v int)) {
		v, err := parseNumber(what, value, most, 1)
		if err != nil {
			n.Printf("%s", strings.SplitAfter(err.Error(), "\n")[0])
			return
		}
		set(v)
	}
	switch name {
	case "type", "ty", "query", "querytype", "q", "qu":
		if t, ok := typeOf(value); ok {
			n.kind, n.given = t, true
		} else {
			n.Printf("unknown query type: %s\n", value)
		}
	case "class", "cl":
		if c, ok := classOf(value); ok {
			n.class = c
		} else {
			n.Printf("unknown query class: %s\n", value)
		}
	case "domain", "do":
		n.conf.Search, n.search = []string{value}, true
	case "port", "po":
		number("port", math.MaxUint16, func(v int) { n.port = v })
	case "timeout", "t":
		number("timeout", math.MaxInt32, func(v int) { n.timeout = time.Duration(max(v, 1)) * time.Second })
	case "retry", "ret":
		number("retries", math.MaxInt32, func(v int) { n.tries = v })
	default:
		n.Printf("*** Invalid option: %s\n", option)
	}
}

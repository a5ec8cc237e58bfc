package iproute2

import (
	"context"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A shaped is a machine whose interfaces have queueing disciplines.
type shaped interface {
	machine
	Qdiscs(dev string) ([]sim.Qdisc, error)
	SetQdiscs(dev string, list []sim.Qdisc) error
}

// A tc is one run of tc.
type tc struct {
	*ip
	m       shaped
	details bool
}

// TC is tc(8), for tc qdisc.
func TC(_ context.Context, c *command.Call) int {
	p := &tc{ip: &ip{Call: c}}
	return report(c, p.run(c.Args[1:]))
}

func (p *tc) run(args []string) error {
	for ; len(args) > 0 && strings.HasPrefix(args[0], "-"); args = args[1:] {
		switch opt := args[0]; {
		case is(opt, "-stats") || is(opt, "-statistics"):
			p.stats++
		case is(opt, "-Version"):
			p.Printf("tc utility, iproute2-6.1.0, libbpf 1.1.2\n")
			return nil
		case is(opt, "-help"):
			return failure{0, tcUsage}
		case is(opt, "-oneline"):
			p.single = true
		case is(opt, "-pretty"), opt == "-force":
			// for JSON and for batches, which there are not
		case is(opt, "-details"):
			p.details = true
		default:
			return fail(exit, `Option "`+opt+`" is unknown, try "tc -help".`)
		}
	}
	switch {
	case len(args) == 0, is(args[0], "help"):
		return failure{0, tcUsage}
	case !is(args[0], "qdisc"):
		return fail(exit, `Object "`+args[0]+`" is unknown, try "tc help".`)
	}
	args = args[1:]
	var ok bool
	if p.m, ok = p.Machine.(shaped); !ok {
		return fail(1, "Cannot open netlink socket: Protocol not supported")
	}
	p.ip.m = p.m
	return p.qdisc(args)
}

// A modification is what a command of tc qdisc does to what is there: NLM_F_CREATE, _EXCL and
// _REPLACE of netlink.
type modification struct{ create, exclusive, replace, remove bool }

func (p *tc) qdisc(args []string) error {
	verb := "show"
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	switch {
	case is(verb, "add"):
		return p.modify(args, modification{create: true, exclusive: true})
	case is(verb, "change"):
		return p.modify(args, modification{})
	case is(verb, "replace"):
		return p.modify(args, modification{create: true, replace: true})
	case is(verb, "delete"):
		return p.modify(args, modification{remove: true})
	case is(verb, "list"), is(verb, "show"), is(verb, "lst"):
		return p.show(args)
	case is(verb, "help"):
		return failure{0, qdiscUsage}
	}
	return fail(exit, `Command "`+verb+`" is unknown, try "tc qdisc help".`)
}

// kernelError is an error that the kernel has words for.
func kernelError(text string) error { return fail(2, "Error: "+text+".") }

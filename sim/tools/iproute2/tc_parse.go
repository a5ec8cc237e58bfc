package iproute2

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"drydock/sim"
	"drydock/veth"
)

// root is the parent that tc calls root.
const root = 0xffffffff

// An asked is what a line of tc qdisc asks for.
type asked struct {
	dev    string
	kind   string
	handle uint16
	parent uint32   // 0: not said
	args   []string // behind the kind
	qdisc  sim.Qdisc
}

// parseQdisc reads what comes after add, change, replace or del.
func parseQdisc(words []string) (q asked, err error) {
	args := arguments(words)
	for len(args) > 0 && q.kind == "" && err == nil {
		word, _ := args.next()
		switch {
		case word == "dev":
			if word, err = args.value(); err == nil && q.dev != "" {
				err = twice("dev", word)
			} else {
				q.dev = word
			}
		case word == "handle":
			err = q.parseHandle(&args)
		case word == "root":
			if q.parent != 0 {
				err = fail(exit, `Error: "root" is duplicate parent ID`)
			}
			q.parent = root
		case word == "parent":
			err = q.parseParent(&args)
		case is(word, "help"):
			err = failure{exit, qdiscUsage}
		default:
			q.kind = word
		}
	}
	if err == nil && q.kind != "" {
		err = q.options(args)
	}
	return q, err
}

func twice(name, word string) error {
	return fail(exit, `Error: duplicate "`+name+`": "`+word+`" is the second value.`)
}

func wrongID(word, problem string) error {
	return fail(exit, `Error: argument "`+word+`" is wrong: `+problem)
}

func (q *asked) parseHandle(args *arguments) error {
	if q.handle != 0 {
		return twice("handle", "handle")
	}
	word, err := args.value()
	if err != nil {
		return err
	}
	n, ok := handleOf(word)
	if !ok {
		return wrongID(word, "invalid qdisc ID")
	}
	q.handle = n
	return nil
}

// handleOf reads "1:" or "1".
func handleOf(word string) (uint16, bool) {
	if word == "none" {
		return 0, true
	}
	major, _, _ := strings.Cut(word, ":")
	n, err := strconv.ParseUint(major, 16, 16)
	return uint16(n), err == nil
}

func (q *asked) parseParent(args *arguments) error {
	word, err := args.value()
	switch {
	case err != nil:
		return err
	case q.parent != 0:
		return twice("parent", word)
	}
	n, ok := classOf(word)
	if !ok {
		return wrongID(word, "invalid parent ID")
	}
	q.parent = n
	return nil
}

// classOf reads "1:1", "1:" or ":1", all in hexadecimal.
func classOf(word string) (uint32, bool) {
	switch word {
	case "root":
		return root, true
	case "none":
		return 0, true
	}
	major, minor, colon := strings.Cut(word, ":")
	if !colon {
		n, err := strconv.ParseUint(major, 16, 32)
		return uint32(n), err == nil
	}
	high, err := strconv.ParseUint("0"+major, 16, 16)
	if err != nil {
		return 0, false
	}
	low, err := strconv.ParseUint("0"+minor, 16, 16)
	return uint32(high)<<16 | uint32(low), err == nil
}

// usages are those that tc prints behind an error of a kind's options.
var usages = map[string]string{"netem": netemUsage, "tbf": tbfUsage, "codel": codelUsage, "fq_codel": fqCodelUsage}

// options reads those of the kind. What the kind is, is the kernel's to say.
func (q *asked) options(args []string) (err error) {
	text := strings.Join(args, " ")
	q.args, q.qdisc.Kind = args, q.kind
	switch q.kind {
	case "netem":
		if q.qdisc.Netem, err = veth.ParseNetem(text); err == nil {
			err = tooLong(q.qdisc.Netem.Delay)
		}
	case "tbf":
		q.qdisc.TBF, err = veth.ParseTBF(text)
	case "codel":
		q.qdisc.Queue, err = ofKind(veth.ParseCoDel(text))
	case "fq_codel":
		q.qdisc.Queue, err = ofKind(veth.ParseFQCoDel(text))
	case "pfifo", "bfifo":
		return q.fifo(args)
	default:
		if len(args) > 0 {
			return fail(1, `Unknown qdisc "`+q.kind+`", hence option "`+args[0]+`" is unparsable`)
		}
	}
	return q.refusal(err)
}

// tooLong refuses what tc 6.1 cannot say to the kernel, 2^32 ticks of 64 ns. It counts microseconds
// in 32 bits.
func tooLong(delay time.Duration) error {
	if us := delay.Microseconds(); us*1000>>6 >= 1<<32 {
		return failure{1, fmt.Sprintf("Illegal %d time (too large)\nIllegal \"latency\"\n", uint32(us))}
	}
	return nil
}

// refusal is how tc or the kernel tell what is wrong with options.
func (q *asked) refusal(err error) error {
	bad := new(veth.TextError)
	switch {
	case errors.As(err, new(failure)):
		return err
	case err == nil:
		return nil
	case !errors.As(err, &bad):
		return fail(2, "RTNETLINK answers: Invalid argument ("+err.Error()+")")
	case bad.Incomplete():
		return errIncomplete
	case bad.Message == "":
		return failure{1, usages[bad.Usage]}
	}
	return failure{1, bad.Message + "\n" + usages[bad.Usage]}
}

func ofKind[D veth.Discipline](d D, err error) (veth.Discipline, error) { return d, err }

func (q *asked) fifo(args []string) error {
	q.qdisc.Limit = 1000
	if q.kind == "bfifo" {
		q.qdisc.Limit = 1000 * 1514
	}
	if len(args) == 0 {
		return nil
	}
	switch {
	case args[0] == "help":
		return failure{1, fifoUsage}
	case args[0] != "limit":
		return failure{1, q.kind + `: unknown parameter "` + args[0] + "\"\n" + fifoUsage}
	case len(args) > 2:
		return failure{1, q.kind + `: unknown parameter "` + args[2] + "\"\n" + fifoUsage}
	case len(args) == 1:
		return errIncomplete
	}
	n, err := strconv.ParseUint(strings.TrimRight(args[1], "b"), 10, 20)
	if err != nil {
		return failure{1, q.kind + `: Illegal value for "limit": "` + args[1] + "\"\n"}
	}
	q.qdisc.Limit = int(n)
	return nil
}

package iproute2

import (
	"slices"
	"strings"

	"drydock/sim"
	"drydock/veth"
)

// kinds are the qdiscs of the emulated kernel.
var kinds = []string{"netem", "tbf", "codel", "fq_codel", "pfifo", "bfifo"}

// modify is tc qdisc add, change, replace and del.
func (p *tc) modify(words []string, how modification) error {
	q, err := parseQdisc(words)
	if err != nil {
		return err
	}
	if q.dev == "" {
		return fail(2, "RTNETLINK answers: No such device")
	}
	list, err := p.m.Qdiscs(q.dev)
	if err != nil {
		return fail(1, `Cannot find device "`+q.dev+`"`)
	}
	if how.remove {
		list, err = remove(list, q)
	} else {
		list, err = put(list, q, how)
	}
	if err != nil {
		return err
	}
	return kernel(p.m.SetQdiscs(q.dev, list))
}

func byHandle(list []sim.Qdisc, handle uint16) int {
	return slices.IndexFunc(list, func(q sim.Qdisc) bool { return q.Handle == handle })
}

// find returns where the qdisc is that hangs on the asked parent, -1 if there is none, and
// where its parent is.
func find(list []sim.Qdisc, parent uint32, missing string) (at, above int, err error) {
	if parent == root {
		return min(len(list), 1) - 1, -1, nil
	}
	above = byHandle(list, uint16(parent>>16))
	if above < 0 || parent>>16 == 0 {
		return 0, 0, kernelError(missing)
	}
	if at = above + 1; at == len(list) {
		at = -1
	}
	return at, above, nil
}

// put is the kernel's tc_modify_qdisc.
func put(list []sim.Qdisc, q asked, how modification) ([]sim.Qdisc, error) {
	at, above := -1, -1
	var err error
	switch {
	case q.parent != 0:
		if at, above, err = find(list, q.parent, "Failed to find specified qdisc"); err != nil {
			return nil, err
		}
		if q.handle != 0 && (at < 0 || list[at].Handle != q.handle) {
			if at >= 0 && !how.replace {
				return nil, kernelError("NLM_F_REPLACE needed to override")
			}
			if byHandle(list, q.handle) >= 0 {
				return nil, kernelError("Exclusivity flag on, cannot override")
			}
			return create(list, above, q, how)
		}
		if at < 0 || q.handle == 0 && how.create && how.replace && list[at].Kind != q.kind {
			return create(list, above, q, how)
		}
	case q.handle == 0:
		return nil, kernelError("Handle cannot be zero")
	default:
		if at = byHandle(list, q.handle); at < 0 {
			return nil, kernelError("Specified qdisc not found")
		}
	}
	switch {
	case how.exclusive:
		return nil, kernelError("Exclusivity flag on, cannot modify")
	case q.kind != "" && list[at].Kind != q.kind:
		return nil, kernelError("Invalid qdisc name")
	case q.kind == "":
		return list, nil
	}
	return list, q.change(&list[at])
}

// change is the change of the kind's Qdisc_ops, which keeps what is not said.
func (q *asked) change(was *sim.Qdisc) (err error) {
	now, text := q.qdisc, strings.Join(q.args, " ")
	now.Handle, now.Parent = was.Handle, was.Parent
	switch old := was.Queue.(type) {
	case veth.CoDel:
		now.Queue, err = ofKind(veth.ChangeCoDel(old, text))
	case veth.FQCoDel:
		now.Queue, err = ofKind(veth.ChangeFQCoDel(old, text))
	}
	if q.kind == "netem" {
		state := was.Netem
		if was.Kept != (veth.Impairment{}) {
			state = was.Kept
		}
		now.Netem, now.Kept, err = veth.ChangeNetem(state, text)
	}
	if err == nil {
		*was = now
	}
	return q.refusal(err)
}

// create hangs a new qdisc under that at above, -1 for the root, in the place of what is there.
func create(list []sim.Qdisc, above int, q asked, how modification) ([]sim.Qdisc, error) {
	switch {
	case !how.create:
		return nil, kernelError("Qdisc not found. To create specify NLM_F_CREATE flag")
	case !slices.Contains(kinds, q.kind):
		return nil, kernelError("Specified qdisc kind is unknown")
	}
	q.qdisc.Handle = q.handle // 0 is the next
	if q.parent != root {
		q.qdisc.Parent = q.parent
	}
	return append(list[:above+1:above+1], q.qdisc), nil
}

// remove is the kernel's tc_get_qdisc for RTM_DELQDISC. What hangs below goes, too.
func remove(list []sim.Qdisc, q asked) ([]sim.Qdisc, error) {
	if q.parent == 0 {
		if byHandle(list, q.handle) < 0 || q.handle == 0 {
			return nil, kernelError("Failed to find qdisc with specified handle")
		}
		return nil, kernelError("Classid cannot be zero")
	}
	at, _, err := find(list, q.parent, "Failed to find qdisc with specified classid")
	switch {
	case err != nil:
		return nil, err
	case at < 0 && q.handle != 0:
		return nil, kernelError("Invalid handle")
	case at < 0:
		return nil, kernelError("Cannot delete qdisc with handle of zero")
	case q.handle != 0 && list[at].Handle != q.handle:
		return nil, kernelError("Invalid handle")
	case q.kind != "" && list[at].Kind != q.kind:
		return nil, kernelError("Invalid qdisc name")
	}
	return list[:at], nil
}

package nat

import "fmt"

// ConnMark is CONNMARK. What it does is Op:
//
//	SetConnMark      ctmark = ctmark&^CTMask ^ Value
//	SaveConnMark     ctmark = ctmark&^CTMask ^ mark&NFMask
//	RestoreConnMark  mark = mark&^NFMask ^ ctmark&CTMask
//
// where ctmark is the mark of the connection and mark that of the packet. Shift is how many bits
// the result is shifted to the left or with Right to the right; of SaveConnMark and RestoreConnMark
// it is what is behind the ^.
type ConnMark struct {
	Op             ConnMarkOp
	Value          uint32 // of SetConnMark
	CTMask, NFMask uint32
	Shift          uint8
	Right          bool
}

// A ConnMarkOp is what ConnMark does.
type ConnMarkOp uint8

// What ConnMark does.
const (
	SetConnMark ConnMarkOp = iota
	SaveConnMark
	RestoreConnMark
)

var _ = reserve("CONNMARK")

// maxMarkShift is Linux's limit. iptables knows another one and asks for 32, too.
const maxMarkShift = 31

// String prints --set-xmark whatever was given.
func (t ConnMark) String() string {
	switch t.Op {
	case SaveConnMark:
		return fmt.Sprintf("-j CONNMARK --save-mark --nfmask %#x --ctmask %#x", t.NFMask, t.CTMask) + t.ShiftText(" --")
	case RestoreConnMark:
		return fmt.Sprintf("-j CONNMARK --restore-mark --nfmask %#x --ctmask %#x", t.NFMask, t.CTMask) + t.ShiftText(" --")
	}
	return fmt.Sprintf("-j CONNMARK --set-xmark %#x/%#x", t.Value, t.CTMask) + t.ShiftText(" --")
}

// ShiftText returns "left-shift-mark 4" behind a prefix, nothing for no bits.
func (t ConnMark) ShiftText(prefix string) string {
	switch {
	case t.Shift == 0:
		return ""
	case t.Right:
		return fmt.Sprintf("%sright-shift-mark %d", prefix, t.Shift)
	}
	return fmt.Sprintf("%sleft-shift-mark %d", prefix, t.Shift)
}

func (t ConnMark) shift(mark uint32) uint32 {
	if t.Right {
		return mark >> t.Shift
	}
	return mark << t.Shift
}

func (ConnMark) place() place { return anywhere }

func (t ConnMark) checked(setting) (Target, error) {
	switch {
	case t.Op > RestoreConnMark, t.Op == SetConnMark && t.NFMask != 0, t.Op != SetConnMark && t.Value != 0, t.Shift > maxMarkShift, t.Right && t.Shift == 0:
		return nil, ErrValue
	}
	return t, nil
}

// apply leaves packets without a connection alone.
func (t ConnMark) apply(_ *host, p *packet) verdict {
	if p.conn == nil {
		return carryOn
	}
	ct := p.conn.Mark()
	switch t.Op {
	case SetConnMark:
		p.conn.SetMark(t.shift(ct&^t.CTMask ^ t.Value))
	case SaveConnMark:
		p.conn.SetMark(ct&^t.CTMask ^ t.shift(p.pkt.Mark&t.NFMask))
	case RestoreConnMark:
		p.pkt.Mark = p.pkt.Mark&^t.NFMask ^ t.shift(ct&t.CTMask)
	}
	return carryOn
}

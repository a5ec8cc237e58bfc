package nat

import (
	"fmt"

	"drydock/nat/internal/words"
)

// NFLog is NFLOG: the packet is told to the logger of the tables, as by Log with all options
// at level info, with its group and prefix, and to those who [OnTrace]. Range, Size and
// Threshold are how many bytes Linux copies to a program and how many packets at a time:
// here there is no program and they change nothing.
type NFLog struct {
	Group     uint16
	Prefix    string // up to 127 bytes
	Range     uint32 // --nflog-range
	Size      uint32 // --nflog-size
	HasSize   bool
	Threshold uint16
}

var _ = reserve("NFLOG")

// maxNFLogPrefix is that of nf_tables without its closing 0.
const maxNFLogPrefix = 127

func (t NFLog) String() string { return "-j NFLOG" + t.Text(" --") }

// Text returns the options, each behind sep.
func (t NFLog) Text(sep string) string {
	s := ""
	if t.Prefix != "" {
		s += sep + "nflog-prefix " + words.Quote(t.Prefix)
	}
	if t.Group != 0 {
		s += fmt.Sprintf("%snflog-group %d", sep, t.Group)
	}
	if t.HasSize {
		s += fmt.Sprintf("%snflog-size %d", sep, t.Size)
	} else if t.Range != 0 {
		s += fmt.Sprintf("%snflog-range %d", sep, t.Range)
	}
	if t.Threshold != 0 {
		s += fmt.Sprintf("%snflog-threshold %d", sep, t.Threshold)
	}
	return s
}

func (NFLog) place() place { return anywhere }

func (t NFLog) checked(setting) (Target, error) {
	if len(t.Prefix) > maxNFLogPrefix || t.Size != 0 && !t.HasSize {
		return nil, ErrValue
	}
	return t, nil
}

const logInfo = 6

func (t NFLog) apply(h *host, p *packet) verdict {
	line := func() string {
		l := traceLog
		l.Prefix = t.Prefix
		return fmt.Sprintf("NFLOG group %d: %s", t.Group, l.line(p))
	}
	if h.onTrace != nil {
		h.onTrace(Traced{Group: t.Group, Prefix: t.Prefix, Verdict: "nflog", Packet: traceLog.line(p)})
	}
	h.log(logInfo, line)
	return carryOn
}

package conntrack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Each step is a direction, a segment and "->" what "conntrack -L" then says of
// timeout, state and assurance; "invalid", "reopened" or "gone" instead of it.
func TestTCPScenarios(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string]string{
		"open and close": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			> ack    -> 432000 ESTABLISHED [ASSURED]
			< ack    -> 432000 ESTABLISHED [ASSURED]
			> fin    -> 120 FIN_WAIT [ASSURED]
			< ack    -> 60 CLOSE_WAIT [ASSURED]
			< fin    -> 30 LAST_ACK [ASSURED]
			> ack    -> 120 TIME_WAIT [ASSURED]
			< fin    -> 120 TIME_WAIT [ASSURED]`,
		"closed at once by both": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			> ack    -> 432000 ESTABLISHED [ASSURED]
			< fin    -> 120 FIN_WAIT [ASSURED]
			> fin    -> 30 LAST_ACK [ASSURED]
			< ack    -> 120 TIME_WAIT [ASSURED]`,
		"refused": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< rst    -> gone`,
		"unanswered SYNs do not prolong": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			+ 3s
			> syn    -> 117 SYN_SENT [UNREPLIED]
			> ack    -> invalid
			> fin    -> invalid
			> synack -> invalid
			+ 117s   -> gone`,
		"reset": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			< rst    -> 10 CLOSE
			> ack    -> 10 CLOSE
			+ 10s    -> gone`,
		"simultaneous open": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< syn    -> 120 SYN_SENT2
			< synack -> 60 SYN_RECV
			> synack -> 60 SYN_RECV
			< ack    -> 432000 ESTABLISHED [ASSURED]`,
		"picked up in the middle": `
			> ack    -> 300 ESTABLISHED [UNREPLIED]
			> ack    -> 300 ESTABLISHED [UNREPLIED]
			< ack    -> 300 ESTABLISHED
			< ack    -> 432000 ESTABLISHED [ASSURED]`,
		"nothing else begins": `
			> synack -> invalid
			> fin    -> invalid
			> rst    -> invalid
			> xmas   -> invalid`,
		"half-open": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< ack    -> 120 SYN_SENT
			> rst    -> 10 CLOSE
			> syn    -> reopened 120 SYN_SENT [UNREPLIED]`,
		"reopened from TIME_WAIT": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			> ack    -> 432000 ESTABLISHED [ASSURED]
			> fin    -> 120 FIN_WAIT [ASSURED]
			< fin    -> 30 LAST_ACK [ASSURED]
			> ack    -> 120 TIME_WAIT [ASSURED]
			+ 60s
			> syn    -> reopened 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV`,
		"not reopened by the peer of who reset": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			< rst    -> 10 CLOSE
			+ 1s
			> syn    -> 9 CLOSE`,
		"a SYN on a connection that is open is ignored": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			> ack    -> 432000 ESTABLISHED [ASSURED]
			+ 1s
			> syn    -> 431999 ESTABLISHED [ASSURED]
			< syn    -> invalid
			< synack -> 431999 ESTABLISHED [ASSURED]`,
		"unless the peer accepts it": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			> ack    -> 432000 ESTABLISHED [ASSURED]
			> syn seq=99 -> 432000 ESTABLISHED [ASSURED]
			< synack ack=100 -> 60 SYN_RECV [ASSURED]
			> ack    -> 432000 ESTABLISHED [ASSURED]`,
		"a connection that begins so is not closed": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			> ack    -> 432000 ESTABLISHED [ASSURED]
			> fin    -> 120 FIN_WAIT [ASSURED]
			> syn seq=99 -> 120 FIN_WAIT [ASSURED]
			< synack ack=100 -> 60 SYN_RECV [ASSURED]
			< rst    -> 10 CLOSE [ASSURED]
			> syn    -> 10 CLOSE [ASSURED]`,
		"an ACK that challenges a SYN is not the last one": `
			> syn    -> 120 SYN_SENT [UNREPLIED]
			< synack -> 60 SYN_RECV
			> ack    -> 432000 ESTABLISHED [ASSURED]
			> fin    -> 120 FIN_WAIT [ASSURED]
			< fin    -> 30 LAST_ACK [ASSURED]
			> syn    -> 30 LAST_ACK [ASSURED]
			< ack    -> 30 LAST_ACK [ASSURED]
			< ack    -> 120 TIME_WAIT [ASSURED]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playTCP(t, steps)
		})
	}
}

var segments = map[string]Packet{
	"syn": syn, "synack": synack, "ack": ack, "fin": fin, "rst": rst, "xmas": {Flags: flagFIN | flagURG | flagPSH},
}

func playTCP(t *testing.T, steps string) {
	b := newBed(t, Config{})
	orig := tuple("tcp 10.0.0.1:1000 10.0.0.2:80")
	reply, _ := orig.Invert()
	for step := range strings.Lines(strings.TrimSpace(steps)) {
		action, want, _ := strings.Cut(strings.TrimSpace(step), "->")
		f := strings.Fields(action)
		before := b.lines()
		outcome := ""
		if f[0] == "+" {
			d, err := time.ParseDuration(f[1])
			require.NoError(t, err)
			b.clock.Advance(d)
			if want == "" {
				continue
			}
		} else {
			p := segments[f[1]]
			require.NotZero(t, p, step)
			if len(f) > 2 {
				_, err := fmt.Sscanf(strings.NewReplacer("seq=", "", "ack=", "").Replace(f[2]), "%d", &p.Seq)
				require.NoError(t, err)
				p.Ack = p.Seq
			}
			tup := orig
			if f[0] == "<" {
				tup = reply
			}
			old, _ := b.Find(&tup)
			c, _, err := b.Track(&tup, &p)
			if err != nil {
				require.ErrorIs(t, err, ErrInvalid)
				require.Equal(t, "invalid", strings.TrimSpace(want), step)
				require.Equal(t, before, b.lines(), step)
				continue
			}
			if old != nil && old != c {
				outcome = "reopened "
				require.True(t, old.has(Dying))
			}
			if !c.has(Dying) {
				_, err = b.Confirm(c)
				require.NoError(t, err)
			}
		}
		require.Equal(t, strings.TrimSpace(want), outcome+b.summary(), step)
	}
}

// summary is the line of the only connection without its tuples.
func (b *bed) summary() string {
	lines := b.lines()
	if len(lines) == 0 {
		return "gone"
	}
	require.Len(b.t, lines, 1)
	var words []string
	for i, w := range strings.Fields(lines[0]) {
		if i >= 2 && !strings.Contains(w, "=") {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

package conntrack

// A TCPState is a state of nf_conntrack_proto_tcp.
type TCPState uint8

const (
	None        TCPState = iota // not TCP
	SynSent                     // a SYN was seen
	SynRecv                     // a SYN and an ACK in reply were
	Established                 // an ACK was
	FinWait                     // a FIN was
	CloseWait                   // and its ACK
	LastAck                     // FINs were seen in both directions
	TimeWait                    // and the last ACK
	Close                       // a RST was seen
	SynSent2                    // SYNs were seen in both directions

	numStates

	stateInvalid // not a state: the packet belongs to no connection
	stateIgnored // not a state: the packet passes and changes nothing
)

var stateNames = [numStates]string{
	"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT",
	"CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2",
}

// String returns the name that "conntrack -L" prints.
func (s TCPState) String() string {
	if s < numStates {
		return stateNames[s]
	}
	return "UNKNOWN"
}

// The flags of a TCP header.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
	flagURG
	flagECE
	flagCWR
)

// A tcpEvent is what a segment means to the state.
type tcpEvent uint8

const (
	eventSYN tcpEvent = iota
	eventSYNACK
	eventFIN
	eventACK
	eventRST
	eventNone
	numEvents
)

// tcpEventOf returns the event of a segment; false for flags that no segment has.
func tcpEventOf(flags uint8) (tcpEvent, bool) {
	switch flags &^ (flagPSH | flagECE | flagCWR) {
	case flagSYN, flagSYN | flagURG:
		return eventSYN, true
	case flagSYN | flagACK:
		return eventSYNACK, true
	case flagFIN | flagACK, flagFIN | flagACK | flagURG:
		return eventFIN, true
	case flagACK, flagACK | flagURG:
		return eventACK, true
	case flagRST, flagRST | flagACK:
		return eventRST, true
	}
	return eventNone, false
}

// stateLetters name the states in transitionText, in their order; besides, "-" is
// an invalid packet and "." an ignored one.
const stateLetters = "nSREFCLTX2"

// transitionText holds for each direction and event what follows on each state.
var transitionText = [2][numEvents]string{
	Original: {
		//            nSREFCLTX2
		eventSYN:    "SS.....SS2",
		eventSYNACK: "--R------R",
		eventFIN:    "--FFLLLTX-",
		eventACK:    "E-EECCTTX-",
		eventRST:    "-XXXXXXXXX",
		eventNone:   "----------",
	},
	Reply: {
		eventSYN:    "-2-----S-2",
		eventSYNACK: "-R.......R",
		eventFIN:    "--FFLLLTX-",
		eventACK:    "-.RECCTTX.",
		eventRST:    "-XXXXXXXXX",
		eventNone:   "----------",
	},
}

var transitions = parseTransitions()

// parseTransitions reads the table once, when the package is initialized. It stands as
// text so that it can be compared with Linux's line by line.
func parseTransitions() (table [2][numEvents][numStates]TCPState) {
	var state [256]TCPState
	state['-'], state['.'] = stateInvalid, stateIgnored
	for i := range stateLetters {
		state[stateLetters[i]] = TCPState(i)
	}
	for d := range transitionText {
		for e, row := range transitionText[d] {
			for i := range row {
				table[d][e][i] = state[row[i]]
			}
		}
	}
	return table
}

package tcpdump

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

const version = "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.19 27 Jan 2026\n"

// usage is the real one's, options that are not here included.
const usage = `Usage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]
		[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]
		[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]
		[ -M secret ] [ --number ] [ --print ] [ -Q in|out|inout ]
		[ -r file ] [ -s snaplen ] [ -T type ] [ --version ]
		[ -V file ] [ -w file ] [ -W filecount ] [ -y datalinktype ]
		[ --time-stamp-precision precision ] [ --micro ] [ --nano ]
		[ -z postrotate-command ] [ -Z user ] [ expression ]
`

// maxSnap is what is kept of a frame unless -s says otherwise.
const maxSnap = 262144

// options are what the command line says.
type options struct {
	device, read, write string
	direction           string
	count, snap         int
	numeric             bool
	link, quiet         bool
	absolute            bool
	private             bool // no promiscuous mode
	list                bool
	verbose, times      int
	hex, ascii          int
	expr                string
}

// errUsage has the usage printed after its text.
var errUsage = errors.New("usage")

// parse reads the options as getopt(3) does.
func parse(args []string) (o options, err error) {
	o.snap = maxSnap
	var words []string
	for len(args) > 0 {
		word, isOption := strings.CutPrefix(args[0], "-")
		args = args[1:]
		if word == "-" && isOption {
			words = append(words, args...)
			break
		}
		if !isOption || word == "" {
			if isOption {
				word = "-"
			}
			words = append(words, word)
			continue
		}
		if word == "-version" || word == "-help" {
			return o, fmt.Errorf("%w: %s", io.EOF, word[1:])
		}
		for word != "" {
			letter := word[0]
			word = word[1:]
			if !strings.ContainsRune("icrwsQ", rune(letter)) {
				if !o.flag(letter) {
					return o, fmt.Errorf("%w: tcpdump: invalid option -- '%c'\n", errUsage, letter)
				}
				continue
			}
			if word == "" {
				if len(args) == 0 {
					return o, fmt.Errorf("%w: tcpdump: option requires an argument -- '%c'\n", errUsage, letter)
				}
				word, args = args[0], args[1:]
			}
			if err := o.set(letter, word); err != nil {
				return o, err
			}
			word = ""
		}
	}
	o.expr = strings.Join(words, " ")
	return o, nil
}

// flag notes an option without a value.
func (o *options) flag(letter byte) bool {
	switch letter {
	case 'n':
		o.numeric = true
	case 'e':
		o.link = true
	case 'q':
		o.quiet = true
	case 'v':
		o.verbose++
	case 't':
		o.times++
	case 'x':
		o.hex++
	case 'X':
		o.hex++
		o.ascii++
	case 'A':
		o.ascii = -1
	case 'S':
		o.absolute = true
	case 'p':
		o.private = true
	case 'D':
		o.list = true
	case 'l', 'U':
	default:
		return false
	}
	return true
}

// set notes an option with a value.
func (o *options) set(letter byte, value string) error {
	n, err := strconv.Atoi(value)
	switch letter {
	case 'i':
		o.device = value
	case 'r':
		o.read = value
	case 'w':
		o.write = value
	case 'c':
		if err != nil || n <= 0 {
			return fmt.Errorf("tcpdump: invalid packet count %s", value)
		}
		o.count = n
	case 's':
		if err != nil || n < 0 || n > maxSnap {
			return fmt.Errorf("tcpdump: invalid snaplen %s (must be >= 0 and <= %d)", value, maxSnap)
		}
		if n > 0 {
			o.snap = n
		}
	case 'Q':
		if value != "in" && value != "out" && value != "inout" {
			return fmt.Errorf("tcpdump: unknown capture direction `%s'", value)
		}
		o.direction = value
	}
	return nil
}

// refuse prints what is wrong with the command line.
func refuse(c *command.Call, err error) int {
	switch {
	case errors.Is(err, io.EOF) && strings.HasSuffix(err.Error(), "version"):
		c.Printf("%s", version)
		return 0
	case errors.Is(err, io.EOF):
		c.Printf("%s%s", version, usage)
		return 0
	case errors.Is(err, errUsage):
		return c.Fail(1, "%s%s%s", strings.TrimPrefix(err.Error(), errUsage.Error()+": "), version, usage)
	}
	return c.Fail(1, "%v\n", err)
}

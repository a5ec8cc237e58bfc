package tcpdump

import (
	"cmp"
	"errors"
	"fmt"
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

// What the options say that end the command.
var errVersion, errHelp = errors.New("version"), errors.New("help")

// parse reads the options as getopt(3) does.
func parse(args []string) (o options, err error) {
	o.snap = maxSnap
	words, err := command.Getopt(args, o.known())
	o.expr = strings.Join(words, " ")
	return o, err
}

func (o *options) known() []command.Option {
	flag := func(name string, set func()) command.Option {
		return command.Option{Names: name, Set: func(string, string) error { set(); return nil }}
	}
	end := func(names string, err error) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { return err }}
	}
	value := func(name string, set func(value string) error) command.Option {
		return command.Option{Names: name, Value: true, Set: func(_, value string) error { return set(value) }}
	}
	text := func(name string, p *string) command.Option {
		return value(name, func(value string) error { *p = value; return nil })
	}
	return []command.Option{
		flag("n", func() { o.numeric = true }), flag("e", func() { o.link = true }), flag("q", func() { o.quiet = true }),
		flag("v", func() { o.verbose++ }), flag("t", func() { o.times++ }),
		flag("x", func() { o.hex++ }), flag("X", func() { o.hex++; o.ascii++ }), flag("A", func() { o.ascii = -1 }),
		flag("S", func() { o.absolute = true }), flag("p", func() { o.private = true }), flag("D", func() { o.list = true }),
		flag("l", func() {}), flag("U", func() {}),
		end("version", errVersion), end("h help", errHelp),
		text("i", &o.device), text("r", &o.read), text("w", &o.write),
		value("c", o.setCount), value("s", o.setSnap), value("Q", o.setDirection),
	}
}

func (o *options) setCount(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n <= 0 {
		return fmt.Errorf("tcpdump: invalid packet count %s", value)
	}
	o.count = n
	return nil
}

func (o *options) setSnap(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxSnap {
		return fmt.Errorf("tcpdump: invalid snaplen %s (must be >= 0 and <= %d)", value, maxSnap)
	}
	o.snap = cmp.Or(n, maxSnap)
	return nil
}

func (o *options) setDirection(value string) error {
	if value != "in" && value != "out" && value != "inout" {
		return fmt.Errorf("tcpdump: unknown capture direction `%s'", value)
	}
	o.direction = value
	return nil
}

// refuse prints what is wrong with the command line, or what it asks for.
func refuse(c *command.Call, err error) int {
	var unknown *command.OptionError
	switch {
	case err == errVersion:
		c.Printf("%s", version)
		return 0
	case err == errHelp:
		c.Printf("%s%s", version, usage)
		return 0
	case errors.As(err, &unknown):
		return c.Fail(1, "tcpdump: %v\n%s%s", err, version, usage)
	}
	return c.Fail(1, "%v\n", err)
}

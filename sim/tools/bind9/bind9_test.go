package bind9

import (
	"bytes"
	"context"
	"io/fs"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
)

// client returns the client of the recordings, 172.17.0.2. Its name server is db, 172.17.0.3.
func client(t *testing.T) *sim.Container {
	h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
	db := netip.MustParseAddr("172.17.0.3")
	cli := simtest.Run(t, h, "cli", sim.WithDNS(db), sim.WithDNSSearch("example.test", "lan.test"), sim.WithAddHost("db:172.17.0.3"))
	tooltest.ServeDNS(t, simtest.Run(t, h, "db"))
	return cli
}

// TestRecordings has what BIND 9.18 printed in a network namespace.
func TestRecordings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dig", "nslookup", "host"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				tooltest.Replay(t, "testdata/"+name+".txt", Commands(), command.Call{Machine: client(t)},
					`(id: )\d+`, `(Query time: )\d+`, `(WHEN: ).*`, `( in )\d+(?: ms)`)
			})
		})
	}
}

// TestSortlist: the mask of a network is an address, and no number of bits.
func TestSortlist(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli := client(t)
		conf, err := fs.ReadFile(cli.FS(), "etc/resolv.conf")
		assert.NoError(t, err)
		for _, tt := range []struct{ line, want string }{
			{"sortlist 203.0.113.0/255.255.255.0 10.0.0.0\n", "203.0.113.80\n"},
			{"sortlist 203.0.113.0/24\n", "dig: parse of /etc/resolv.conf failed\n(exit status 10)\n"},
		} {
			f, err := cli.FS().OpenFile("etc/resolv.conf", os.O_WRONLY|os.O_TRUNC, 0)
			assert.NoError(t, err)
			f.Write(append([]byte(tt.line), conf...))
			f.Close()
			assert.Equal(t, tt.want, tooltest.Output(t, Commands(), command.Call{Machine: cli}, "dig +short www.example.test"))
		}
	})
}

// TestInput has what nslookup does with lines.
func TestInput(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		call := command.Call{Machine: client(t), Stdin: strings.NewReader("www.example.test\nserver 172.17.0.3\nset type=mx\nexample.test\nexit\n")}
		assert.Equal(t, `Server:		172.17.0.3
Address:	172.17.0.3#53

Non-authoritative answer:
Name:	www.example.test
Address: 203.0.113.80
Name:	www.example.test
Address: 2001:db8::80

Default server: 172.17.0.3
Address: 172.17.0.3#53
Server:		172.17.0.3
Address:	172.17.0.3#53

Non-authoritative answer:
example.test	mail exchanger = 10 mail.example.test.
example.test	mail exchanger = 20 mail2.example.test.

Authoritative answers can be found from:

`, tooltest.Output(t, Commands(), call, "nslookup"))
		call.Stdin = nil
		assert.Equal(t, "\n(exit status 1)\n", tooltest.Output(t, Commands(), call, "nslookup -type=mx -timeout=2"))
	})
}

// TestEmbedded has tutorial 003 ask Docker's own name server.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		n := simtest.NewNetwork(t, h, "net")
		test1 := simtest.Run(t, h, "test1", sim.WithNetwork(n))
		simtest.Run(t, h, "test2", sim.WithNetwork(n))
		for line, want := range map[string]string{
			"nslookup test2":               "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11#53\n\nNon-authoritative answer:\nName:\ttest2\nAddress: 172.18.0.3\n\n",
			"nslookup 172.18.0.3":          "3.0.18.172.in-addr.arpa\tname = test2.net.\n\nAuthoritative answers can be found from:\n\n",
			"host test2":                   "test2 has address 172.18.0.3\n",
			"dig +noall +answer test2":     "test2.\t\t\t600\tIN\tA\t172.18.0.3\n",
			"dig +short -x 172.18.0.3":     "test2.net.\n",
			"dig +tcp +short test2.net":    "172.18.0.3\n",
			"dig AAAA test2 +noall +stats": "",
			"dig +opcode=status test2 +nostats": "\n; <<>> DiG " + release + " <<>> +opcode=status test2 +nostats\n;; global options: +cmd\n;; Got answer:\n" +
				";; ->>HEADER<<- opcode: STATUS, status: NOTIMP, id: N\n;; flags: qr rd ad; QUERY: 0, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 0\n" +
				";; WARNING: recursion requested but not available\n\n;; WARNING: EDNS query returned status NOTIMP - retry with '+noedns'\n\n",
			"dig +opcode=16 test2": "invalid opcode '16': out of range\ndig: Couldn't parse opcode\n(exit status 10)\n",
			"dig test2 @172.18.9.9 +noall +tries=1 +time=1": ";; communications error to 172.18.9.9#53: timed out\n\n; <<>> DiG " + release +
				" <<>> test2 @172.18.9.9 +noall +tries=1 +time=1\n; (1 server found)\n;; global options: +cmd\n;; no servers could be reached\n(exit status 9)\n",
		} {
			got := regexp.MustCompile(`id: \d+`).ReplaceAllString(tooltest.Output(t, Commands(), command.Call{Machine: test1}, line), "id: N")
			if want == "" {
				assert.Contains(t, got, "SERVER: 127.0.0.11#53(127.0.0.11) (UDP)\n")
				continue
			}
			assert.Equal(t, want, got, line)
		}
	})
}

// TestCanceled has nslookup end with its context, in the middle of a query.
func TestCanceled(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dig", "nslookup", "host"} {
		simtest.VirtualTime(t, func(t *testing.T) {
			cli := client(t)
			table := Commands()
			table["stop"] = func(ctx context.Context, c *command.Call) int {
				time.AfterFunc(7*time.Second, func() { c.Process().Signal(command.SIGTERM) })
				child := *c
				child.Args = c.Args[1:]
				return table.Run(ctx, &child)
			}
			start := time.Now()
			assert.Contains(t, tooltest.Output(t, table, command.Call{Machine: cli}, "stop "+name+" slow."), "(exit status 143)")
			assert.Equal(t, 7*time.Second, time.Since(start))
		})
	}
}

// FuzzDig has hostile command lines. Nothing is asked of anybody.
func FuzzDig(f *testing.F) {
	for _, s := range []string{"@a -p 53 x", "+noall +short x A MX", "-x 1.2.3", "-x ::1 +time=0", "+ndots=99 +domain=", "-q", "+no", "TYPE65535 x", "-xé"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		d := &digRun{Call: &command.Call{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}}, port: 53, cmd: true}
		if done, _ := d.parse(strings.Fields(line)); done {
			return
		}
		for _, l := range d.lookups {
			for _, name := range d.candidates(&resolver{}, &l) {
				l.message(name).Pack()
			}
			if l.timeout < 1 || l.tries < 1 || d.port > 65535 {
				t.Errorf("%q: %+v", line, l)
			}
		}
	})
}

// FuzzShow has hostile replies.
func FuzzShow(f *testing.F) {
	m := new(dns.Msg).SetQuestion("example.test.", dns.TypeSOA)
	m.Response = true
	b, _ := m.Pack()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(dns.Msg)
		if m.Unpack(b) != nil {
			return
		}
		c := &command.Call{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}}
		l := newLookup()
		(&digRun{Call: c}).show(&l, &reply{msg: m})
		(&nsRun{resolver: &resolver{Call: c}}).show(&reply{msg: m}, &reply{msg: m}, "x.", false)
		(&hostRun{resolver: &resolver{Call: c}, verbose: true}).show(&reply{msg: m}, "x", true)
		(&hostRun{resolver: &resolver{Call: c}}).show(&reply{msg: m}, "x", true)
	})
}

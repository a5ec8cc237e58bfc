package pcapfilter_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drydock/sim/internal/pcapfilter"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cases are expressions with the frames of "frames" that they match.
var cases = []struct{ expr, want string }{
	{"", "tcp80 tcp80r tcp443 tcp8080 udp53 udp80 icmp icmpr arp tcp6 udp6 icmp6 frag6 sctp frag options short"},
	{"tcp", "tcp80 tcp80r tcp443 tcp8080 tcp6 options"},
	{"udp", "udp53 udp80 udp6 frag6 frag"},
	{"icmp", "icmp icmpr"},
	{"icmp6", "icmp6"},
	{"arp", "arp"},
	{"ip", "tcp80 tcp80r tcp443 tcp8080 udp53 udp80 icmp icmpr sctp frag options short"},
	{"ip6", "tcp6 udp6 icmp6 frag6"},
	{"sctp", "sctp"},
	{"host 10.0.0.1", "tcp80 tcp80r udp53 icmp icmpr arp sctp frag"},
	{"ip host 10.0.0.1", "tcp80 tcp80r udp53 icmp icmpr sctp frag"},
	{"arp host 10.0.0.1", "arp"},
	{"src host 10.0.0.1", "tcp80 icmp arp sctp frag"},
	{"dst 10.0.0.1", "tcp80r udp53 icmpr"},
	{"src and dst host 10.0.0.1", ""},
	{"host 10.0.0.1 or 10.0.0.2", "tcp80 tcp80r tcp443 tcp8080 udp53 icmp icmpr arp sctp frag options"},
	{"src host (10.0.0.1 or 10.0.0.2)", "tcp80 tcp80r icmp arp sctp frag"},
	{"host fe80::1", "tcp6 udp6 icmp6 frag6"},
	{"ip6 src host fe80::2", "udp6 icmp6 frag6"},
	{"src host ::1", ""},
	{"net 10.0.0.0/8", "tcp80 tcp80r tcp443 tcp8080 udp53 icmp icmpr arp sctp frag options"},
	{"src net 172.17", "tcp443 tcp8080 udp53 udp80 icmpr options"},
	{"net 172.16.0.0 mask 255.240.0.0", "tcp443 tcp8080 udp53 udp80 icmp icmpr options"},
	{"net fe80::/10", "tcp6 udp6 icmp6 frag6"},
	{"port 80", "tcp80 tcp80r tcp8080 udp80 tcp6 sctp options"},
	{"port http", "tcp80 tcp80r tcp8080 tcp6 options"}, {"port domain", "udp53 udp6"},
	{"tcp port 80", "tcp80 tcp80r tcp8080 tcp6 options"},
	{"src port 80", "tcp80r tcp8080 sctp"},
	{"tcp dst port 443", "tcp443"},
	{"src and dst port 80", "tcp8080 sctp"},
	{"src or dst port 53", "udp53 udp6"},
	{"port 443 or 53", "tcp443 udp53 udp6"},
	{"port (443 or 53)", "tcp443 udp53 udp6"},
	{"portrange 80-90", "tcp80 tcp80r tcp8080 udp80 tcp6 sctp options"},
	{"udp src portrange 90-80", "udp80"},
	{"not tcp", "udp53 udp80 icmp icmpr arp udp6 icmp6 frag6 sctp frag"},
	{"!tcp && !udp", "icmp icmpr arp icmp6 sctp"},
	{"tcp and port 80 or udp", "tcp80 tcp80r tcp8080 tcp6 options udp53 udp80 udp6 frag6 frag"},
	{"tcp or udp and port 53", "udp53 udp6"},
	{"tcp and (port 80 or port 443)", "tcp80 tcp80r tcp443 tcp8080 tcp6 options"},
	{"not (tcp and port 80)", "tcp443 udp53 udp80 icmp icmpr arp udp6 icmp6 frag6 sctp frag"},
	{"not host 10.0.0.1 and ip", "tcp443 tcp8080 udp80 options"},
	{"ether host 02:42:ac:11:00:02", "tcp80 tcp80r tcp443 tcp8080 udp53 udp80 icmp icmpr arp tcp6 udp6 icmp6 frag6 sctp frag options short"},
	{"ether src 02:42:ac:11:00:02", "arp short"},
	{"ether broadcast", "arp"}, {"broadcast", "arp"}, {"multicast", "arp"}, {"ether multicast", "arp"},
	{"ip multicast", "udp80"}, {"ip6 multicast", ""},
	{"len > 100", "udp80"}, {"greater 100", "udp80"}, {"less 20", "short"},
	{"len - 14 >= 20 and len < 43", "udp53 icmp icmpr arp sctp frag"},
	{"tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "tcp80"},
	{"tcp[13] & 2 != 0", "tcp80 tcp80r"},
	{"tcp[0:2] = 80", "tcp80r tcp8080"},
	{"tcp[2:2] == 40000 + 400", ""},
	{"icmp[icmptype] == icmp-echo", "icmp"},
	{"icmp6[icmp6type] == icmp6-echo", "icmp6"},
	{"ip[8] < 5", "tcp443"}, {"ip[0] & 0xf != 5", "options"}, {"ip6[6] = 58", "icmp6"}, {"ether[12:2] = 0x0806", "arp"},
	{"ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0", "udp80"},
	{"5 > ip[8]", "tcp443"}, {"-1 + 2 == 1 and arp", "arp"}, {"len / 0 == 1", ""}, {"len % 2 = 1", "short"}, {"not ip[100] = 1", "udp80 arp tcp6 udp6 icmp6 frag6"},
	{"ip proto 17", "udp53 udp80 frag"}, {`ip proto \tcp`, "tcp80 tcp80r tcp443 tcp8080 options"}, {"ip6 proto 17", "udp6 frag6"},
	{"proto 6", "tcp80 tcp80r tcp443 tcp8080 tcp6 options"}, {"ether proto 0x0806", "arp"}, {`ether proto \ip6`, "tcp6 udp6 icmp6 frag6"},
}

// refused are expressions that libpcap refuses, or that are not there.
var refused = []struct {
	expr, why string
	real      bool // libpcap takes it
}{
	{"foo", `at "foo": syntax error`, false},
	{"port 99999", `at "99999": no port`, false}, {"10.0.0.1", "syntax error", false}, {"host foo", "names are not looked up", false}, {"udp port http", "not a port of udp", false}, {"port foo", `at "foo": no port`, false},
	{"(tcp", "at the end: expected )", false}, {"tcp)", `at ")": syntax error`, false}, {"and", `at "and": `, false},
	{"tcp and", "at the end: syntax error", false}, {"not", "at the end: ", false}, {"host", "at the end: syntax error", false},
	{"host 10.0.0.1.2", "no address", false}, {"net 10.0.0.1/8", "non-network bits set", false}, {"net 10.0.0.0/33", "no prefix length", false},
	{"tcp[0:3] = 1", "data size must be 1, 2 or 4", false}, {"tcp[13", "expected ]", false}, {"tcp[13]", "expected a comparison", false},
	{"foo[1] = 1", "has no fields here", false}, {"ip proto icmp", `a keyword: write \icmp`, false}, {"icmp port 80", "has no ports", false},
	{"tcp host 10.0.0.1", "does not go with that address", false}, {"ip host fe80::1", "does not go with that address", false},
	{"port $", "illegal character", false}, {"vlan", "syntax error", true}, {"ip broadcast", "not with these qualifiers", true},
	{strings.Repeat("(", 1000) + "tcp" + strings.Repeat(")", 1000), "nested too deeply", true},
	{strings.Repeat("not ", 1000) + "tcp", "nested too deeply", true}, {strings.Repeat("tcp or ", 2000) + "tcp", "longer than", true},
}

var names = []string{"tcp80", "tcp80r", "tcp443", "tcp8080", "udp53", "udp80", "icmp", "icmpr", "arp", "tcp6", "udp6", "icmp6", "frag6", "sctp", "frag", "options", "short"}

func frames() map[string][]byte {
	eth := func(kind string, p ...byte) []byte {
		return append([]byte("\x02\x42\xac\x11\x00\x02\x02\x42\xac\x11\x00\x03"+kind), p...)
	}
	ip := func(proto byte, src, dst string, ttl byte, p []byte) []byte {
		b := append([]byte{0x45, 0, 0, byte(20 + len(p)), 0, 0, 0, 0, ttl, proto, 0, 0}, src+dst...)
		return eth("\x08\x00", append(b, p...)...)
	}
	ip6 := func(proto byte, src, dst string, p []byte) []byte {
		b := append([]byte{0x60, 0, 0, 0, 0, byte(len(p)), proto, 64}, src+dst...)
		return eth("\x86\xdd", append(b, p...)...)
	}
	ports := func(s, d int, rest ...byte) []byte {
		return append([]byte{byte(s >> 8), byte(s), byte(d >> 8), byte(d)}, rest...)
	}
	tcp := func(s, d int, flags byte) []byte {
		return ports(s, d, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0)
	}
	udp := func(s, d int) []byte { return ports(s, d, 0, 8, 0, 0) }
	a, b, c := "\x0a\x00\x00\x01", "\x0a\x00\x00\x02", "\xac\x11\x00\x02"
	fe1 := "\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
	fe2 := fe1[:15] + "\x02"
	m := map[string][]byte{
		"tcp80": ip(6, a, b, 64, tcp(40000, 80, 2)), "tcp80r": ip(6, b, a, 64, tcp(80, 40000, 0x12)),
		"tcp443": ip(6, c, b, 3, tcp(40000, 443, 0x10)), "tcp8080": ip(6, c, b, 64, tcp(80, 80, 0x10)),
		"udp53": ip(17, c, a, 64, udp(40000, 53)), "udp80": ip(17, c, "\xe0\x00\x00\x01", 64, append(udp(85, 80), make([]byte, 100)...)),
		"icmp": ip(1, a, c, 64, []byte{8, 0, 0, 0, 0, 0, 0, 0}), "icmpr": ip(1, c, a, 64, make([]byte, 8)),
		"arp":  append([]byte("\xff\xff\xff\xff\xff\xff\x02\x42\xac\x11\x00\x02\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01\x02\x42\xac\x11\x00\x02"), a+"\x00\x00\x00\x00\x00\x00"+b...),
		"tcp6": ip6(6, fe1, fe2, tcp(40000, 80, 2)), "udp6": ip6(17, fe2, fe1, udp(53, 40000)),
		"icmp6": ip6(58, fe2, fe1, []byte{128, 0, 0, 0, 0, 0, 0, 0}), "frag6": ip6(44, fe2, fe1, append([]byte{17, 0, 0, 1, 0, 0, 0, 0}, udp(53, 80)...)),
		"sctp": ip(132, a, b, 64, udp(80, 80)), "frag": ip(17, a, b, 64, udp(53, 80)),
		"options": ip(6, c, b, 64, append(make([]byte, 4), tcp(40000, 80, 0x10)...)),
		"short":   []byte("\x02\x42\xac\x11\x00\x03\x02\x42\xac\x11\x00\x02\x08\x00\x45"),
	}
	m["frag"][21] = 0x10
	m["options"][14] = 0x46
	return m
}

func TestMatch(t *testing.T) {
	t.Parallel()
	all := frames()
	for _, c := range cases {
		f, err := pcapfilter.Compile(c.expr)
		require.NoError(t, err)
		var got []string
		for _, name := range names {
			if f.Match(all[name]) {
				got = append(got, name)
			}
		}
		want := strings.Fields(c.want)
		slices.SortFunc(want, func(a, b string) int { return slices.Index(names, a) - slices.Index(names, b) })
		assert.Equal(t, want, append([]string{}, got...), c.expr)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range refused {
		_, err := pcapfilter.Compile(c.expr)
		assert.ErrorContains(t, err, c.why, c.expr)
	}
}

// TestLikeTheRealOne has tcpdump decide about the same frames.
func TestLikeTheRealOne(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("needs tcpdump")
	}
	file := filepath.Join(t.TempDir(), "frames.pcap")
	out, err := os.Create(file)
	require.NoError(t, err)
	defer out.Close()
	w := pcapgo.NewWriter(out)
	require.NoError(t, w.WriteFileHeader(65536, layers.LinkTypeEthernet))
	all := frames()
	for _, name := range names {
		require.NoError(t, w.WritePacket(gopacket.CaptureInfo{CaptureLength: len(all[name]), Length: len(all[name])}, all[name]))
	}
	number := func(expr string) (string, error) {
		b, err := exec.Command("tcpdump", "-r", file, "-w", "-", "--", expr).Output()
		if err != nil {
			return "", err
		}
		r, err := pcapgo.NewReader(strings.NewReader(string(b)))
		require.NoError(t, err)
		var got []string
		for {
			data, _, err := r.ReadPacketData()
			if err != nil {
				return fmt.Sprint(got), nil
			}
			for _, name := range names {
				if string(all[name]) == string(data) {
					got = append(got, name)
				}
			}
		}
	}
	for _, c := range cases {
		if strings.Contains(c.expr, "/ 0") {
			continue // libpcap refuses it beforehand
		}
		f, err := pcapfilter.Compile(c.expr)
		require.NoError(t, err)
		var ours []string
		for _, name := range names {
			if f.Match(all[name]) {
				ours = append(ours, name)
			}
		}
		real, err := number(c.expr)
		if assert.NoError(t, err, c.expr) {
			assert.Equal(t, real, fmt.Sprint(ours), c.expr)
		}
	}
	for _, c := range refused {
		if _, err := number(c.expr); !c.real {
			assert.Error(t, err, c.expr)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, c := range cases {
		f.Add(c.expr, []byte("\x02\x42\xac\x11\x00\x03\x02\x42\xac\x11\x00\x02\x08\x00\x45"))
	}
	for _, c := range refused[:20] {
		f.Add(c.expr, []byte{})
	}
	f.Fuzz(func(t *testing.T, expr string, frame []byte) {
		if c, err := pcapfilter.Compile(expr); err == nil {
			c.Match(frame)
		} else if err.Error() == "" {
			t.Error("no reason")
		}
	})
}

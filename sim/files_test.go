package sim_test

import (
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// write writes a line to a file, as the shell's ">" and ">>" do.
func write(t *testing.T, f command.Files, line, operator, name string) {
	t.Helper()
	flag := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if operator == ">>" {
		flag = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	file, err := f.OpenFile(name, flag, 0o666)
	require.NoError(t, err)
	_, err = file.Write([]byte(line + "\n"))
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// cat returns what is in a file.
func cat(t *testing.T, f fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(f, name)
	require.NoError(t, err)
	return string(text)
}

// hostsOf returns the lines of /etc/hosts after those that every container has.
func hostsOf(t *testing.T, c *sim.Container) string {
	t.Helper()
	_, lines, ok := strings.Cut(cat(t, c.FS(), "etc/hosts"), "ip6-allrouters\n")
	require.True(t, ok)
	return lines
}

// TestFiles is the standard library's test, in a container of an image with files.
func TestFiles(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) { // /proc does not change
		image := sim.Image{Name: "nginx", Files: fstest.MapFS{
			"usr/share/nginx/html/index.html": {Data: []byte("Welcome to nginx!\n"), Mode: 0o644}, "etc/os-release": {Data: []byte("ID=centos\n"), Mode: 0o644},
		}}
		c := simtest.Run(t, simtest.NewHost(t), "web", sim.WithImage(image))
		write(t, c.FS(), "hello", ">", "usr/share/nginx/html/index.html")
		for dir, name := range map[string]string{"etc": "hosts", "usr": "share/nginx/html/index.html", "var": "tmp"} { // /dev/zero has no end
			sub, err := fs.Sub(c.FS(), dir)
			require.NoError(t, err)
			require.NoError(t, fstest.TestFS(sub, name))
		}
		require.Equal(t, "hello\n", cat(t, c.FS(), "usr/share/nginx/html/index.html"))
		require.Equal(t, "ID=centos\n", cat(t, c.FS(), "etc/os-release"))
		require.Contains(t, cat(t, c.FS(), "etc/services"), "\nhttp\t\t80/tcp")
		require.Contains(t, cat(t, simtest.Run(t, simtest.NewHost(t), "").FS(), "etc/os-release"), "bookworm")
	})
}

// TestHostsWritten: what programs write to /etc/hosts is what names are found by, until Docker
// writes it anew.
func TestHostsWritten(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		tgt := simtest.Run(t, h, "tgt")
		cli := simtest.Run(t, h, "cli", sim.WithLink(tgt, "t"))
		own := "172.17.0.3\t" + cli.ID()[:12] + "\n"
		link := "172.17.0.2\tt " + tgt.ID()[:12] + " tgt\n"
		write(t, cli.FS(), "1.2.3.4 manual", ">>", "etc/hosts")
		require.Equal(t, link+own+"1.2.3.4 manual\n", hostsOf(t, cli))
		require.Equal(t, "[1.2.3.4]", lookup(t, cli, "manual"))
		names, err := cli.LookupAddr(t.Context(), "1.2.3.4")
		require.NoError(t, err)
		require.Equal(t, []string{"manual"}, names)

		require.NoError(t, tgt.Stop(t.Context()))
		simtest.Run(t, h, "squatter")
		require.NoError(t, tgt.Start())
		require.Equal(t, strings.ReplaceAll(link, "0.2", "0.4")+own+"1.2.3.4 manual\n", hostsOf(t, cli), "Docker edits, and leaves what it does not know")
		require.Equal(t, "[172.17.0.4]", lookup(t, cli, "t"))
		require.NoError(t, cli.Restart(t.Context()))
		require.Equal(t, strings.ReplaceAll(link, "0.2", "0.4")+own, hostsOf(t, cli))
		require.Equal(t, "Name or service not known", lookup(t, cli, "manual"))

		write(t, cli.FS(), "1.2.3.4 manual", ">", "etc/hosts")
		require.Equal(t, "Name or service not known", lookup(t, cli, "localhost"))
	})
}

// TestResolvConfWritten: nameservers that programs write are asked. Docker takes what is there
// when the embedded resolver comes, and does not touch it afterwards.
func TestResolvConfWritten(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t, sim.WithResolvConf("nameserver 192.0.2.1\n"))
		serveDNS(t, l.peer, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			if q.Question[0].Qtype == dns.TypeA && q.Question[0].Name == "www.lab.test." {
				m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: "www.lab.test.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: []byte{203, 0, 113, 80}}}
			}
			w.WriteMsg(m)
		}))
		n := simtest.NewNetwork(t, l.docker, "net")
		c := simtest.Run(t, l.docker, "c1")
		require.Equal(t, "Temporary failure in name resolution", lookup(t, c, "www.lab.test"))
		write(t, c.FS(), "search lab.test\nnameserver 172.16.80.47", ">", "etc/resolv.conf")
		require.Equal(t, "[203.0.113.80]", lookup(t, c, "www"))
		require.NoError(t, c.Connect(n))
		require.Equal(t, "search lab.test\nnameserver 127.0.0.11\noptions ndots:0\n", cat(t, c.FS(), "etc/resolv.conf"))
		require.Equal(t, "[172.18.0.2]", lookup(t, c, "c1"))

		write(t, c.FS(), "options x", ">>", "etc/resolv.conf")
		require.NoError(t, c.Disconnect(n))
		require.NoError(t, c.Connect(n))
		require.Equal(t, "search lab.test\nnameserver 127.0.0.11\noptions ndots:0\noptions x\n", cat(t, c.FS(), "etc/resolv.conf"))

		write(t, l.docker.FS(), "nameserver 172.16.80.53\nsearch changed.test", ">", "etc/resolv.conf")
		require.NoError(t, c.Restart(t.Context()))
		require.Equal(t, "search changed.test\nnameserver 127.0.0.11\noptions ndots:0\n", cat(t, c.FS(), "etc/resolv.conf"))
	})
}

// TestResolvConfIPv6: a network without IPv6 takes nameservers with it away, unless somebody
// else wrote the file.
func TestResolvConfIPv6(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithResolvConf("nameserver fd00::53\nnameserver 10.0.0.53\n"), sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00:1::/64")))
	n := simtest.NewNetwork(t, h, "net")
	c, mine := simtest.Run(t, h, "c1"), simtest.Run(t, h, "mine")
	require.Equal(t, "nameserver fd00::53\nnameserver 10.0.0.53\n", cat(t, c.FS(), "etc/resolv.conf"))
	write(t, mine.FS(), "# mine", ">>", "etc/resolv.conf")
	require.NoError(t, c.Connect(n))
	require.NoError(t, mine.Connect(n))
	require.Equal(t, "nameserver 127.0.0.11\noptions ndots:0\n", cat(t, c.FS(), "etc/resolv.conf"))
	require.Equal(t, "nameserver 127.0.0.11\nnameserver fd00::53\noptions ndots:0\n", cat(t, mine.FS(), "etc/resolv.conf"))
}

// TestMachineFiles: a machine's files are nobody's else, and containers on its network have
// copies.
func TestMachineFiles(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithResolvConf("nameserver 10.0.0.53\n"))
	write(t, h.FS(), "10.1.1.1 gateway", ">", "etc/hosts.new")
	require.NoError(t, h.FS().Rename("etc/hosts.new", "etc/hosts"))
	require.Equal(t, "[10.1.1.1]", lookup(t, h, "gateway"))
	host, _ := h.Network("host")
	c := simtest.Run(t, h, "c1", sim.WithNetwork(host))
	require.Equal(t, "10.1.1.1 gateway\n", cat(t, c.FS(), "etc/hosts"))
	require.Equal(t, "nameserver 10.0.0.53\n", cat(t, c.FS(), "etc/resolv.conf"))
	require.Equal(t, h.Name()+"\n", cat(t, c.FS(), "etc/hostname"))
	write(t, c.FS(), "10.2.2.2 other", ">>", "etc/hosts")
	require.Equal(t, "[10.2.2.2]", lookup(t, c, "other"))
	require.NoError(t, h.FS().Remove("etc/hosts"))
	_, err := h.LookupNetIP(t.Context(), "ip", "gateway")
	require.Error(t, err)
	require.Equal(t, "[10.1.1.1]", lookup(t, c, "gateway"))
}

// TestFilesLife has what a container wrote from its creation to its removal, and Docker's files
// from its first start.
func TestFilesLife(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c, err := h.Create("c1")
	require.NoError(t, err)
	require.Empty(t, cat(t, c.FS(), "etc/hosts"))
	write(t, c.FS(), "kept", ">", "root/note")
	write(t, c.FS(), "under the mount", ">", "etc/hostname")
	require.NoError(t, c.Start())
	require.Equal(t, c.ID()[:12]+"\n", cat(t, c.FS(), "etc/hostname"))
	shares := simtest.Run(t, h, "shares", sim.WithNetworkOf(c))
	_, err = fs.Stat(shares.FS(), "root/note")
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, name := range []string{"etc/hosts", "etc/hostname", "etc/resolv.conf"} {
		require.Equal(t, cat(t, c.FS(), name), cat(t, shares.FS(), name))
	}
	write(t, shares.FS(), "1.2.3.4 x", ">>", "etc/hosts")
	require.Equal(t, "[1.2.3.4]", lookup(t, c, "x"))
	require.ErrorIs(t, c.FS().Remove("etc/hosts"), command.ErrBusy)

	require.NoError(t, c.Kill())
	require.Contains(t, cat(t, c.FS(), "etc/hosts"), "1.2.3.4 x\n")
	require.NoError(t, c.Start())
	require.Equal(t, "kept\n", cat(t, c.FS(), "root/note"))
	require.Equal(t, cat(t, c.FS(), "etc/hosts"), cat(t, shares.FS(), "etc/hosts"), "the same file still, written anew")
	require.NoError(t, c.ForceRemove())
	entries, err := fs.ReadDir(c.FS(), ".")
	require.NoError(t, err)
	require.Empty(t, entries)
	require.Contains(t, cat(t, shares.FS(), "etc/hosts"), c.ID()[:12])
}

// TestHostsAfterDisconnect has the lines that Docker Engine 20.10.24 was seen to delete: those
// that end in one name that a container has on the network that is left, other than the own.
func TestHostsAfterDisconnect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what, name string
		opts       []sim.ContainerOption
		want       string
	}{
		{"hostname is the name", "web", []sim.ContainerOption{sim.WithHostname("web")}, "172.18.0.2\tweb\n172.19.0.3\tweb\n"},
		{"hostname with domain", "w2", []sim.ContainerOption{sim.WithHostname("w2.example.com")}, "172.18.0.2\tw2.example.com w2\n172.19.0.3\tw2.example.com w2\n"},
		{"hostname in capitals", "w3", []sim.ContainerOption{sim.WithHostname("WebHost")}, "172.18.0.2\tWebHost\n172.19.0.3\tWebHost\n"},
		{"other hostname", "w4", []sim.ContainerOption{sim.WithHostname("other")}, ""},
		{"no hostname", "w6", nil, ""},
		{"--add-host", "w5", []sim.ContainerOption{sim.WithAddHost("db:10.0.0.9", "w5:10.0.0.8", "zz:10.0.0.7")}, "10.0.0.8\tw5\n10.0.0.7\tzz\n"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			h := simtest.NewHost(t)
			n1, n2 := simtest.NewNetwork(t, h, "n1"), simtest.NewNetwork(t, h, "n2")
			simtest.Run(t, h, "db", sim.WithNetwork(n2))
			c := simtest.Run(t, h, tt.name, append(tt.opts, sim.WithNetwork(n1))...)
			require.NoError(t, c.Connect(n2))
			require.NoError(t, c.Disconnect(n2))
			require.Equal(t, tt.want, hostsOf(t, c))
		})
	}
}

// TestLinkLines has the lines of links as Docker Engine 20.10.24 was seen to write and to move
// them.
func TestLinkLines(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00:1::/64")))
	c1 := simtest.Run(t, h, "c1", sim.WithHostname("dbhost"))
	c2 := simtest.Run(t, h, "c2")
	c := simtest.Run(t, h, "cc", sim.WithLink(c1, "db"), sim.WithLink(c2, "db.local"), sim.WithLink(c2, ""),
		sim.WithAddHost("db:10.9.9.9"), sim.WithHostname("db"))
	id := c2.ID()[:12]
	require.Equal(t, "10.9.9.9\tdb\n172.17.0.2\tdb dbhost c1\nfd00:1::242:ac11:2\tdb dbhost c1\n"+
		"172.17.0.3\tdb.local "+id+" c2\nfd00:1::242:ac11:3\tdb.local "+id+" c2\n"+
		"172.17.0.3\tc2 "+id+"\nfd00:1::242:ac11:3\tc2 "+id+"\n"+
		"172.17.0.4\tdb\nfd00:1::242:ac11:4\tdb\n", hostsOf(t, c))
	require.NoError(t, c1.Stop(t.Context()))
	simtest.Run(t, h, "thief")
	require.NoError(t, c1.Start())
	const moved = "172.17.0.5\tdb"
	require.Equal(t, moved+"\n"+moved+" dbhost c1\n"+moved+" dbhost c1\n"+moved+".local "+id+" c2\n"+moved+".local "+id+" c2\n"+
		"172.17.0.3\tc2 "+id+"\nfd00:1::242:ac11:3\tc2 "+id+"\n"+moved+"\n"+moved+"\n", hostsOf(t, c))
}

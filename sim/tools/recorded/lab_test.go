package recorded

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// A lab is what the sessions were recorded in: the host "docker", the LAN's gateway, which is also its
// name server 172.16.80.53, and a peer, all on 172.16.80.0/24.
type lab struct {
	t        *testing.T
	release  sim.Release
	seed     uint64 // of the host
	forwards bool   // the gateway does
	docker   *sim.Host
	outside  *sim.Machine
	machines map[string]command.Machine // by what their prompt says
	dns      *nameServer
	same     *names        // of what was recorded with such a host
	listener net.Listener  // of a process of the host, if there is one
	conn     net.Conn      // of the peer to the host, if there is one
	table    command.Table // programs of the host
	out      printed
	lasting  sync.WaitGroup // of what goes on in the background of prompts
	begins   atomic.Int64   // how long the server of images takes to begin
	close    func()
}

const upstream = "172.16.80.53"

func newLab(t *testing.T, release sim.Release, session string) *lab {
	t.Helper()
	l := &lab{t: t, release: release, seed: cmp.Or(seeds[number(session)], 1), forwards: gatewayForwards(t, release, session), out: printed{more: make(chan struct{}, 1)}, close: func() {}}
	l.renew()
	return l
}

// renew begins anew with a host made with options.
func (l *lab) renew(opts ...sim.HostOption) {
	l.close()
	l.same = newNames(l.release)
	lan := simtest.NewLAN(l.t)
	up := func(addr string) sim.MachineOption { return sim.WithUplink(lan, netip.MustParsePrefix(addr)) }
	l.table = tools.Default().With(command.Table{"python3": python3, "who": whoServer})
	programs := sim.WithCommands(l.table)
	log := sim.WithOptions(sim.WithLogger(slog.New(slog.DiscardHandler)), sim.WithRepeatable())
	gateway := simtest.NewMachine(l.t, sim.WithName("gateway"), sim.WithSeed(2), log, programs, up("172.16.80.1/24"), up(upstream+"/24"))
	l.outside = simtest.NewMachine(l.t, sim.WithName("outside"), sim.WithSeed(3), log, programs, up("172.16.80.47/24"))
	l.docker = simtest.NewHost(l.t, append(opts, sim.WithEngine(l.release), sim.WithName("docker"), sim.WithSeed(l.seed), log, programs, sim.WithImages(l.images()...),
		up("172.16.80.10/24"), sim.WithResolvConf("nameserver "+upstream+"\n"))...)
	l.machines = map[string]command.Machine{"docker": l.docker, "outside-172.16.80.47": l.outside, "gateway-172.16.80.1": gateway}
	require.NoError(l.t, l.docker.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("172.16.80.1")))
	if l.forwards {
		require.NoError(l.t, gateway.SetSysctl("net.ipv4.ip_forward", "1"))
	}
	l.write(context.Background(), "/etc/hosts", []string{"127.0.0.1 localhost", "::1 localhost", "127.0.1.1 docker"})
	l.dns = newNameServer()
	l.dns.serve(l.t, gateway, upstream)
	server := l.outside.Exec(context.Background(), "who", "7777")
	require.NoError(l.t, server.Start())
	l.close = func() {
		l.lasting.Wait()
		l.docker.Close()
		gateway.Close()
		l.outside.Close()
	}
}

var hostsPath = re(`^cat \$\(docker inspect -f '\{\{.HostsPath\}\}' (\S+)\)$`)

// printed is what came since it was last taken: what goes on in the background prints among the lines
// that follow.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // there is more
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
	return p.text.Write(b)
}

func (p *printed) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.text.Reset()
	return p.text.String()
}

// takeUntil waits for a mark and returns what is before it.
func (p *printed) takeUntil(mark string) string {
	for {
		p.mu.Lock()
		text, rest, ok := strings.Cut(p.text.String(), mark)
		if ok {
			p.text.Reset()
			p.text.WriteString(rest)
		}
		p.mu.Unlock()
		if ok {
			return text
		}
		<-p.more
	}
}

// run returns what a line prints at a prompt, with "(exit status N)" if N is not 0.
func (l *lab) run(ctx context.Context, where, line string) string {
	call := &command.Call{Machine: l.machines[where], Args: []string{"bash", "-c", line}, Env: []string{"HOME=/root", "J=python3 -m json.tool"}, Stdout: &l.out, Stderr: &l.out}
	if where == upstream {
		return l.dns.sinceMark()
	}
	if file := hostsPath.FindStringSubmatch(line); file != nil { // the host has no files of containers
		call.Args[2] = "docker exec " + file[1] + " cat /etc/hosts"
		if c, ok := l.docker.Container(file[1]); ok {
			text, err := fs.ReadFile(c.FS(), "etc/hosts")
			require.NoError(l.t, err)
			return string(text)
		}
	}
	if call.Machine == nil { // the prompt of a container
		call.Machine, call.Args = l.docker, []string{"docker", "exec", where, "sh", "-c", line}
	}
	if strings.Contains(line, " &)") { // which a shell that ends would hang up
		const mark = "\x01"
		call.Args[2] += "; printf '\\001'; sleep 10"
		l.lasting.Go(func() { l.table.Run(context.WithoutCancel(ctx), call) })
		return l.out.takeUntil(mark)
	}
	if status := l.table.Run(ctx, call); status != 0 {
		fmt.Fprintf(&l.out, "(exit status %d)\n", status)
	}
	return l.out.take()
}

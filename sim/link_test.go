package sim_test

import (
	"fmt"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestLinkRules has the rules that were recorded for a target with several ports:
// the highest first, TCP before UDP, once for each linker however many aliases it
// has.
func TestLinkRules(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithICC(false))
	srv := simtest.Run(t, h, "srv", sim.WithExpose("80", "53/udp", "53", "9000"))
	before := save(t, h)
	l1 := simtest.Run(t, h, "l1", sim.WithLink(srv, "s"), sim.WithLink(srv, "other"))
	l2 := simtest.Run(t, h, "l2", sim.WithLink(srv, "s"))
	rules := func(client string) (want string) {
		for _, p := range []string{"tcp 9000", "tcp 80", "tcp 53", "udp 53"} {
			proto, port, _ := strings.Cut(p, " ")
			want += fmt.Sprintf("-A DOCKER -s %s/32 -d 172.17.0.2/32 -i docker0 -o docker0 -p %s -m %[2]s --dport %s -j ACCEPT\n", client, proto, port)
			want += fmt.Sprintf("-A DOCKER -s 172.17.0.2/32 -d %s/32 -i docker0 -o docker0 -p %s -m %[2]s --sport %s -j ACCEPT\n", client, proto, port)
		}
		return want
	}
	require.Equal(t, rules("172.17.0.3")+rules("172.17.0.4"), grep(save(t, h, "filter"), "-A DOCKER "))
	require.NoError(t, l1.Kill())
	require.Equal(t, rules("172.17.0.4"), grep(save(t, h, "filter"), "-A DOCKER "))
	require.NoError(t, l2.Kill())
	require.Equal(t, before, save(t, h))
}

// TestLinkFollows: when the target restarts with another address the name has that,
// and the rules do not before the linker restarts, too.
func TestLinkFollows(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithICC(false))
		simtest.Run(t, h, "nginx_server1")
		two := simtest.Run(t, h, "nginx_server2", sim.WithExpose("80"))
		three := simtest.Run(t, h, "nginx_server3", sim.WithLink(two, "ng2"))
		names := func(addr string) string {
			list, _ := three.LookupAddr(t.Context(), addr)
			return strings.Join(list, " ")
		}
		require.Equal(t, "ng2 "+two.ID()[:12]+" nginx_server2", names("172.17.0.3"))
		require.NoError(t, two.Stop(t.Context()))
		simtest.Run(t, h, "squatter")
		require.NoError(t, two.Start())
		who(t, two, "tcp", "80")
		require.Equal(t, "ng2 "+two.ID()[:12]+" nginx_server2", names("172.17.0.5"))
		require.Empty(t, names("172.17.0.3"))
		require.Equal(t, "timed out", nc(t, three, "tcp", "ng2:80"))
		require.NoError(t, three.Restart(t.Context()))
		require.Contains(t, nc(t, three, "tcp", "ng2:80"), "you are 172.17.0.4")
	})
}

// TestLinkRefused has Docker's messages. Nothing changes.
func TestLinkRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	net := simtest.NewNetwork(t, h, "othernet")
	tgt := simtest.Run(t, h, "tgt")
	onother := simtest.Run(t, h, "onother", sim.WithNetwork(net))
	hostmode := simtest.Run(t, h, "hostmode", sim.WithHostNetwork())
	down, err := h.Create("down")
	require.NoError(t, err)
	foreign := simtest.Run(t, simtest.NewHost(t), "nosuch")
	const onlyUser = "links are only supported for user-defined networks."
	for _, test := range []struct {
		opts    []sim.ContainerOption
		message string
		err     error
	}{
		{[]sim.ContainerOption{sim.WithLink(foreign, "x")}, "could not get container for nosuch: No such container: nosuch", sim.ErrNotFound},
		{[]sim.ContainerOption{sim.WithLink(nil, "x")}, "could not get container for nil: No such container: nil", sim.ErrNotFound},
		{[]sim.ContainerOption{sim.WithLink(tgt, "x"), sim.WithHostNetwork()}, onlyUser, sim.ErrConflict},
		{[]sim.ContainerOption{sim.WithLink(tgt, "x"), sim.WithNoNetwork()}, onlyUser, sim.ErrConflict},
		{[]sim.ContainerOption{sim.WithLink(tgt, "x"), sim.WithNetworkOf(tgt)}, onlyUser, sim.ErrConflict},
		{[]sim.ContainerOption{sim.WithLink(onother, "x")}, "Cannot link to /onother, as it does not belong to the default network", sim.ErrConflict},
		{[]sim.ContainerOption{sim.WithLink(hostmode, "x")},
			"conflicting options: host type networking can't be used with links. This would result in undefined behavior", sim.ErrConflict},
		{[]sim.ContainerOption{sim.WithLink(down, "x")}, "Cannot link to a non running container: /down AS /e2/x", sim.ErrNotRunning},
		{[]sim.ContainerOption{sim.WithLink(tgt, "a\n\nb")}, `invalid alias "a\n\nb"`, sim.ErrName},
	} {
		before, rules := snapshot(h), save(t, h)
		_, err := h.Run("e2", test.opts...)
		require.EqualError(t, err, test.message)
		require.ErrorIs(t, err, test.err)
		require.Equal(t, before, snapshot(h))
		require.Equal(t, rules, save(t, h))
	}
}

// TestLinkConnectedLater: what counts is where the target is when the client starts.
func TestLinkConnectedLater(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	bridge, _ := h.Network("bridge")
	net := simtest.NewNetwork(t, h, "net")
	db := simtest.Run(t, h, "db", sim.WithNetwork(net), sim.WithExpose("5432"))
	client, err := h.Create("client", sim.WithLink(db, "store"))
	require.NoError(t, err)
	const elsewhere = "Cannot link to /db, as it does not belong to the default network"
	require.EqualError(t, client.Start(), elsewhere)
	require.Equal(t, "created 128 "+elsewhere, fmt.Sprint(client.State().Status, " ", client.State().ExitCode, " ", client.State().Error))
	require.NoError(t, db.Connect(bridge))
	require.NoError(t, client.Start())
	require.Equal(t, "172.17.0.2 store "+db.ID()[:12]+" db\n172.17.0.3 "+client.ID()[:12]+"\n", file(t, client, "/etc/hosts"))
	require.Contains(t, client.Inspect().HostConfig.Links, "/db:/client/store")

	require.NoError(t, client.Stop(t.Context()))
	require.NoError(t, db.Disconnect(bridge))
	require.EqualError(t, client.Start(), elsewhere)

	inside := simtest.Run(t, h, "inside", sim.WithNetworkOf(simtest.Run(t, h, "outside")))
	other := simtest.Run(t, h, "other", sim.WithLink(inside, "in"))
	require.Equal(t, []string{"/outside:/other/in"}, other.Inspect().HostConfig.Links, "whose namespace it is")
}

// TestRemoveLink: the client loses the line, the variables and the rules of the link, and the
// target its name. Recorded of Docker 20.10.24 but for the rules, which its source has.
func TestRemoveLink(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithICC(false))
	web := simtest.Run(t, h, "web", sim.WithExpose("80"))
	db := simtest.Run(t, h, "db", sim.WithExpose("5432"))
	before := save(t, h)
	client := simtest.Run(t, h, "client", sim.WithImage(small), sim.WithLink(web, "w"), sim.WithLink(web, "again"), sim.WithLink(db, "d"))
	env := func() string {
		out, err := client.Exec(t.Context(), "env").Output()
		require.NoError(t, err)
		return string(out)
	}
	hosts := func() string {
		_, own, _ := strings.Cut(cat(t, client.FS(), "etc/hosts"), "ip6-allrouters\n")
		return strings.NewReplacer(client.ID()[:12], "CLIENT", web.ID()[:12], "WEB", db.ID()[:12], "DB").Replace(own)
	}
	require.Equal(t, "172.17.0.2\tw WEB web\n172.17.0.2\tagain WEB web\n172.17.0.3\td DB db\n172.17.0.4\tCLIENT\n", hosts())
	require.NoError(t, h.RemoveLink("/client/w"))
	require.Equal(t, "172.17.0.2\tagain WEB web\n172.17.0.3\td DB db\n172.17.0.4\tCLIENT\n", hosts())
	require.NotContains(t, env(), "\nW_PORT=")
	require.Contains(t, env(), "\nAGAIN_PORT=tcp://172.17.0.2:80\n")
	require.Contains(t, save(t, h), "--dport 80 ")
	require.Equal(t, []string{"/client/again", "/web"}, web.Summary().Names)
	require.Equal(t, []string{"/web:/client/again", "/db:/client/d"}, client.Inspect().HostConfig.Links)

	require.NoError(t, client.Kill())
	require.NoError(t, h.RemoveLink("client/again"))
	require.Equal(t, []string{"/web"}, web.Summary().Names)
	require.NoError(t, client.Start())
	require.Equal(t, "172.17.0.3\td DB db\n172.17.0.4\tCLIENT\n", hosts())
	require.NoError(t, h.RemoveLink("client/d"))
	require.Equal(t, "172.17.0.4\tCLIENT\n", hosts())
	require.Equal(t, before, save(t, h))
	for _, name := range []string{"client/d", "client", "nosuch/d"} {
		require.ErrorIs(t, h.RemoveLink(name), sim.ErrNotFound, name)
	}
}

// TestLinkRulesStay: without ICC the rules of a link stay for ever once the target has left before
// the client does. Recorded of Docker 20.10.24 for stops and restarts.
func TestLinkRulesStay(t *testing.T) {
	t.Parallel()
	for order, stays := range map[string]string{
		"db cl":                      "80 6379",
		"cl db":                      "",
		"db:restart cl":              "80 6379",
		"cl:restart db cl":           "80 6379",
		"cache cl":                   "6379", // the one before it goes
		"db:leave cl":                "80 6379",
		"db:leave db:join cl":        "80 6379",
		"db:restart cl:leave":        "80 6379",
		"cl:leave db":                "",
		"db cl db:start cl:start":    "80 6379",
		"db cl db:start cl:start cl": "", // they are the same again
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			h := simtest.NewHost(t, sim.WithICC(false))
			bridge, _ := h.Network("bridge")
			c := map[string]*sim.Container{"db": simtest.Run(t, h, "db", sim.WithExpose("80")), "cache": simtest.Run(t, h, "cache", sim.WithExpose("6379"))}
			c["cl"] = simtest.Run(t, h, "cl", sim.WithLink(c["db"], "db"), sim.WithLink(c["cache"], "cache"))
			for step := range strings.FieldsSeq(order) {
				name, verb, _ := strings.Cut(step, ":")
				require.NoError(t, map[string]func() error{
					"":        func() error { return c[name].Stop(t.Context()) },
					"restart": func() error { return c[name].Restart(t.Context()) },
					"start":   c[name].Start,
					"leave":   func() error { return c[name].Disconnect(bridge) },
					"join":    func() error { return c[name].Connect(bridge) },
				}[verb]())
			}
			rules := runIptables(t, h, "-S DOCKER")
			var left []string
			for _, port := range []string{"80", "6379"} {
				if strings.Contains(rules, "--dport "+port+" -j ACCEPT\n") {
					left = append(left, port)
				}
			}
			require.Equal(t, stays, strings.Join(left, " "))
		})
	}
}

package engine

// Docker28 is Docker Engine 28.5.2. Of 29 it is told apart by its two stages of isolation, which
// 20.10 had, and by the RETURN that keeps what comes from bridges from being translated.
var Docker28 Engine = docker28{}

type docker28 struct{ since28 }

func (docker28) Release() Release {
	return Release{
		Name: "28", Version: "28.5.2", APIVersion: "1.51", MinAPIVersion: "1.24", Listens: "[fd://]",
		Flags: flagsSince28, NetworkOptions: optionsSince28,
	}
}

func (docker28) HostRules(d Daemon) []string {
	return hostRules(d, "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2")
}

// NetworkRules let others into a network that is routed; what they may reach there is up to the
// rules of its ports.
func (docker28) NetworkRules(n Network, _ []Network) []string {
	if n.Internal {
		return n.internalRules("DOCKER-ISOLATION-STAGE-1")
	}
	return append(n.externalRules(), n.forFamilies(func(f Family) (list []string) {
		if f.Mode == Routed || n.Masquerade && n.Daemon.UserlandProxy {
			list = append(list, "-t nat -I DOCKER -i DEVICE -j RETURN")
		}
		if f.Mode == Routed {
			list = append(list,
				"-I DOCKER-ISOLATION-STAGE-1 -o DEVICE -j RETURN",
				"-I DOCKER-ISOLATION-STAGE-1 -i DEVICE -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
		}
		return append(list,
			"-A DOCKER-ISOLATION-STAGE-1 -i DEVICE ! -o DEVICE -j DOCKER-ISOLATION-STAGE-2",
			"-I DOCKER-ISOLATION-STAGE-2 -o DEVICE -j DROP")
	})...)
}

func (docker28) Messages() *Messages { return messages28 }

var messages28 = messages20.with(func(m *Messages) {
	m.Listen = "failed to bind host port for %[1]v:%[3]v/%[2]v: %[5]v"
	m.BridgeName = "%s"
	m.NoSCTP = "error starting userland proxy: failed to listen on %[1]v: %[5]v"
})

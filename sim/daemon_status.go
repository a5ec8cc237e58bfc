package sim

import (
	"slices"
	"time"

	"drydock/sim/dockerapi"
)

// A Daemon is dockerd: how it is, and what of its options "docker info" tells.
type Daemon struct {
	ID      string // which stays; it comes of the host's seed
	Running bool
	Since   time.Time // when it started, or ended
	Err     error     // why it did not start
	Forward bool      // IPv4 was forwarded when it had started last

	Debug        bool
	Labels       []string
	Mirrors      []string // of Docker Hub
	CgroupDriver string   // "cgroupfs"
	Firewall     string   // "iptables" or "nftables"
	Proxy        bool     // published ports have a userland proxy
	AddressPools []dockerapi.AddressPool
}

// Daemon returns how dockerd is.
//
// Its options are those of NewHost, which are its command line, and what the file
// /etc/docker/daemon.json of the host says whenever StartDaemon or RestartDaemon start it: "icc": false
// there is WithICC(false). What dockerd 20.10.24 knows there has effect, or is what an emulated host
// has anyway, or is refused, as is a file that dockerd refuses, in its words.
//
//	docker0      bip default-address-pools default-gateway fixed-cidr icc ip-masq ipv6 with
//	             fixed-cidr-v6, which releases before 28 want, mtu
//	all networks default-address-pools ip ip-forward iptables userland-proxy; of Docker28 and later
//	             allow-direct-routing ip-forward-no-drop ip6tables, of Docker29 bridge-accept-fwmark
//	             firewall-backend
//	containers   dns dns-opts dns-search
//	docker info  debug exec-opts labels registry-mirrors
//	no effect    log-level max-concurrent-downloads max-concurrent-uploads max-download-attempts
//	refused      all others, unless their value is the usual one: "live-restore": false
//
// As with the real one nothing may be said twice, by an option and by the file, and "hosts" is an
// option already, of the unit of systemd. docker0 keeps its address when "bip" is there no longer. Rules
// stay that dockerd would not make any more and does not look for: with "iptables": false, all of
// them.
func (h *Host) Daemon() Daemon {
	last, d := h.daemonRun.last.Load(), h.dockerd()
	status := Daemon{
		ID: h.daemonID(), Running: !h.daemonRun.isDown(), Since: last.time, Err: last.err, Forward: h.daemonRun.forwarded.Load(),
		Debug: d.debug, Labels: slices.Clone(d.labels), Mirrors: slices.Clone(d.mirrors), CgroupDriver: d.cgroupDriver,
		Firewall: "iptables", Proxy: !d.noProxy,
	}
	if d.nftables {
		status.Firewall = "nftables"
	}
	if status.CgroupDriver == "" {
		status.CgroupDriver = "cgroupfs"
	}
	for _, p := range d.askedPools {
		status.AddressPools = append(status.AddressPools, dockerapi.AddressPool{Base: p.base.String(), Size: p.size})
	}
	return status
}

// ReloadDaemon has dockerd read daemon.json without a new start, as SIGHUP and "systemctl reload
// docker" do: "debug", "labels" and "registry-mirrors" there have effect at once, others at the next
// start. If dockerd refuses the file it goes on as it was; the error says why, and is logged.
func (h *Host) ReloadDaemon() error {
	const op = "reload daemon"
	if err := h.sameTime(op); err != nil {
		return err
	}
	defer h.turn()()
	if err := h.away(op, h.name); err != nil {
		return err
	}
	read, err := h.readOptions()
	if err != nil {
		h.log.Error("failed to reload dockerd", "error", err)
		return &Error{Op: op, Name: h.name, Err: ErrConflict, message: err.Error(), cause: err}
	}
	d := *h.dockerd()
	d.debug, d.labels, d.mirrors = read.debug, read.labels, read.mirrors
	h.options.Store(&d)
	return nil
}

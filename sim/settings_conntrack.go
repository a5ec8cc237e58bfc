package sim

import (
	"strconv"
	"time"

	"drydock/nat/conntrack"
)

// conntrackSetting is a setting of how long connections are kept, in seconds. It is there where
// there is a firewall.
func conntrackSetting(name string, field func(*conntrack.Timeouts) *time.Duration) setting {
	get := func(s *settings, _ string) string {
		tables := s.space.tables.Load()
		if tables == nil {
			return ""
		}
		to := tables.Timeouts()
		return strconv.FormatInt(int64(*field(&to)/time.Second), 10)
	}
	set := func(s *settings, k settingKey, value string) error {
		v, err := number(k, value, 1, 1<<31-1)
		if err != nil {
			return err
		}
		tables := s.space.tables.Load()
		to := tables.Timeouts()
		*field(&to) = time.Duration(v) * time.Second
		tables.SetTimeouts(to)
		return nil
	}
	return setting{"net.netfilter.nf_conntrack_" + name, get, set}
}

// conntrackSettings are in the order of their keys.
var conntrackSettings = []setting{
	conntrackSetting("generic_timeout", func(to *conntrack.Timeouts) *time.Duration { return &to.Generic }),
	conntrackSetting("icmp_timeout", func(to *conntrack.Timeouts) *time.Duration { return &to.ICMP }),
	conntrackSetting("icmpv6_timeout", func(to *conntrack.Timeouts) *time.Duration { return &to.ICMPv6 }),
	conntrackSetting("tcp_timeout_close", func(to *conntrack.Timeouts) *time.Duration { return &to.Close }),
	conntrackSetting("tcp_timeout_close_wait", func(to *conntrack.Timeouts) *time.Duration { return &to.CloseWait }),
	conntrackSetting("tcp_timeout_established", func(to *conntrack.Timeouts) *time.Duration { return &to.Established }),
	conntrackSetting("tcp_timeout_fin_wait", func(to *conntrack.Timeouts) *time.Duration { return &to.FinWait }),
	conntrackSetting("tcp_timeout_last_ack", func(to *conntrack.Timeouts) *time.Duration { return &to.LastAck }),
	conntrackSetting("tcp_timeout_syn_recv", func(to *conntrack.Timeouts) *time.Duration { return &to.SynRecv }),
	conntrackSetting("tcp_timeout_syn_sent", func(to *conntrack.Timeouts) *time.Duration { return &to.SynSent }),
	conntrackSetting("tcp_timeout_time_wait", func(to *conntrack.Timeouts) *time.Duration { return &to.TimeWait }),
	conntrackSetting("tcp_timeout_unacknowledged", func(to *conntrack.Timeouts) *time.Duration { return &to.Unacknowledged }),
	conntrackSetting("udp_timeout", func(to *conntrack.Timeouts) *time.Duration { return &to.UDP }),
	conntrackSetting("udp_timeout_stream", func(to *conntrack.Timeouts) *time.Duration { return &to.UDPStream }),
}

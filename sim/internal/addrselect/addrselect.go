// Package addrselect puts the addresses of a name in the order in which programs try them:
// default address selection for IPv6, RFC 6724, section 6, as package net and as glibc have
// it. It knows no network; what the order depends on is asked of the caller.
package addrselect

import (
	"cmp"
	"math/bits"
	"net/netip"
	"slices"
)

// A Policy is a policy table of RFC 6724, section 2.1: what a resolver orders the
// addresses of a name by. It does not change.
type Policy struct {
	rows   []policyRow // the longer prefix first
	common int         // how many bits of IPv6 addresses the longest matching prefix has at most
}

// A policyRow has what the addresses of a prefix have in common. That of IPv4 is
// ::ffff:0:0/96 in the tables.
type policyRow struct {
	prefix     netip.Prefix
	precedence int
	label      int
}

// Go is the Policy of package net: the table of RFC 6724, in which IPv4 comes before
// unique local addresses.
var Go = &Policy{
	common: 64, // without the interface identifier
	rows: []policyRow{
		{netip.MustParsePrefix("::1/128"), 50, 0},
		{netip.MustParsePrefix("0.0.0.0/0"), 35, 4},
		{netip.MustParsePrefix("::/96"), 1, 3},
		{netip.MustParsePrefix("2001::/32"), 5, 5},
		{netip.MustParsePrefix("2002::/16"), 30, 2},
		{netip.MustParsePrefix("3ffe::/16"), 1, 12},
		{netip.MustParsePrefix("fec0::/10"), 1, 11},
		{netip.MustParsePrefix("fc00::/7"), 3, 13},
		{netip.MustParsePrefix("::/0"), 40, 1},
	},
}

// Libc is what getaddrinfo(3) of glibc has without /etc/gai.conf: the precedences
// of RFC 3484, in which IPv4 comes last, and labels of its own. What glibc makes of the
// longest prefix of IPv4 addresses is left out.
var Libc = &Policy{
	common: 128,
	rows: []policyRow{
		{netip.MustParsePrefix("::1/128"), 50, 0},
		{netip.MustParsePrefix("0.0.0.0/0"), 10, 4},
		{netip.MustParsePrefix("::/96"), 20, 3},
		{netip.MustParsePrefix("2001::/32"), 40, 7},
		{netip.MustParsePrefix("2002::/16"), 30, 2},
		{netip.MustParsePrefix("fec0::/10"), 40, 5},
		{netip.MustParsePrefix("fc00::/7"), 40, 6},
		{netip.MustParsePrefix("::/0"), 40, 1},
	},
}

// row returns the row of an address without zone.
func (p *Policy) row(a netip.Addr) policyRow {
	i := slices.IndexFunc(p.rows, func(r policyRow) bool { return r.prefix.Contains(a) })
	return p.rows[i] // the last one has every IPv6 address
}

// A destination is an address with what RFC 6724, section 6, compares. One that cannot
// be sent to has the address alone.
type destination struct {
	addr         netip.Addr
	usable       bool
	scopeMatches bool // the source's
	labelMatches bool // the source's
	precedence   int
	scope        int
	common       int // bits of the longest prefix that an IPv6 one has in common with the source
}

// destination returns a with what p says of it and its source, which is invalid if
// there is none.
func (p *Policy) destination(a, source netip.Addr) destination {
	if !source.IsValid() {
		return destination{addr: a}
	}
	dst := a.Unmap().WithZone("")
	row := p.row(dst)
	d := destination{
		addr:         a,
		usable:       true,
		scopeMatches: scopeOf(dst) == scopeOf(source),
		labelMatches: row.label == p.row(source).label,
		precedence:   row.precedence,
		scope:        scopeOf(dst),
	}
	if dst.Is6() {
		d.common = min(commonBits(dst, source), p.common)
	}
	return d
}

// compare orders destinations by the rules of RFC 6724, section 6, that package net has.
// There are no deprecated, home or tunneled addresses for the others. Rule 9 finds only
// addresses of one family left.
func (d destination) compare(e destination) int {
	return cmp.Or(
		trueFirst(d.usable, e.usable),             // rule 1
		trueFirst(d.scopeMatches, e.scopeMatches), // rule 2
		trueFirst(d.labelMatches, e.labelMatches), // rule 5
		cmp.Compare(e.precedence, d.precedence),   // rule 6
		cmp.Compare(d.scope, e.scope),             // rule 8
		cmp.Compare(e.common, d.common),           // rule 9
	)
}

func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Sort returns the addresses of a name in the order of p, those alike in the order given.
// The function source returns the address that packets to one of them would have as
// source, which is invalid if there is no way to it.
func (p *Policy) Sort(addrs []netip.Addr, source func(netip.Addr) netip.Addr) []netip.Addr {
	if len(addrs) < 2 {
		return addrs // without asking for routes
	}
	list := make([]destination, len(addrs))
	for i, a := range addrs {
		list[i] = p.destination(a, source(a.Unmap()))
	}
	slices.SortStableFunc(list, destination.compare)
	sorted := make([]netip.Addr, len(list))
	for i, d := range list {
		sorted[i] = d.addr
	}
	return sorted
}

// Scopes of RFC 4291, section 2.7.
const (
	linkScope   = 0x2
	siteScope   = 0x5
	globalScope = 0xe
)

var siteLocal = netip.MustParsePrefix("fec0::/10")

// scopeOf returns the scope of an address without zone, IPv4 ones as RFC 6724, section
// 3.2, has them.
func scopeOf(a netip.Addr) int {
	switch {
	case a.Is6() && a.IsMulticast():
		return int(a.As16()[1] & 0xf)
	case a.IsLoopback() || a.IsLinkLocalUnicast():
		return linkScope
	case siteLocal.Contains(a):
		return siteScope
	}
	return globalScope
}

// commonBits returns how many leading bits two IPv6 addresses have in common.
func commonBits(a, b netip.Addr) int {
	x, y := a.As16(), b.As16()
	for i := range x {
		if d := x[i] ^ y[i]; d != 0 {
			return 8*i + bits.LeadingZeros8(d)
		}
	}
	return 128
}

package iptables

import (
	"math"
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "NFLOG", begin: beginNFLog}, func(t nat.NFLog, _ column) (string, string) {
	return "NFLOG", strings.TrimPrefix(t.Text(" "), " ")
})

// maxNFLogPrefix is NF_LOG_PREFIXLEN of nf_tables without its closing 0. What is longer is cut.
const maxNFLogPrefix = 127

// beginNFLog reads
//
//	--nflog-group N, --nflog-prefix TEXT
//	--nflog-size N or --nflog-range N, --nflog-threshold N
func beginNFLog(*scope) *extension {
	var t nat.NFLog
	return &extension{name: "NFLOG", target: func() nat.Target { return t }, options: []option{
		numberOption("NFLOG", "nflog-group", 0, 0xffff, func(n uint64, _ bool) { t.Group = uint16(n) }),
		textOption("nflog-prefix", func(value string, _ bool) error {
			switch {
			case value == "":
				return wrong("Argument must have a minimum length of 1 characters\n")
			case strings.Contains(value, "\n"):
				return wrong("Newlines not allowed in --log-prefix")
			}
			t.Prefix = value[:min(len(value), maxNFLogPrefix)]
			return nil
		}),
		numberOption("NFLOG", "nflog-range", 0, math.MaxUint32, func(n uint64, _ bool) { t.Range = uint32(n) }).exclusive(),
		numberOption("NFLOG", "nflog-size", 0, math.MaxUint32, func(n uint64, _ bool) { t.Size, t.HasSize = uint32(n), true }).exclusive(),
		numberOption("NFLOG", "nflog-threshold", 0, 0xffff, func(n uint64, _ bool) { t.Threshold = uint16(n) }),
	}}
}

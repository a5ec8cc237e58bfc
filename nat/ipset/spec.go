package ipset

import "time"

// A Type is what entries of a set are.
type Type uint8

// The types of sets.
const (
	HashIP      Type = iota // addresses, or the networks of Spec.Netmask
	HashNet                 // networks of any size
	HashIPPort              // an address with a protocol and a port
	HashNetPort             // a network with a protocol and a port
	BitmapPort              // ports of a range, of any protocol
	ListSet                 // other sets
	numTypes
)

var typeNames = [numTypes]string{"hash:ip", "hash:net", "hash:ip,port", "hash:net,port", "bitmap:port", "list:set"}

// String returns the name, "hash:ip".
func (t Type) String() string { return typeNames[t] }

// TypeNamed returns the type of a name.
func TypeNamed(name string) (Type, bool) {
	for t, n := range typeNames {
		if n == name {
			return Type(t), true
		}
	}
	return 0, false
}

// HasAddr reports whether entries have an address.
func (t Type) HasAddr() bool { return t <= HashNetPort }

// HasNet reports whether their address may be a network, which may be told not to match.
func (t Type) HasNet() bool { return t == HashNet || t == HashNetPort }

// HasPort reports whether entries have a port, of which those with an address have a
// protocol.
func (t Type) HasPort() bool { return t == HashIPPort || t == HashNetPort || t == BitmapPort }

// Dimensions returns how many of src and dst a rule gives.
func (t Type) Dimensions() int {
	if t == HashIPPort || t == HashNetPort {
		return 2
	}
	return 1
}

// The limits and defaults of Linux.
const (
	MaxName        = 31                    // IPSET_MAXNAMELEN without its closing 0
	MaxComment     = 255                   // IPSET_MAX_COMMENT_SIZE
	MaxTimeout     = 2147483 * time.Second // what fits a jiffies counter of milliseconds
	DefaultMaxElem = 65536                 // of hashes
	DefaultHash    = 1024
	DefaultSize    = 8 // of lists
	DefaultBucket  = 12
	maxSets        = 65534 // IPSET_INVALID_ID
)

// A Spec is what a set is created with. It is comparable.
type Spec struct {
	Type       Type
	V6         bool          // family inet6, of the types with an address
	Netmask    uint8         // of hash:ip: addresses are cut to it; 0: not at all
	HashSize   uint32        // shown only
	BucketSize uint8         // shown only
	InitVal    uint32        // shown only; 0: a random one
	MaxElem    uint32        // of hashes
	From, To   uint16        // of bitmap:port
	Size       uint32        // of list:set
	Timeouts   bool          // that entries may have timeouts
	Timeout    time.Duration // that they have unless told otherwise; 0: none
	Counters   bool          // that entries count what they match
	Comments   bool          // that entries may have comments
}

// width is the length of a prefix that is one address.
func (s *Spec) width() int {
	if s.V6 {
		return 128
	}
	return 32
}

// check fills in defaults.
func (s *Spec) check() error {
	switch {
	case s.Type >= numTypes, s.Timeout < 0, s.Timeout > MaxTimeout, s.Timeout > 0 && !s.Timeouts:
		return ErrValue
	case s.V6 && !s.Type.HasAddr():
		return ErrFamily
	case int(s.Netmask) > s.width() || s.Netmask != 0 && s.Type != HashIP:
		return ErrValue
	case s.Type == BitmapPort && s.From > s.To:
		return ErrValue
	}
	if s.Type.HasAddr() {
		s.MaxElem, s.HashSize, s.BucketSize = orElse(s.MaxElem, DefaultMaxElem), orElse(s.HashSize, DefaultHash), orElse(s.BucketSize, DefaultBucket)
	}
	if s.Type == ListSet {
		s.Size = orElse(s.Size, DefaultSize)
	}
	return nil
}

func orElse[T comparable](v, otherwise T) T {
	if v == *new(T) {
		return otherwise
	}
	return v
}

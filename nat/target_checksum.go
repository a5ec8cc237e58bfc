package nat

// Checksum is CHECKSUM --checksum-fill, in table mangle. It counts, and otherwise nothing
// happens: it is there for checksums that a card would have filled in and old DHCP clients
// look at, and packets here get theirs before they leave a stack for anything that could
// look.
type Checksum struct{}

var _ = reserve("CHECKSUM")

func (Checksum) String() string { return "-j CHECKSUM --checksum-fill" }

func (Checksum) place() place { return place{tables: 1 << mangleTable, hooks: everyHook} }

func (t Checksum) checked(setting) (Target, error) { return t, nil }

func (Checksum) apply(*host, *packet) verdict { return carryOn }

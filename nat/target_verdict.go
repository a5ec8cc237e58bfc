package nat

// Accept, Drop and Return are what traversal knows by itself.

// Accept lets the packet pass the table. The tables and hooks behind it are asked
// nevertheless.
type Accept struct{}

// Drop loses the packet without a word. It is counted as drop.Rule and told to OnDrop. Not in
// nat.
type Drop struct{}

// Return goes on behind the rule that jumped here, or applies the policy.
type Return struct{}

var (
	_ = reserve("ACCEPT")
	_ = reserve("DROP")
	_ = reserve("RETURN")
	_ = reserve("QUEUE") // which is not here, but iptables knows it
)

func (Accept) String() string { return "-j ACCEPT" }
func (Drop) String() string   { return "-j DROP" }
func (Return) String() string { return "-j RETURN" }

func (Accept) place() place { return anywhere }
func (Return) place() place { return anywhere }

// place keeps packets from being dropped in nat, which sees only the first of each
// connection.
func (Drop) place() place {
	return place{tables: anywhere.tables &^ (1 << natTable), hooks: everyHook}
}

func (t Accept) checked(setting) (Target, error) { return t, nil }
func (t Drop) checked(setting) (Target, error)   { return t, nil }
func (t Return) checked(setting) (Target, error) { return t, nil }

package nat

// ParseRule is iptables.ParseRule, which tests of this package cannot import: that package
// imports this one. The external tests set it.
var ParseRule func(spec string) (Chain, Rule, error)

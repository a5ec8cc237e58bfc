// Package daemonjson reads /etc/docker/daemon.json as dockerd 20.10.24 does, and says in its words
// what is wrong there.
package daemonjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"reflect"
	"slices"
	"strings"
)

// A Config is what the file says. Its name and those of its types stand in messages. A nil pointer
// is what the file does not say.
type Config struct {
	BridgeIP    string   `json:"bip"`
	FixedCIDR   string   `json:"fixed-cidr"`
	FixedCIDRv6 string   `json:"fixed-cidr-v6"`
	Gateway     net.IP   `json:"default-gateway"`
	Pools       []Pool   `json:"default-address-pools"`
	MTU         int      `json:"mtu"`
	IPv6        bool     `json:"ipv6"`
	ICC         *bool    `json:"icc"`
	IPTables    *bool    `json:"iptables"`
	IPForward   *bool    `json:"ip-forward"`
	IPMasq      *bool    `json:"ip-masq"`
	Proxy       *bool    `json:"userland-proxy"`
	PublishAddr net.IP   `json:"ip"`
	DNS         []string `json:"dns"`
	DNSOptions  []string `json:"dns-opts"`
	DNSSearch   []string `json:"dns-search"`
	Labels      []string `json:"labels"`
	Mirrors     []string `json:"registry-mirrors"`
	Debug       bool     `json:"debug"`
	LogLevel    string   `json:"log-level"`
	ExecOpts    []string `json:"exec-opts"`
	Downloads   int      `json:"max-concurrent-downloads"`
	Uploads     int      `json:"max-concurrent-uploads"`
	Attempts    *int     `json:"max-download-attempts"`

	// Since release 28.
	IP6Tables     *bool `json:"ip6tables"`
	DirectRouting bool  `json:"allow-direct-routing"`
	KeepPolicy    bool  `json:"ip-forward-no-drop"`

	// Since 29.
	FirewallBackend string `json:"firewall-backend"`
	AcceptMark      string `json:"bridge-accept-fwmark"`
}

// A Pool is a subnet that is cut into subnets of Size bits.
type Pool struct {
	Base string `json:"base"`
	Size int    `json:"size"`
}

// Max bounds the file. The real one has no bound.
const Max = 1 << 20

// Read reads the text of the file. Flags are what dockerd was told by its command line, with what
// it prints of them: the file must not say the same things. More are the directives that this
// release has and not all.
func Read(text []byte, flags map[string]string, more ...string) (Config, error) {
	c, err := read(text, flags, more)
	if err != nil {
		return Config{}, fmt.Errorf("unable to configure the Docker daemon with file /etc/docker/daemon.json: %w", err)
	}
	return c, c.check()
}

func read(text []byte, flags map[string]string, more []string) (c Config, err error) {
	if len(text) > Max {
		return c, fmt.Errorf("it has more than %d bytes", Max)
	}
	var said map[string]any
	if err := decode(text, &said); err != nil {
		return c, err
	}
	said = flatten(said)
	if err := unknown(said, more); err != nil {
		return c, err
	}
	if err := conflicts(said, flags); err != nil {
		return c, err
	}
	if err := decode(text, &c); err != nil {
		return c, err
	}
	if err := c.validate(); err != nil {
		return c, fmt.Errorf("configuration validation from file failed: %w", err)
	}
	return c, unsupported(said, more)
}

// decode takes the first value. What comes after it dockerd does not look at.
func decode(text []byte, into any) error {
	return json.NewDecoder(bytes.NewReader(text)).Decode(into)
}

// flatten does what dockerd does: of an object that it does not know as one the keys are directives.
func flatten(said map[string]any) map[string]any {
	flat := make(map[string]any)
	for key, value := range said {
		object, is := value.(map[string]any)
		if _, known := notEmulated[key].(map[string]any); is && !known {
			maps.Copy(flat, object)
			continue
		}
		flat[key] = value
	}
	return flat
}

// unknown refuses what dockerd does not know, in the order of names. Its own order is random.
func unknown(said map[string]any, more []string) error {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(said)) {
		if _, known := notEmulated[key]; !known && !slices.Contains(emulated, key) && !slices.Contains(ignored, key) && !slices.Contains(more, key) {
			list = append(list, key)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return errors.New("the following directives don't match any configuration option: " + strings.Join(list, ", "))
}

func conflicts(said map[string]any, flags map[string]string) error {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		if value, is := said[name]; is {
			list = append(list, fmt.Sprintf("%s: (from flag: %s, from file: %v)", name, flags[name], value))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return errors.New("the following directives are specified both as a flag and in the configuration file: " + strings.Join(list, ", "))
}

// unsupported refuses what dockerd knows and an emulated host does not do, unless the file asks for
// what is so anyway.
func unsupported(said map[string]any, more []string) error {
	for _, key := range slices.Sorted(maps.Keys(said)) {
		usual, is := notEmulated[key]
		if is && !slices.Contains(more, key) && !isZero(said[key]) && !reflect.DeepEqual(said[key], usual) {
			return fmt.Errorf("%s is not supported by an emulated host", key)
		}
	}
	return nil
}

// isZero reports whether a value is none: false, 0, or nothing in it.
func isZero(value any) bool {
	v := reflect.ValueOf(value)
	return !v.IsValid() || v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

package daemonjson_test

import (
	"strings"
	"testing"

	"drydock/sim/internal/daemonjson"

	"github.com/stretchr/testify/require"
)

// configure is what dockerd says first of most faults.
const configure = "unable to configure the Docker daemon with file /etc/docker/daemon.json: "

// TestRead compares with what dockerd 20.10.24 printed for the same file, started with -H fd://.
func TestRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" ":                                       configure + "EOF",
		"x":                                       configure + "invalid character 'x' looking for beginning of value",
		"[]":                                      configure + "json: cannot unmarshal array into Go value of type map[string]interface {}",
		"null":                                    "",
		`"a"`:                                     configure + "json: cannot unmarshal string into Go value of type map[string]interface {}",
		`{"icc":"no"}`:                            configure + "json: cannot unmarshal string into Go struct field Config.icc of type bool",
		`{"icc":1}`:                               configure + "json: cannot unmarshal number into Go struct field Config.icc of type bool",
		`{"icc":null}`:                            "",
		`{"ICC":false}`:                           configure + "the following directives don't match any configuration option: ICC",
		`{"foo":1,"bar":{"x":1}}`:                 configure + "the following directives don't match any configuration option: foo, x",
		`{"mtu":"1400"}`:                          configure + "json: cannot unmarshal string into Go struct field Config.mtu of type int",
		`{"mtu":1400.5}`:                          configure + "json: cannot unmarshal number 1400.5 into Go struct field Config.mtu of type int",
		`{"dns":"8.8.8.8"}`:                       configure + "json: cannot unmarshal string into Go struct field Config.dns of type []string",
		`{"dns":["foo"]}`:                         configure + "configuration validation from file failed: foo is not an ip address",
		`{"dns-search":["a b"]}`:                  configure + "configuration validation from file failed: a b is not a valid domain",
		`{"dns-search":["a.b",""]}`:               configure + "configuration validation from file failed:  is not a valid domain",
		`{"dns-opts":["x"]}`:                      "",
		`{"labels":["a"]}`:                        configure + "configuration validation from file failed: bad attribute format: a",
		`{"labels":["a=b","a=c"]}`:                "conflict labels for a=c and a=b",
		`{"labels":["a=b","a=b"]}`:                "",
		`{"registry-mirrors":["x:"]}`:             `failed to start daemon: invalid mirror: unsupported scheme "x" in "x:"`,
		`{"registry-mirrors":["foo"]}`:            `failed to start daemon: invalid mirror: unsupported scheme "" in "foo"`,
		`{"registry-mirrors":["::foo"]}`:          `failed to start daemon: invalid mirror: "::foo" is not a valid URI`,
		`{"registry-mirrors":["https://x/y"]}`:    `failed to start daemon: invalid mirror: path, query, or fragment at end of the URI "https://x/y"`,
		`{"registry-mirrors":["https://x/?a"]}`:   `failed to start daemon: invalid mirror: path, query, or fragment at end of the URI "https://x/?a"`,
		`{"registry-mirrors":["https://a:b@x"]}`:  `failed to start daemon: invalid mirror: username/password not allowed in URI "https://a:xxxxx@x"`,
		`{"hosts":["tcp://0.0.0.0:1"]}`:           configure + "the following directives are specified both as a flag and in the configuration file: hosts: (from flag: [fd://], from file: [tcp://0.0.0.0:1])",
		`{"foo":1,"hosts":["x"]}`:                 configure + "the following directives don't match any configuration option: foo",
		`{"icc":false} trailing`:                  "",
		`{"icc":false}}`:                          "",
		`{"icc":false,}`:                          configure + "invalid character '}' looking for beginning of object key string",
		`{"icc":false`:                            configure + "unexpected EOF",
		`{icc:false}`:                             configure + "invalid character 'i' looking for beginning of object key string",
		`{"icc": fals}`:                           configure + "invalid character '}' in literal false (expecting 'e')",
		`{"log-level":"foo"}`:                     "unable to parse logging level: foo",
		`{"log-level":"DEBUG"}`:                   "",
		`{"log-level":"x","labels":["a=","a=c"]}`: "conflict labels for a=c and a=",
		`{"default-address-pools":{"base":"x"}}`:  configure + "the following directives don't match any configuration option: base",
		`{"ip":"foo"}`:                            configure + "invalid IP address: foo",
		`{"ip":""}`:                               "",
		`{"default-gateway":"foo"}`:               configure + "invalid IP address: foo",
		`{"max-concurrent-downloads":-1}`:         configure + "configuration validation from file failed: invalid max concurrent downloads: -1",
		`{"max-concurrent-uploads":-1}`:           configure + "configuration validation from file failed: invalid max concurrent uploads: -1",
		`{"max-download-attempts":0}`:             configure + "configuration validation from file failed: invalid max download attempts: 0",
		`{"exec-opts":["native.cgroupdriver=x"]}`: "failed to start daemon: native.cgroupdriver option x not supported",
		`{"exec-opts":["native.cgroupdriver=systemd"]}`: "",
		`{"label":["a=b"]}`:                             "", // dockerd has it for the flag, and does nothing
		// What an emulated host does not do.
		`{"live-restore":true}`:                   configure + "live-restore is not supported by an emulated host",
		`{"live-restore":false}`:                  "",
		`{"log-driver":"json-file"}`:              "",
		`{"log-driver":"syslog"}`:                 configure + "log-driver is not supported by an emulated host",
		`{"log-opts":{}}`:                         "",
		`{"log-opts":{"max-size":"1m"}}`:          configure + "log-opts is not supported by an emulated host",
		`{"insecure-registries":["a:5000"]}`:      configure + "insecure-registries is not supported by an emulated host",
		`{"shutdown-timeout":15,"tls":null}`:      "",
		strings.Repeat(" ", daemonjson.Max) + "":  configure + "EOF",
		strings.Repeat(" ", daemonjson.Max) + "x": configure + "it has more than 1048576 bytes",
	} {
		_, err := daemonjson.Read([]byte(text), map[string]string{"hosts": "[fd://]"})
		if want == "" {
			require.NoError(t, err, text)
		} else {
			require.EqualError(t, err, want, text)
		}
	}
}

// TestMore: directives of later releases are unknown to this one, or not emulated.
func TestMore(t *testing.T) {
	t.Parallel()
	const text = `{"ip6tables":true,"allow-direct-routing":true}`
	_, err := daemonjson.Read([]byte(text), nil)
	require.EqualError(t, err, configure+"the following directives don't match any configuration option: allow-direct-routing")
	_, err = daemonjson.Read([]byte(`{"ip6tables":true}`), nil)
	require.EqualError(t, err, configure+"ip6tables is not supported by an emulated host")
	c, err := daemonjson.Read([]byte(text), nil, "ip6tables", "allow-direct-routing")
	require.NoError(t, err)
	require.True(t, *c.IP6Tables)
	require.True(t, c.DirectRouting)
}

// TestConflicts: values are printed as pflag and as fmt print them.
func TestConflicts(t *testing.T) {
	t.Parallel()
	const text = `{"icc":false,"mtu":1500,"dns":["8.8.8.8"],"default-address-pools":[{"base":"10.9.0.0/16","size":24}]}`
	const prefix = configure + "the following directives are specified both as a flag and in the configuration file: "
	_, err := daemonjson.Read([]byte(text), map[string]string{"icc": "true", "bip": "10.1.0.1/24"})
	require.EqualError(t, err, prefix+"icc: (from flag: true, from file: false)")
	_, err = daemonjson.Read([]byte(text), map[string]string{"default-address-pools": "10.1.0.0/16 24", "mtu": "1400"})
	require.EqualError(t, err, prefix+"default-address-pools: (from flag: 10.1.0.0/16 24, from file: [map[base:10.9.0.0/16 size:24]]), mtu: (from flag: 1400, from file: 1500)")
}

// TestValues are those that dockerd told afterwards.
func TestValues(t *testing.T) {
	t.Parallel()
	c, err := daemonjson.Read([]byte(`{"labels":["a=b","c=d","a=b"],"registry-mirrors":["https://x","http://y/"],
		"dns":[" 8.8.8.8"],"dns-search":["."," A.b. "],"exec-opts":["native.cgroupdriver=systemd"],"userland-proxy":false}`), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a=b", "c=d"}, c.Labels)
	require.Equal(t, []string{"https://x/", "http://y/"}, c.Mirrors)
	require.Equal(t, []string{"8.8.8.8"}, c.DNS)
	require.Equal(t, []string{".", "A.b"}, c.DNSSearch)
	require.Equal(t, "systemd", c.CgroupDriver())
	require.False(t, *c.Proxy)
	require.Nil(t, c.ICC)
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"icc":false}`, `{"hosts":["x"],"a":{"b":[{}]}}`, `{"log-opts":{"a":[]},"tls":{}}`, `{"registry-mirrors":["http://[::1%25"]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := daemonjson.Read([]byte(text), map[string]string{"hosts": "[fd://]"})
		if err == nil {
			again, err := daemonjson.Read([]byte(text), nil)
			require.NoError(t, err)
			require.Equal(t, c, again)
		}
	})
}

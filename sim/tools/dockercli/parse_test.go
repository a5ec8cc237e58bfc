package dockercli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// TestPortsColumn has what docker's own tests of the column have.
func TestPortsColumn(t *testing.T) {
	t.Parallel()
	port := func(ip string, private, public uint16, protocol string) dockerapi.Port {
		return dockerapi.Port{IP: ip, PrivatePort: private, PublicPort: public, Type: protocol}
	}
	for _, tt := range []struct {
		ports []dockerapi.Port
		want  string
	}{
		{nil, ""},
		{[]dockerapi.Port{port("", 9988, 0, "tcp")}, "9988/tcp"},
		{[]dockerapi.Port{port("0.0.0.0", 9988, 0, "tcp")}, "0.0.0.0:0->9988/tcp"},
		{[]dockerapi.Port{port("4.3.2.1", 9988, 8899, "tcp")}, "4.3.2.1:8899->9988/tcp"},
		{[]dockerapi.Port{port("4.3.2.1", 9988, 9988, "tcp")}, "4.3.2.1:9988->9988/tcp"},
		{[]dockerapi.Port{port("", 9988, 0, "udp"), port("", 9988, 0, "udp")}, "9988/udp, 9988/udp"},
		{[]dockerapi.Port{port("1.2.3.4", 9998, 9998, "udp"), port("1.2.3.4", 9999, 9999, "udp")}, "1.2.3.4:9998-9999->9998-9999/udp"},
		{[]dockerapi.Port{port("1.2.3.4", 9998, 8887, "udp"), port("1.2.3.4", 9999, 8888, "udp")}, "1.2.3.4:8887->9998/udp, 1.2.3.4:8888->9999/udp"},
		{[]dockerapi.Port{port("", 9998, 0, "udp"), port("", 9999, 0, "udp")}, "9998-9999/udp"},
		{[]dockerapi.Port{port("1.2.3.4", 9999, 9999, "udp"), port("", 9998, 0, "udp"), port("", 9997, 0, "udp")}, "9997-9998/udp, 1.2.3.4:9999->9999/udp"},
		{[]dockerapi.Port{port("0.0.0.0", 80, 8080, "tcp"), port("::", 80, 8080, "tcp"), port("", 53, 0, "udp")}, "53/udp, 0.0.0.0:8080->80/tcp, :::8080->80/tcp"},
		{[]dockerapi.Port{port("", 65535, 0, "tcp"), port("", 1, 0, "tcp")}, "1/tcp, 65535/tcp"},
	} {
		require.Equal(t, tt.want, portsColumn(&release20, tt.ports))
	}
}

// TestPsColumns has commands, names and images that are cut.
func TestPsColumns(t *testing.T) {
	t.Parallel()
	short, long := &listFlags{look: look20, of: &release20}, &listFlags{noTrunc: true, of: &release20}
	for command, want := range map[string]string{
		"": "", "12345678901234567890": "12345678901234567890", "123456789012345678901": "1234567890123456789…",
		"/bin/sh -c 'echo hello'": "/bin/sh -c 'echo he…", "ééééééééééééééééééééé": "ééééééééééééééééééé…",
		"一二三四五六七八九十": "一二三四五六七八九十", "一二三四五六七八九十一": "一二三四五六七八九…",
	} {
		require.Equal(t, want, short.psCommand(command))
		require.Equal(t, command, long.psCommand(command))
	}
	require.Equal(t, "web", short.psNames([]string{"/a/b", "/web"}))
	require.Equal(t, "a/b,web", long.psNames([]string{"/a/b", "/web"}))
	id := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	for image, want := range map[string]string{
		"": "<no image>", "nginx": "nginx", "nginx:1": "nginx:1", "docker.io/library/nginx:1": "nginx:1", "x.org:5/a@" + id: "x.org:5/a", "nginx:1@" + id: "nginx:1",
		id: "0123456789ab", "0123456789ab": "0123456789ab", "UPPER": "UPPER",
	} {
		require.Equal(t, want, short.psImage(dockerapi.ContainerSummary{Image: image, ImageID: id}), image)
	}
}

// TestEnvFile has files of variables and labels.
func TestEnvFile(t *testing.T) {
	t.Parallel()
	d := &docker{release: &release20, Call: &command.Call{Env: []string{"OWN=old", "OWN=1"}, Files: readOnly{fstest.MapFS{
		"root/env":  {Data: []byte("\ufeff# comment\n\n A=b c \r\nB=\nOWN\nNONE\nC==\n")},
		"root/bad":  {Data: []byte("A B=c\n")},
		"root/bad2": {Data: []byte("=c\n")},
		"root/bad3": {Data: []byte("A=1\nB=\xff\n")},
		"root/long": {Data: bytes.Repeat([]byte("x"), maxFileLine)},
	}}, Dir: "/root"}}
	env, err := d.readEnv([]string{"env"}, []string{"A=2"})
	require.NoError(t, err)
	require.Equal(t, []string{"A=b c ", "B=", "OWN=1", "C==", "A=2"}, env)
	labels, err := d.readLabels([]string{"/root/env"}, []string{"A", "D=x=y"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"A": "", "B": "", "C": "=", "D": "x=y"}, labels)
	for file, want := range map[string]string{
		"nosuch": "open nosuch: no such file or directory",
		"bad":    "poorly formatted environment: variable 'A B' contains whitespaces",
		"bad2":   "poorly formatted environment: no variable name on line '=c'",
		"bad3":   "env file bad3 contains invalid utf8 bytes at line 2: [66 61 255]",
		"long":   "bufio.Scanner: token too long",
	} {
		_, err := d.readEnv([]string{file}, nil)
		require.EqualError(t, err, want)
	}
}

// readOnly are files that cannot be changed.
type readOnly struct{ fs.FS }

func (r readOnly) OpenFile(name string, _ int, _ fs.FileMode) (command.File, error) {
	f, err := r.Open(name)
	if err != nil {
		return nil, err
	}
	return readOnlyFile{f}, nil
}
func (readOnly) Mkdir(string, fs.FileMode) error { return fs.ErrPermission }
func (readOnly) Remove(string) error             { return fs.ErrPermission }
func (readOnly) Rename(string, string) error     { return fs.ErrPermission }

type readOnlyFile struct{ fs.File }

func (readOnlyFile) Write([]byte) (int, error) { return 0, fs.ErrPermission }

// TestCreateSpec has what flags of docker run ask of the daemon, which is what docker's own
// asks, but for what is not emulated.
func TestCreateSpec(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"alpine":                  `{"AttachStdout":true,"AttachStderr":true,"Image":"alpine","HostConfig":{"NetworkMode":"default","RestartPolicy":{"Name":"no"}}}`,
		"-it --rm alpine sh -c x": `{"AttachStdin":true,"AttachStdout":true,"AttachStderr":true,"Tty":true,"OpenStdin":true,"StdinOnce":true,"Cmd":["sh","-c","x"],"Image":"alpine","HostConfig":{"NetworkMode":"default","AutoRemove":true,"RestartPolicy":{"Name":"no"}}}`,
		"-a STDIN -a stderr a":    `{"AttachStdin":true,"AttachStderr":true,"Image":"a","HostConfig":{"NetworkMode":"default","RestartPolicy":{"Name":"no"}}}`,
		"-p 8080:80 -p [::1]:1-2:1-2/udp -p 90 a":                                                    `{"AttachStdout":true,"AttachStderr":true,"ExposedPorts":{"1/udp":{},"2/udp":{},"80/tcp":{},"90/tcp":{}},"Image":"a","HostConfig":{"NetworkMode":"default","PortBindings":{"1/udp":[{"HostIp":"::1","HostPort":"1"}],"2/udp":[{"HostIp":"::1","HostPort":"2"}],"80/tcp":[{"HostIp":"","HostPort":"8080"}],"90/tcp":[{"HostIp":"","HostPort":""}]},"RestartPolicy":{"Name":"no"}}}`,
		"-p 7000-7005:80 -p published=1,target=2,protocol=udp --expose 3-4 --expose 5/sctp -P a":     `{"AttachStdout":true,"AttachStderr":true,"ExposedPorts":{"2/udp":{},"3/tcp":{},"4/tcp":{},"5/sctp":{},"80/tcp":{}},"Image":"a","HostConfig":{"NetworkMode":"default","PortBindings":{"2/udp":[{"HostIp":"","HostPort":"1"}],"80/tcp":[{"HostIp":"","HostPort":"7000-7005"}]},"PublishAllPorts":true,"RestartPolicy":{"Name":"no"}}}`,
		"--network app --network-alias x --net-alias y --ip 1.2.3.4 --link db:d a":                   `{"AttachStdout":true,"AttachStderr":true,"Image":"a","HostConfig":{"Links":["db:d"],"NetworkMode":"app","RestartPolicy":{"Name":"no"}},"NetworkingConfig":{"EndpointsConfig":{"app":{"IPAMConfig":{"IPv4Address":"1.2.3.4"},"Links":["db:d"],"Aliases":["x","y"]}}}}`,
		"--net name=app,alias=X,ip6=::1 a":                                                           `{"AttachStdout":true,"AttachStderr":true,"Image":"a","HostConfig":{"NetworkMode":"app","RestartPolicy":{"Name":"no"}},"NetworkingConfig":{"EndpointsConfig":{"app":{"IPAMConfig":{"IPv6Address":"::1"},"Links":null,"Aliases":["x"]}}}}`,
		"--network bridge --ip 1.2.3.4 a":                                                            `{"AttachStdout":true,"AttachStderr":true,"Image":"a","HostConfig":{"NetworkMode":"bridge","RestartPolicy":{"Name":"no"}},"NetworkingConfig":{"EndpointsConfig":{"bridge":{"IPAMConfig":{"IPv4Address":"1.2.3.4"},"Links":null,"Aliases":null}}}}`,
		"-h h --domainname d --dns 1.1.1.1 --dns-opt o --dns-search s. --add-host x:::1 --link db a": `{"Hostname":"h","Domainname":"d","AttachStdout":true,"AttachStderr":true,"Image":"a","HostConfig":{"Dns":["1.1.1.1"],"DnsOptions":["o"],"DnsSearch":["s"],"ExtraHosts":["x:::1"],"Links":["db"],"NetworkMode":"default","RestartPolicy":{"Name":"no"}}}`,
		"-e A=1 -e NONE -l a=b --entrypoint= -u 1:2 -w /x --restart on-failure:3 --stop-signal INT --stop-timeout 0 --init --privileged --cap-add NET_ADMIN --cidfile f a": `{"User":"1:2","AttachStdout":true,"AttachStderr":true,"Env":["A=1","NONE"],"Image":"a","WorkingDir":"/x","Entrypoint":[""],"Labels":{"a":"b"},"StopSignal":"INT","StopTimeout":0,"HostConfig":{"ContainerIDFile":"f","Init":true,"NetworkMode":"default","Privileged":true,"CapAdd":["NET_ADMIN"],"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}}}`,
	} {
		d := &docker{release: &release20, Call: &command.Call{Stderr: io.Discard}}
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags := d.newCreateFlags(f, "running")
		require.NoError(t, f.Parse(strings.Fields(line)), line)
		spec, err := d.parseCreate(flags, f.Args())
		require.NoError(t, err, line)
		text, err := json.Marshal(spec)
		require.NoError(t, err)
		var asked map[string]any
		require.NoError(t, json.Unmarshal(text, &asked))
		prune(asked)
		got, err := json.Marshal(asked)
		require.NoError(t, err)
		require.JSONEq(t, want, string(got), line)
	}
}

// prune removes what is not asked for, but for what is in an endpoint.
func prune(m map[string]any) {
	for _, key := range slices.Collect(maps.Keys(m)) {
		switch v := m[key].(type) {
		case nil:
			delete(m, key)
		case string:
			if v == "" {
				delete(m, key)
			}
		case bool:
			if !v {
				delete(m, key)
			}
		case float64:
			if v == 0 && key != "StopTimeout" {
				delete(m, key)
			}
		case []any:
			if len(v) == 0 || key == "ConsoleSize" {
				delete(m, key)
			}
		case map[string]any:
			if key != "EndpointsConfig" && key != "PortBindings" && key != "ExposedPorts" {
				prune(v)
			}
			if len(v) == 0 {
				delete(m, key)
			}
		}
	}
}

// FuzzParse checks that nothing that is parsed makes docker panic, and that what it accepts
// is within bounds.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a=b", "name=x,alias=y", "1h", "2006-01-02T15:04:05Z", "80-90/tcp", "8080:80", "A=1\n#\nB", "ctrl-a,b", "\x01\x00\x00\x00\x00\x00\x00\x02hi", "nginx:1", "a:b:c", `"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = release20.parseNetworkFlag(s)
		_, _ = shortPublish(s)
		_ = exposePorts(map[string]struct{}{}, s)
		_, _ = parsePairs("f", []byte(s), func(string) (string, bool) { return "", false })
		_ = demux(io.Discard, io.Discard, strings.NewReader(s))
		_ = showProgress(context.Background(), strings.NewReader(s), io.Discard)
		_, _ = parseHost(s)
		_, _ = parseRestart(s)
		_, _ = release20.ipamConfig([]string{s, "10.0.0.0/8"}, []string{s}, []string{s}, map[string]string{s: s})
		_ = (&listFlags{}).psCommand(s)
		_, _ = reformatDate(s), shortID(s)
		_, _ = checkDomain(s)
	})
}

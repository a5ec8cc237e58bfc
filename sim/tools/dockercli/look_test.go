package dockercli_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestLooks has lists as the two releases print them: 1.13 by the documentation of that time.
func TestLooks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		release sim.Release
		want    string
	}{
		{sim.Docker113, `CONTAINER ID        IMAGE               COMMAND                  CREATED             STATUS              PORTS               NAMES
ID                  alpine              "/bin/sh -c 'sleep..."   5 minutes ago       Up 5 minutes                            web
REPOSITORY          TAG                 IMAGE ID            CREATED             SIZE
alpine              latest              ID                  5 minutes ago       7.38 MB
NETWORK ID          NAME                DRIVER              SCOPE
ID                  bridge              bridge              local
ID                  host                host                local
ID                  none                null                local
`},
		{sim.Docker20, `CONTAINER ID   IMAGE     COMMAND                  CREATED         STATUS         PORTS     NAMES
ID             alpine    "/bin/sh -c 'sleep 1…"   5 minutes ago   Up 5 minutes             web
REPOSITORY   TAG       IMAGE ID       CREATED         SIZE
alpine       latest    ID             5 minutes ago   7.38MB
NETWORK ID     NAME      DRIVER    SCOPE
ID             bridge    bridge    local
ID             host      host      local
ID             none      null      local
`},
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t, sim.WithEngine(tt.release), sim.WithImages(sim.Image{Name: "alpine", Size: 7_377_000}))
			docker(t, h, "run -d --name web alpine /bin/sh -c 'sleep 1000000'")
			time.Sleep(5 * time.Minute)
			got := docker(t, h, "ps") + docker(t, h, "images") + docker(t, h, "network ls")
			got = regexp.MustCompile(`(?m)\b[0-9a-f]{12}\b`).ReplaceAllString(got, "ID          ")
			require.Equal(t, trimmed(tt.want), trimmed(got))
		})
	}
}

// trimmed has no spaces at the end of lines.
func trimmed(text string) string {
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(strings.TrimSpace(text), "")
}

// TestDockerSizes has what a container has written, with its image and without.
func TestDockerSizes(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	require.NoError(t, h.AddImage(sim.Image{Name: "alpine", Cmd: []string{"/bin/sh"}, Size: 7_377_000}))
	docker(t, h, "run --name web alpine sh -c 'echo hello >/tmp/x'")
	for _, tt := range []struct{ line, want string }{
		{"ps -as --format {{.Size}}", "6B (virtual 7.38MB)\n"},
		{"ps -a --format {{.Size}}", "6B (virtual 7.38MB)\n"},
		{"inspect -s -f '{{.SizeRw}} {{.SizeRootFs}}' web", "6 7377006\n"},
		{"container inspect -s -f {{.SizeRw}} web", "6\n"},
		{"inspect -f {{.SizeRw}} web", "<nil>\n"},
		{"images --format {{.Size}}", "7.38MB\n"},
		{"container prune -f", "Deleted Containers:\nID\n\nTotal reclaimed space: 6B\n"},
		{"image prune -f", "Total reclaimed space: 0B\n"},
		{"system prune", "WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n" +
			"  - all dangling images\n  - all dangling build cache\n\nAre you sure you want to continue? [y/N] "},
		{"system prune -af", "Deleted Images:\nuntagged: alpine:latest\ndeleted: sha256:ID\n\nTotal reclaimed space: 7.377MB\n"},
	} {
		got := regexp.MustCompile(`\b[0-9a-f]{64}\b`).ReplaceAllString(docker(t, h, tt.line), "ID")
		require.Equal(t, tt.want, got, tt.line)
	}
}

// TestDockerRefusedCommands tells commands that docker has from those that it has not.
func TestDockerRefusedCommands(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for line, want := range map[string]string{
		"build .":           "docker: 'build' is not supported by an emulated host.\nSee 'docker --help'\nexit status 1\n",
		"cp a:/b c":         "docker: 'cp' is not supported by an emulated host.\nSee 'docker --help'\nexit status 1\n",
		"volume ls":         "docker: 'volume' is not supported by an emulated host.\nSee 'docker --help'\nexit status 1\n",
		"login":             "docker: 'login' is not supported by an emulated host.\nSee 'docker --help'\nexit status 1\n",
		"image build .":     "docker: 'image build' is not supported by an emulated host.\nSee 'docker --help'\nexit status 1\n",
		"container cp a b":  "docker: 'container cp' is not supported by an emulated host.\nSee 'docker --help'\nexit status 1\n",
		"system df":         "docker: 'system df' is not supported by an emulated host.\nSee 'docker --help'\nexit status 1\n",
		"nonsense":          "docker: 'nonsense' is not a docker command.\nSee 'docker --help'\nexit status 1\n",
		"pull training/web": "Using default tag: latest\nError response from daemon: pull access denied for training/web, repository does not exist or may require 'docker login': denied: requested access to the resource is denied\nexit status 1\n",
	} {
		require.Equal(t, want, docker(t, h, line), line)
	}
}

// TestDockerInfo has docker info as Docker 20.10.24 on Debian 12 prints it.
func TestDockerInfo(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	got := docker(t, h, "info")
	got = regexp.MustCompile(`ID: [A-Z0-9:]{59}`).ReplaceAllString(got, "ID: ID")
	require.Equal(t, `Client:
 Context:    default
 Debug Mode: false

Server:
 Containers: 0
  Running: 0
  Paused: 0
  Stopped: 0
 Images: 0
 Server Version: 20.10.24
 Storage Driver: overlay2
  Backing Filesystem: extfs
  Supports d_type: true
  Native Overlay Diff: true
  userxattr: false
 Logging Driver: json-file
 Cgroup Driver: cgroupfs
 Cgroup Version: 1
 Plugins:
  Volume: local
  Network: bridge host ipvlan macvlan null overlay
  Log: awslogs fluentd gcplogs gelf journald json-file local logentries splunk syslog
 Swarm: inactive
 Runtimes: io.containerd.runc.v2 io.containerd.runtime.v1.linux runc
 Default Runtime: runc
 Init Binary: docker-init
 containerd version: 1.6.20~ds1-1+b1
 runc version: 1.1.5+ds1-1+b1
 init version: 
 Security Options:
  apparmor
  seccomp
   Profile: default
 Kernel Version: 6.1.0-13-amd64
 Operating System: Debian GNU/Linux 12 (bookworm)
 OSType: linux
 Architecture: x86_64
 CPUs: 2
 Total Memory: 4GiB
 Name: docker
 ID: ID
 Docker Root Dir: /var/lib/docker
 Debug Mode: false
 Registry: https://index.docker.io/v1/
 Labels:
 Experimental: false
 Insecure Registries:
  127.0.0.0/8
 Live Restore Enabled: false

`, got)
}

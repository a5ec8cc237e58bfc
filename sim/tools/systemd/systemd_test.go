package systemd_test

import (
	"bytes"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools"
	"drydock/sim/tools/command"
	"drydock/sim/tools/systemd"

	"github.com/stretchr/testify/require"
)

// TestSystemctl: dockerd stops, is not there for docker, and starts.
func TestSystemctl(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		simtest.Run(t, h, "web", sim.WithRestart("always"))
		const unreachable = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n"
		for _, tt := range []struct {
			line, want string
			status     int
		}{
			{"systemctl is-active docker", "active\n", 0},
			{"systemctl stop docker", "", 0},
			{"systemctl stop docker.service", "", 0},
			{"systemctl is-active docker sshd", "inactive\ninactive\n", 3},
			{"docker ps", unreachable, 1},
			{"docker run -d centos", "docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?.\nSee 'docker run --help'.\n", 125},
			{"service docker start", "", 0},
			{"docker ps --format '{{.Names}} {{.State}}'", "web running\n", 0},
			{"systemctl daemon-reload && systemctl restart docker && docker ps -q | wc -l", "1\n", 0},
			{"service docker restart", "", 0},
			{"systemctl restart sshd", "Failed to restart sshd.service: Unit sshd.service not found.\n", 5},
			{"systemctl edit docker", "Unknown command verb edit.\n", 1},
			{"systemctl stop", "Too few arguments.\n", 1},
			{"mkdir -p /etc/docker; echo '{ }' > /etc/docker/daemon.json; systemctl restart docker", "", 0},
			{"echo '{\"icc\": false}' > /etc/docker/daemon.json; systemctl restart docker; systemctl is-active docker",
				"Job for docker.service failed: /etc/docker/daemon.json is not read by an emulated host; sim.NewHost has options for what it says\nactive\n", 0},
			{"rm /etc/docker/daemon.json; systemctl restart docker", "", 0},
		} {
			requirePrints(t, h, tt.line, tt.want, tt.status)
		}
		requirePrints(t, h, "service docker restart", "Redirecting to /bin/systemctl restart docker.service\n", 0, systemd.CentOS())
		requirePrints(t, simtest.Run(t, h, "c1"), "service docker restart", "docker: unrecognized service\n", 1)
	})
}

// TestEventsEnd: who watches dockerd learns that it stops.
func TestEventsEnd(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		ended := make(chan error)
		go func() { ended <- tools.Run(t.Context(), new(bytes.Buffer), h, "docker events") }()
		requirePrints(t, h, "sleep 1; systemctl stop docker", "", 0)
		<-ended
		requirePrints(t, h, "systemctl start docker; docker events --since 1h --until 0s", "", 0)
	})
}

func requirePrints(t *testing.T, m command.Machine, line, want string, status int, more ...command.Table) {
	t.Helper()
	var out bytes.Buffer
	err := tools.Run(t.Context(), &out, m, line, more...)
	require.Equal(t, want, out.String(), line)
	if status == 0 {
		require.NoError(t, err, line)
	} else {
		require.Equal(t, sim.ExitStatus(status), err, line)
	}
}

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
			{"systemctl reload docker && systemctl is-active docker", "active\n", 0},
			{"systemctl stop docker", "", 0},
			{"systemctl stop docker.service", "", 0},
			{"systemctl reload docker", "docker.service is not active, cannot reload.\n", 1},
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
			{"echo '{\"icc\": false}' > /etc/docker/daemon.json; systemctl restart docker; iptables -S FORWARD | tail -1", "-A FORWARD -i docker0 -o docker0 -j DROP\n", 0},
			{"echo '{\"icc\": flase}' > /etc/docker/daemon.json; systemctl restart docker; systemctl is-active docker",
				"Job for docker.service failed because the control process exited with error code.\n" +
					"See \"systemctl status docker.service\" and \"journalctl -xeu docker.service\" for details.\nfailed\n", 3},
			{"docker ps", unreachable, 1},
			{"rm /etc/docker/daemon.json; systemctl restart docker", "", 0},
		} {
			requirePrints(t, h, tt.line, tt.want, tt.status)
		}
		requirePrints(t, h, "service docker restart", "Redirecting to /bin/systemctl restart docker.service\n", 0, systemd.CentOS())
		requirePrints(t, simtest.Run(t, h, "c1"), "service docker restart", "docker: unrecognized service\n", 1)
	})
}

// TestStatus: how dockerd is, as Debian 12 and CentOS 7 print it.
func TestStatus(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		requirePrints(t, h, "sleep 2; systemctl status docker", `● docker.service - Docker Application Container Engine
     Loaded: loaded (/lib/systemd/system/docker.service; enabled; preset: enabled)
     Active: active (running) since Sat 2000-01-01 00:00:00 UTC; 2s ago
       Docs: https://docs.docker.com
`, 0)
		requirePrints(t, h, "systemctl status docker", `● docker.service - Docker Application Container Engine
   Loaded: loaded (/usr/lib/systemd/system/docker.service; enabled; vendor preset: disabled)
   Active: active (running) since Sat 2000-01-01 00:00:00 UTC; 2s ago
     Docs: http://docs.docker.com
`, 0, systemd.CentOS())
		requirePrints(t, h, "systemctl stop docker; sleep 8000; systemctl status docker | sed -n '1p;3p'",
			"○ docker.service - Docker Application Container Engine\n     Active: inactive (dead) since Sat 2000-01-01 00:00:02 UTC; 2h 13min ago\n", 0)
		requirePrints(t, h, "mkdir /etc/docker; echo '{\"foo\": 1}' > /etc/docker/daemon.json; systemctl start docker 2> /dev/null; systemctl status docker", `× docker.service - Docker Application Container Engine
     Loaded: loaded (/lib/systemd/system/docker.service; enabled; preset: enabled)
     Active: failed (Result: exit-code) since Sat 2000-01-01 02:13:22 UTC; now
       Docs: https://docs.docker.com

Jan 01 02:13:22 docker systemd[1]: Starting docker.service - Docker Application Container Engine...
Jan 01 02:13:22 docker dockerd: unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives don't match any configuration option: foo
Jan 01 02:13:22 docker systemd[1]: docker.service: Main process exited, code=exited, status=1/FAILURE
Jan 01 02:13:22 docker systemd[1]: docker.service: Failed with result 'exit-code'.
Jan 01 02:13:22 docker systemd[1]: Failed to start docker.service - Docker Application Container Engine.
`, 3)
		requirePrints(t, h, "systemctl status sshd", "Unit sshd.service could not be found.\n", 4)
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

package sim_test

import (
	"testing"

	"drydock/sim"
)

// TestLifecycleRecorded repeats a session about what a container's life does to its
// addresses, to docker ps and to errors.
func TestLifecycleRecorded(t *testing.T) {
	t.Parallel()
	recording{
		file: "testdata/08-lifecycle.txt",
		images: []sim.Image{
			{Name: "centos:v1", Cmd: []string{"sh", "/sleep.sh"}, Main: sleeper},
			{Name: "nginx", Cmd: []string{"nginx", "-g", "daemon off;"}, Expose: []string{"80"}, Main: sleeper},
		},
		notRepeated: lifecycleNotRepeated,
		sectionsNotRepeated: map[string]string{
			"address re-use and daemon restart":       "the daemon does not restart",
			"auto-generated names: adjective_surname": "they are random",
		},
	}.replay(t)
}

var lifecycleNotRepeated = []notRepeated{
	{"docker ps -s", "", "containers have no size"},
	{"docker run --name nocmd centos:v1 nosuchcmd", "docker run --name nocmd centos:v1 nosuchcmd", "Docker prints a line with the time of day, too"},
	{"docker run --rm --network bridge:foo centos:v1 true", "", "it is refused with these words; Docker makes the container and does not start it"},
	{
		"docker events --since 1795198260 --until 1795198262 --filter type=network --filter type=container", "",
		"TestEventsRecorded compares them",
	},
}

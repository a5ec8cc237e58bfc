package sim_test

import (
	"strings"
	"testing"

	"drydock/sim"
)

// TestLifecycleRecorded repeats a session about what a container's life does to its
// addresses, to docker ps and to errors.
func TestLifecycleRecorded(t *testing.T) {
	t.Parallel()
	recording{
		file: "testdata/08-lifecycle.txt",
		images: map[string]sim.Image{
			"centos:v1": {Name: "centos:v1", Cmd: []string{"sh", "/sleep.sh"}, Main: sleeper},
			"nginx":     {Name: "nginx", Cmd: []string{"nginx", "-g", "daemon off;"}, Expose: []string{"80"}, Main: sleeper},
		},
		notRepeated: lifecycleNotRepeated,
		sectionsNotRepeated: map[string]string{
			"address re-use and daemon restart":       "the daemon does not restart",
			"auto-generated names: adjective_surname": "the name of who has none is the short ID",
		},
	}.replay(t)
}

var lifecycleNotRepeated = []notRepeated{
	{"docker run --name nocmd centos:v1 nosuchcmd", "docker create --name nocmd centos:v1 nosuchcmd", "a main function cannot fail to start"},
	{"docker exec renamed nosuchcmd", "", "a function is always found"},
	{"docker ps -s", "", "containers have no files"},
	{"docker start nosuch", "", "containers are values: what there is not has no methods"},
	{"docker stop nosuch", "", "as above"},
	{"docker restart nosuch", "", "as above"},
	{"docker rm nosuch", "", "as above"},
	{"docker rm -f nosuch", "", "as above"},
	{"docker pause nosuch", "", "as above"},
	{"docker rename nosuch x1", "", "as above"},
	{"docker exec nosuch true", "", "as above"},
	{"docker logs nosuch", "", "as above"},
	{"docker kill nosuch", "", "as above"},
	{"docker run --rm --network bridge:foo centos:v1 true", "", "networks are values, too"},
	{"docker attach renamed", "", "containers have no terminal"},
	{"docker run", "", "checked by the command line"},
	{"docker run --nosuchflag centos:v1", "", "checked by the command line"},
	{"docker run -d --name x1 --network", "", "checked by the command line"},
	{
		"docker run --rm --hostname " + strings.Repeat("x", 65) + " centos:v1 hostname", "",
		"WithHostname refuses it, with the end of that message; Docker finds out when it starts the process",
	},
	{
		"docker events --since 1795198260 --until 1795198262 --filter type=network --filter type=container", "",
		"there are no events",
	},
}

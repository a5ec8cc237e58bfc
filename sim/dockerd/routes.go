package dockerd

import (
	"net/http"
	"strings"
)

// A route is a method, a path and who answers. A star in the path is a name, which may
// contain slashes: that of a link does, and that of an image.
type route struct {
	method, path string
	handle       func(*call) error
}

// routes are in dockerd's order: the first that matches counts.
var routes = []route{
	{"OPTIONS", "/*", func(*call) error { return nil }},
	{"HEAD", "/_ping", (*call).ping},
	{"GET", "/_ping", (*call).ping},
	{"GET", "/events", (*call).getEvents},
	{"GET", "/info", (*call).getInfo},
	{"GET", "/version", (*call).getVersion},
	{"GET", "/containers/json", (*call).containerList},
	{"GET", "/containers/*/json", (*call).containerInspect},
	{"GET", "/containers/*/top", (*call).containerTop},
	{"GET", "/containers/*/logs", (*call).containerLogs},
	{"GET", "/exec/*/json", (*call).execInspect},
	{"POST", "/containers/create", (*call).containerCreate},
	{"POST", "/containers/*/kill", (*call).containerKill},
	{"POST", "/containers/*/pause", (*call).containerPause},
	{"POST", "/containers/*/unpause", (*call).containerUnpause},
	{"POST", "/containers/*/restart", (*call).containerRestart},
	{"POST", "/containers/*/start", (*call).containerStart},
	{"POST", "/containers/*/stop", (*call).containerStop},
	{"POST", "/containers/*/wait", (*call).containerWait},
	{"POST", "/containers/*/resize", (*call).containerResize},
	{"POST", "/containers/*/attach", (*call).containerAttach},
	{"POST", "/containers/*/exec", (*call).execCreate},
	{"POST", "/exec/*/start", (*call).execStart},
	{"POST", "/exec/*/resize", (*call).execResize},
	{"POST", "/containers/*/rename", (*call).containerRename},
	{"POST", "/containers/prune", (*call).containersPrune},
	{"DELETE", "/containers/*", (*call).containerRemove},
	{"GET", "/images/json", (*call).imageList},
	{"GET", "/images/*/json", (*call).imageInspect},
	{"POST", "/images/create", (*call).imageCreate},
	{"POST", "/images/prune", (*call).imagesPrune},
	{"POST", "/build/prune", (*call).buildPrune},
	{"DELETE", "/images/*", (*call).imageRemove},
	{"GET", "/networks", (*call).networkList},
	{"GET", "/networks/", (*call).networkList},
	{"GET", "/networks/*", (*call).networkInspect},
	{"POST", "/networks/create", (*call).networkCreate},
	{"POST", "/networks/*/connect", (*call).networkConnect},
	{"POST", "/networks/*/disconnect", (*call).networkDisconnect},
	{"POST", "/networks/prune", (*call).networksPrune},
	{"DELETE", "/networks/*", (*call).networkRemove},
	{"GET", "/swarm", noSwarm},
	{"GET", "/services", noSwarm},
	{"GET", "/nodes", noSwarm},
	{"GET", "/tasks", noSwarm},
	{"GET", "/secrets", noSwarm},
	{"GET", "/configs", noSwarm},
}

// find returns who answers a request, and the name in its path.
func find(method, path string) (handle func(*call) error, name string) {
	for _, r := range routes {
		if r.method != method {
			continue
		}
		before, after, named := strings.Cut(r.path, "*")
		if !named && path == before {
			return r.handle, ""
		}
		if named && len(path) >= len(before)+len(after) && strings.HasPrefix(path, before) && strings.HasSuffix(path, after) {
			return r.handle, path[len(before) : len(path)-len(after)]
		}
	}
	return nil, ""
}

// noSwarm answers what only a swarm has.
func noSwarm(*call) error {
	return &statusError{http.StatusServiceUnavailable,
		`This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`}
}

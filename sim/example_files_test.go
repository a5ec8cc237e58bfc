package sim_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"testing/fstest"

	"drydock/sim"
)

// An image brings files. A container changes its copies of them, and what it writes to
// /etc/hosts is what it then finds names by.
func ExampleNetns_FS() {
	h, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer h.Close()
	image := sim.Image{Name: "web", Files: fstest.MapFS{"srv/index.html": {Data: []byte("Welcome!\n"), Mode: 0o644}}}
	web, err := h.Run("web", sim.WithImage(image))
	if err != nil {
		panic(err)
	}
	hosts, err := web.FS().OpenFile("etc/hosts", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(hosts, "203.0.113.80 www")
	hosts.Close()

	page, _ := fs.ReadFile(web.FS(), "srv/index.html")
	fmt.Printf("%s", page)
	fmt.Println(web.FS().Remove("srv/index.html"))
	version, _ := fs.ReadFile(web.FS(), "etc/os-release")
	fmt.Printf("%.43s\n", version)
	addrs, err := web.LookupNetIP(context.Background(), "ip4", "www")
	fmt.Println(addrs, err)
	// Output:
	// Welcome!
	// <nil>
	// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)
	// [203.0.113.80] <nil>
}

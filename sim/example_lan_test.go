package sim_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"

	"drydock/sim"
)

// A published port is reached from a machine on a LAN, which the container sees as it is.
func ExampleWithPublish() {
	lan, err := sim.NewLAN()
	if err != nil {
		panic(err)
	}
	defer lan.Close()
	host, err := sim.NewHost(sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.10/24")))
	if err != nil {
		panic(err)
	}
	defer host.Close()
	peer, err := sim.NewMachine(sim.WithUplink(lan, netip.MustParsePrefix("192.168.0.47/24")))
	if err != nil {
		panic(err)
	}
	defer peer.Close()

	web, err := host.Run("web", sim.WithPublish("8080:80"))
	if err != nil {
		panic(err)
	}
	l, err := web.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _, _ := net.SplitHostPort(r.RemoteAddr)
		fmt.Fprintln(w, "hello", client)
	}))
	resp, err := peer.HTTPClient().Get("http://192.168.0.10:8080/")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	io.Copy(os.Stdout, resp.Body)
	// Output: hello 192.168.0.47
}

// Two LANs with a router between them, and a machine on each that knows the way.
func ExampleMachine_AddRoute() {
	var lans [2]*sim.LAN
	for i := range lans {
		lan, err := sim.NewLAN()
		if err != nil {
			panic(err)
		}
		defer lan.Close()
		lans[i] = lan
	}
	uplink := func(i int, addr string) sim.MachineOption {
		return sim.WithUplink(lans[i], netip.MustParsePrefix(addr))
	}
	router, err := sim.NewMachine(uplink(0, "10.0.0.1/24"), uplink(1, "10.0.1.1/24"))
	if err != nil {
		panic(err)
	}
	defer router.Close()
	if err := router.SetSysctl("net.ipv4.ip_forward", "1"); err != nil {
		panic(err)
	}
	var ends [2]*sim.Machine
	for i := range ends {
		end, err := sim.NewMachine(uplink(i, fmt.Sprintf("10.0.%d.2/24", i)))
		if err != nil {
			panic(err)
		}
		defer end.Close()
		gateway := netip.MustParseAddr(fmt.Sprintf("10.0.%d.1", i))
		if err := end.AddRoute(netip.MustParsePrefix("10.0.0.0/8"), gateway); err != nil {
			panic(err)
		}
		ends[i] = end
	}
	stats, err := ends[0].Ping(context.Background(), "10.0.1.2", nil)
	fmt.Println(stats.Received, err)
	// Output: 1 <nil>
}

// A Dialer chooses the port that it dials from.
func ExampleDialer() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	web, _ := host.Run("web")
	cli, _ := host.Run("cli")
	ctx := context.Background()
	if _, err := web.Listen(ctx, "tcp", ":80"); err != nil {
		panic(err)
	}
	d := cli.Dialer()
	d.LocalAddr = &net.TCPAddr{Port: 20}
	conn, err := d.DialContext(ctx, "tcp", "172.17.0.2:80")
	if err != nil {
		panic(err)
	}
	fmt.Println(conn.LocalAddr())
	// Output: 172.17.0.3:20
}

// A real client, a browser say, comes to a published port. It is the only real socket
// that is opened.
func ExampleMachine_Expose() {
	host, err := sim.NewHost()
	if err != nil {
		panic(err)
	}
	defer host.Close()
	web, err := host.Run("web", sim.WithPublish("8080:80"))
	if err != nil {
		panic(err)
	}
	l, err := web.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from", web.Name())
	}))
	exposure, err := host.Expose("tcp", "127.0.0.1:0", 8080)
	if err != nil {
		panic(err)
	}
	resp, err := http.Get(fmt.Sprintf("http://%v/", exposure.Addr()))
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	io.Copy(os.Stdout, resp.Body)
	// Output: hello from web
}

// Containers reach real servers: 10.0.2.2 is the loopback of the machine that runs this.
func ExampleWithRealUplink() {
	real, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer real.Close()
	go http.Serve(real, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from the real machine")
	}))
	host, err := sim.NewHost(sim.WithRealUplink())
	if err != nil {
		panic(err)
	}
	defer host.Close()
	cli, err := host.Run("cli")
	if err != nil {
		panic(err)
	}
	resp, err := cli.HTTPClient().Get(fmt.Sprintf("http://10.0.2.2:%d/", real.Addr().(*net.TCPAddr).Port))
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	io.Copy(os.Stdout, resp.Body)
	// Output: hello from the real machine
}

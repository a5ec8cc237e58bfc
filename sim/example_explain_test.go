package sim_test

import (
	"context"
	"fmt"

	"drydock/sim"
)

// Nobody listens on the port that is asked for, but the server of the container does where the
// network does not reach it.
func ExampleNetns_Explain() {
	host, err := sim.NewHost(sim.WithSeed(1))
	if err != nil {
		panic(err)
	}
	defer host.Close()
	db, err := host.Run("db")
	if err != nil {
		panic(err)
	}
	web, err := host.Run("web")
	if err != nil {
		panic(err)
	}
	if _, err := db.Listen(context.Background(), "tcp", "127.0.0.1:5432"); err != nil {
		panic(err)
	}
	e, err := web.Explain("tcp", "172.17.0.2:5432")
	if err != nil {
		panic(err)
	}
	fmt.Println(e)
	// Output:
	// web to tcp 172.17.0.2:5432: refused: nobody listens on tcp port 5432 of db
	//   → web sockets                     leaves by eth0 to 172.17.0.2
	//   → docker veth4e93fc6 (docker0)    FORWARD filter: -A FORWARD -i docker0 -o docker0 -j ACCEPT
	//   → db eth0                         no socket on tcp port 5432
	//                                       note: a program listens on 127.0.0.1:5432 alone
	//   ← db sockets                      leaves by eth0 to 172.17.0.3
	//   ← docker veth9c22172 (docker0)    FORWARD filter: -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
}

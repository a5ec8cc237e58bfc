package sim_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"drydock/sim"
)

func Example() {
	host, err := sim.NewHost()
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	web, _ := host.Run("web") // 172.17.0.2
	cli, _ := host.Run("cli") // 172.17.0.3

	l, err := web.Listen(context.Background(), "tcp", ":80")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s to %s\n", web.Name(), r.RemoteAddr[:10])
	}))

	resp, err := cli.HTTPClient().Get("http://172.17.0.2/")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(os.Stdout, resp.Body) // hello from web to 172.17.0.3
	// Output: hello from web to 172.17.0.3
}

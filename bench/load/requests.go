package load

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Workers is how many requests or connections are under way at once.
const Workers = 8

// Requests gets 1 KiB by HTTP/1.1 over connections that are kept alive.
func Requests(b *testing.B, client, server End) {
	l := Listen(b, server)
	serve(b, l)
	transport := &http.Transport{DialContext: client.DialContext, MaxIdleConnsPerHost: Workers}
	b.Cleanup(transport.CloseIdleConnections)
	c, url := &http.Client{Transport: transport}, fmt.Sprintf("http://%v/", l.Addr())

	times := make([][]time.Duration, Workers)
	Share(b, Workers, func(worker int) error {
		start := time.Now()
		err := get(b.Context(), c, url)
		times[worker] = append(times[worker], time.Since(start))
		return err
	})
	b.StopTimer()
	PerSecond(b, "requests")
	ReportTimes(b, slices.Concat(times...))
}

// serve answers HTTP requests with 1 KiB until b ends.
func serve(b *testing.B, l net.Listener) {
	body := make([]byte, 1<<10)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })}
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	b.Cleanup(func() {
		server.Close()
		require.ErrorIs(b, <-ended, http.ErrServerClosed)
	})
}

func get(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

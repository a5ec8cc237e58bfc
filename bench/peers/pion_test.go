package peers

import (
	"context"
	"errors"
	"net"
	"testing"

	"drydock/bench/load"

	"github.com/pion/logging"
	"github.com/pion/transport/v4/vnet"
	"github.com/stretchr/testify/require"
)

// A pion is a net of pion's.
type pion struct {
	*vnet.Net
	ip string
}

func openPion(b *testing.B) (client, server load.End) {
	router, err := vnet.NewRouter(&vnet.RouterConfig{
		CIDR: "10.0.0.0/24", QueueSize: 1000, LoggerFactory: logging.NewDefaultLoggerFactory(),
	})
	require.NoError(b, err)
	open := func(ip string) pion {
		n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{ip}})
		require.NoError(b, err)
		require.NoError(b, router.AddNet(n))
		return pion{n, ip}
	}
	client, server = open("10.0.0.1"), open("10.0.0.2")
	require.NoError(b, router.Start())
	b.Cleanup(func() { router.Stop() })
	return client, server
}

func (p pion) Addr() string { return p.ip }

func (p pion) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	return p.Dial(network, address)
}

func (p pion) ListenPacket(_ context.Context, network, address string) (net.PacketConn, error) {
	return p.Net.ListenPacket(network, address)
}

func (p pion) Listen(context.Context, string, string) (net.Listener, error) {
	return nil, errors.ErrUnsupported
}

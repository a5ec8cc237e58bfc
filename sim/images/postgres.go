package images

import (
	"context"
	"encoding/binary"
	"io"
	"net"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// Postgres returns training/postgres: PostgreSQL 9.3 on Ubuntu 12.04. It lets nobody in.
func Postgres() sim.Image {
	return sim.Image{
		Name: "training/postgres", Cmd: []string{"/usr/lib/postgresql/9.3/bin/postgres"}, Env: []string{"PG_VERSION=9.3"}, Expose: []string{"5432"},
		Commands: small("", command.Table{"/usr/lib/postgresql/9.3/bin/postgres": postgres, "postgres": postgres}),
		Files:    files("debian"),
	}
}

// The codes of the first message of a client.
const (
	sslRequest = 80877103
	protocol3  = 3 << 16
)

func postgres(ctx context.Context, c *command.Call) int {
	c.Errorf("LOG:  database system is ready to accept connections\n")
	err := serve(ctx, c, "5432", func(conn net.Conn) {
		for {
			head := make([]byte, 8)
			if _, err := io.ReadFull(conn, head); err != nil {
				return
			}
			n, code := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
			if n < 8 || n > 10000 { // MAX_STARTUP_PACKET_LENGTH
				return
			}
			if _, err := io.CopyN(io.Discard, conn, int64(n-8)); err != nil {
				return
			}
			if code == sslRequest {
				conn.Write([]byte("N"))
				continue
			}
			fields := "SFATAL\x00C28000\x00Mno pg_hba.conf entry for host\x00\x00"
			if code != protocol3 {
				fields = "SFATAL\x00C0A000\x00Munsupported frontend protocol\x00\x00"
			}
			conn.Write(append(binary.BigEndian.AppendUint32([]byte("E"), uint32(4+len(fields))), fields...))
			return
		}
	})
	if err != nil {
		return c.Fail(1, "FATAL:  could not create any TCP/IP sockets\n")
	}
	c.Errorf("LOG:  database system is shut down\n")
	return 0
}

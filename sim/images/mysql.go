package images

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"

	"drydock/sim"
	"drydock/sim/tools/command"
)

const mysqlVersion = "8.0.35"

// MySQL returns MySQL 8.0 on Oracle Linux 8. It greets clients in its protocol and lets
// nobody in.
func MySQL() sim.Image {
	return sim.Image{
		Name: "mysql", Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"mysqld"}, Expose: []string{"3306", "33060"},
		Env:      []string{"GOSU_VERSION=1.16", "MYSQL_MAJOR=8.0", "MYSQL_VERSION=" + mysqlVersion + "-1.el8", "MYSQL_SHELL_VERSION=8.0.35-1.el8"},
		Commands: small("curl", command.Table{"mysqld": mysqld, "docker-entrypoint.sh": mysqlEntrypoint}),
		Files:    files("mysql"),
	}
}

// mySQL8 is what a tutorial builds of it: with ip and ping.
func mySQL8() sim.Image {
	i := MySQL()
	i.Name, i.ID = "itcoke/mysql8:1.0", "adaa6a5d739c"
	i.Commands = small("curl ip ss bridge ping ping4 ping6", command.Table{"mysqld": mysqld, "docker-entrypoint.sh": mysqlEntrypoint})
	return i
}

// mysqlEntrypoint refuses a server without a password, and runs anything else.
func mysqlEntrypoint(ctx context.Context, c *command.Call) int {
	if len(c.Args) > 1 && c.Args[1] == "mysqld" &&
		variable(c.Env, "MYSQL_ROOT_PASSWORD") == "" && variable(c.Env, "MYSQL_ALLOW_EMPTY_PASSWORD") == "" && variable(c.Env, "MYSQL_RANDOM_ROOT_PASSWORD") == "" {
		return c.Fail(1, "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n"+
			"    You need to specify one of the following as an environment variable:\n"+
			"    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n")
	}
	return entrypoint(ctx, c)
}

// mysqld greets as version 10 of the protocol does, and answers a login with an error.
func mysqld(ctx context.Context, c *command.Call) int {
	c.Errorf("[System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '%s'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.\n", mysqlVersion)
	var id atomic.Uint32
	err := serve(ctx, c, "3306", func(conn net.Conn) {
		id := id.Add(1) + 7 // threads of the server's own come first
		if mysqlPacket(conn, 0, greeting(id)) != nil {
			return
		}
		header := make([]byte, 4)
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		n := int64(header[0]) | int64(header[1])<<8 | int64(header[2])<<16
		if _, err := io.CopyN(io.Discard, conn, n); err != nil {
			return
		}
		mysqlPacket(conn, header[3]+1, []byte("\xff\x15\x04#28000Access denied"))
	})
	if err != nil {
		return c.Fail(1, "[ERROR] [MY-010262] [Server] Can't start server: Bind on TCP/IP port: Address already in use\n")
	}
	return 0
}

func mysqlPacket(w io.Writer, sequence byte, body []byte) error {
	n := len(body)
	_, err := w.Write(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, body...))
	return err
}

// greeting is HandshakeV10: the version, the thread, a salt of 20 bytes, what the server
// can do, utf8mb4, and caching_sha2_password.
func greeting(thread uint32) []byte {
	salt := sha256.Sum256(binary.LittleEndian.AppendUint32([]byte("salt"), thread))
	for i := range salt {
		salt[i] = salt[i]&0x3f | 0x40 // no zeros
	}
	var b bytes.Buffer
	b.WriteString("\x0a" + mysqlVersion + "\x00")
	b.Write(binary.LittleEndian.AppendUint32(nil, thread))
	b.Write(salt[:8])
	b.WriteString("\x00\xff\xf7\xff\x02\x00\xff\xdf\x15" + string(make([]byte, 10)))
	b.Write(salt[8:20])
	b.WriteString("\x00caching_sha2_password\x00")
	return b.Bytes()
}

module drydock/bench/peers/tapvsock

go 1.26.3

require (
	drydock v0.0.0
	github.com/containers/gvisor-tap-vsock v0.8.9
	github.com/sirupsen/logrus v1.9.4
	github.com/stretchr/testify v1.12.1
	gvisor.dev/gvisor v0.0.0-20260905035102-160fafc42237
)

require (
	github.com/Microsoft/go-winio v0.6.2 // indirect
	github.com/apparentlymart/go-cidr v1.1.1 // indirect
	github.com/google/btree v1.1.2 // indirect
	github.com/google/gopacket v1.1.19 // indirect
	github.com/inetaf/tcpproxy v0.0.0-20250222171855-c4b9df066048 // indirect
	github.com/insomniacslk/dhcp v0.0.0-20240710054256-ddd8a41251c9 // indirect
	github.com/miekg/dns v1.1.73 // indirect
	github.com/pierrec/lz4/v4 v4.1.14 // indirect
	github.com/u-root/uio v0.0.0-20240224005618-d2acac8f3701 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/time v0.15.0 // indirect
)

replace drydock => ../../..

// gvisor-tap-vsock does not compile with later ones. Of drydock only loads are used, without gVisor.
replace gvisor.dev/gvisor => gvisor.dev/gvisor v0.0.0-20240916094835-a174eb65023f

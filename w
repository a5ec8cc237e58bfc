# Warning: table ip filter is managed by iptables-nft, do not touch!

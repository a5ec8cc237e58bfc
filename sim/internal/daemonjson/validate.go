package daemonjson

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

// validate is what dockerd checks while it reads the file, in its order.
func (c *Config) validate() error {
	for i, text := range c.DNS {
		ip := net.ParseIP(strings.TrimSpace(text))
		if ip == nil {
			return fmt.Errorf("%s is not an ip address", text)
		}
		c.DNS[i] = ip.String()
	}
	for i, text := range c.DNSSearch {
		domain, err := searchDomain(text)
		if err != nil {
			return err
		}
		c.DNSSearch[i] = domain
	}
	for _, label := range c.Labels {
		if !strings.Contains(label, "=") {
			return fmt.Errorf("bad attribute format: %s", label)
		}
	}
	if err := CheckFirewallBackend(c.FirewallBackend); err != nil {
		return err
	}
	if c.Downloads < 0 {
		return fmt.Errorf("invalid max concurrent downloads: %d", c.Downloads)
	}
	if c.Uploads < 0 {
		return fmt.Errorf("invalid max concurrent uploads: %d", c.Uploads)
	}
	if c.Attempts != nil && *c.Attempts <= 0 {
		return fmt.Errorf("invalid max download attempts: %d", *c.Attempts)
	}
	return nil
}

var (
	letter = regexp.MustCompile(`[a-zA-Z]`)
	domain = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*)\.?\s*$`)
)

// searchDomain returns a domain without the dot at its end. A dot alone stands for none.
func searchDomain(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "." {
		return text, nil
	}
	if m := domain.FindStringSubmatch(text); letter.MatchString(text) && m != nil && len(m[1]) < 255 {
		return m[1], nil
	}
	return "", fmt.Errorf("%s is not a valid domain", text)
}

// check is what dockerd finds later.
func (c *Config) check() error {
	if err := c.conflictingLabels(); err != nil {
		return err
	}
	switch strings.ToLower(c.LogLevel) {
	case "", "panic", "fatal", "error", "warn", "warning", "info", "debug", "trace":
	default:
		return errors.New("unable to parse logging level: " + c.LogLevel)
	}
	for i, mirror := range c.Mirrors {
		url, err := mirrorURL(mirror)
		if err != nil {
			return fmt.Errorf("failed to start daemon: invalid mirror: %w", err)
		}
		c.Mirrors[i] = url
	}
	if driver := c.CgroupDriver(); driver != "" && driver != "cgroupfs" && driver != "systemd" {
		return fmt.Errorf("failed to start daemon: native.cgroupdriver option %s not supported", driver)
	}
	return nil
}

// conflictingLabels refuses two values of one key. The same label twice is kept once.
func (c *Config) conflictingLabels() error {
	values := make(map[string]string)
	var list []string
	for _, label := range c.Labels {
		key, value, _ := strings.Cut(label, "=")
		switch old, is := values[key]; {
		case is && old != value:
			return fmt.Errorf("conflict labels for %s=%s and %[1]s=%[3]s", key, value, old)
		case !is:
			values[key] = value
			list = append(list, label)
		}
	}
	c.Labels = list
	return nil
}

// mirrorURL returns the address of a registry with a slash at its end.
func mirrorURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("%q is not a valid URI", text)
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("unsupported scheme %q in %q", u.Scheme, u)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("path, query, or fragment at end of the URI %q", u)
	case u.User != nil:
		u.User = url.UserPassword(u.User.Username(), "xxxxx") // as it is shown
		return "", fmt.Errorf("username/password not allowed in URI %q", u)
	}
	return strings.TrimSuffix(text, "/") + "/", nil
}

// CgroupDriver is what ExecOpts name, "" if they do not. Other options dockerd does not look at.
func (c *Config) CgroupDriver() (driver string) {
	for _, option := range c.ExecOpts {
		if key, value, ok := strings.Cut(option, "="); ok && strings.EqualFold(strings.TrimSpace(key), "native.cgroupdriver") {
			driver = value
		}
	}
	return driver
}

// CheckFirewallBackend refuses what dockerd 29 does.
func CheckFirewallBackend(name string) error {
	switch name {
	case "", "iptables", "nftables":
		return nil
	}
	return errors.New(`invalid firewall-backend: allowed values are "iptables" and "nftables"`)
}

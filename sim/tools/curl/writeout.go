package curl

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// formatOut returns the text of -w. A variable that does not exist is told, and empty.
func (t *transfer) formatOut(err error) string {
	var b strings.Builder
	variables := t.variables(err)
	for s := t.writeOut; s != ""; {
		switch {
		case strings.HasPrefix(s, "%%"):
			b.WriteByte('%')
			s = s[2:]
		case strings.HasPrefix(s, "%{") && strings.Contains(s, "}"):
			name, rest, _ := strings.Cut(s[2:], "}")
			value, ok := variables[name]
			if header, is := strings.CutPrefix(name, "header{"); is && t.answer != nil {
				rest = strings.TrimPrefix(rest, "}")
				value, _ = t.answer.Get(header)
				ok = true
			}
			if !ok {
				t.Errorf("curl: unknown --write-out variable: '%s'\n", name)
			}
			b.WriteString(value)
			s = rest
		case len(s) > 1 && s[0] == '\\':
			if c, ok := map[byte]string{'n': "\n", 'r': "\r", 't': "\t"}[s[1]]; ok {
				b.WriteString(c)
			} else {
				b.WriteString(s[:2])
			}
			s = s[2:]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String()
}

// variables are those of -w.
func (t *transfer) variables(err error) map[string]string {
	v := map[string]string{
		"errormsg": "", "exitcode": strconv.Itoa(code(err)), "url": t.url, "urlnum": strconv.Itoa(t.number),
		"http_code": "000", "response_code": "000", "http_version": "0", "http_connect": "000", "content_type": "", "redirect_url": "",
		"method": t.lastMethod, "referer": t.referer, "scheme": "", "url_effective": t.url, "filename_effective": "",
		"num_redirects": strconv.Itoa(t.redirects), "num_connects": strconv.Itoa(t.connects), "num_headers": "0",
		"size_download": strconv.FormatInt(t.received, 10), "size_header": strconv.Itoa(t.headerSize),
		"size_request": strconv.Itoa(t.requestSize + t.posted), "size_upload": strconv.Itoa(t.posted),
		"speed_download": strconv.FormatInt(speed(t.received, t.ended), 10), "speed_upload": strconv.FormatInt(speed(int64(t.posted), t.ended), 10),
		"time_namelookup": inSeconds(t.lookedUp), "time_connect": inSeconds(t.connected), "time_appconnect": inSeconds(0),
		"time_pretransfer": inSeconds(t.connected), "time_starttransfer": inSeconds(t.first), "time_redirect": inSeconds(t.redirecting),
		"time_total": inSeconds(t.ended), "ssl_verify_result": "0",
		"local_ip": "", "local_port": "0", "remote_ip": "", "remote_port": "0",
	}
	if err != nil {
		v["errormsg"] = err.Error()
	}
	if t.sink != nil {
		v["filename_effective"] = t.sink.file
	}
	if t.current.host != "" {
		v["url_effective"] = t.current.String()
		v["scheme"] = "HTTP"
	}
	if t.remote != nil {
		v["local_ip"], v["local_port"], _ = net.SplitHostPort(t.local.String())
		v["remote_ip"], v["remote_port"], _ = net.SplitHostPort(t.remote.String())
	}
	if h := t.answer; h != nil {
		v["http_code"], v["response_code"], v["http_version"] = h.Status, h.Status, h.Proto
		v["content_type"], _ = h.Get("Content-Type")
		v["redirect_url"] = t.next
		v["num_headers"] = strconv.Itoa(len(h.Lines) - 2)
	}
	return v
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

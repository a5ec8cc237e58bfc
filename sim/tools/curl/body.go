package curl

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// A dataKind is how the value of an option of data is read.
type dataKind int

const (
	plain   dataKind = iota // @file without line ends
	binary                  // @file as it is
	raw                     // no files
	encoded                 // [name]=value and [name]@file, encoded
)

// addData adds a value to the body, after & if there is one already. A file that cannot be
// read is an empty value, which curl warns of.
func (p *parser) addData(v string, kind dataKind) error {
	switch file, isFile := strings.CutPrefix(v, "@"); {
	case kind == encoded:
		v = p.encode(v)
	case isFile && kind != raw:
		b, err := p.read(file)
		if err != nil {
			p.warn("Couldn't read data from file \"%s\", this makes an empty POST.", file)
		}
		if v = string(b); kind == plain {
			v = strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(v)
		}
	}
	if p.hasData {
		p.data = append(p.data, '&')
	}
	p.data, p.hasData = append(p.data, v...), true
	return nil
}

// encode is --data-urlencode.
func (p *parser) encode(v string) string {
	name, value, isValue := strings.Cut(v, "=")
	if !isValue {
		var file string
		if name, file, isValue = strings.Cut(v, "@"); isValue {
			b, _ := p.read(file)
			value = string(b)
		} else {
			name, value = "", v
		}
	}
	value = strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	if name != "" {
		return name + "=" + value
	}
	return value
}

// A formPart is one of -F.
type formPart struct {
	header string
	body   []byte
	err    error
}

// addForm is -F NAME=VALUE, NAME=@FILE and NAME=<FILE, with ;type= and ;filename=.
func (p *parser) addForm(v string) error {
	name, value, ok := strings.Cut(v, "=")
	if !ok || name == "" {
		return errBad
	}
	part := formPart{header: fmt.Sprintf("Content-Disposition: form-data; name=%q", name)}
	kind := value
	if len(value) > 0 {
		kind = value[:1]
	}
	if kind != "@" && kind != "<" {
		part.body = []byte(value)
		p.form = append(p.form, part)
		return nil
	}
	fields := strings.Split(value[1:], ";")
	file, mime, base := fields[0], contentType(fields[0]), path.Base(fields[0])
	for _, f := range fields[1:] {
		if t, ok := strings.CutPrefix(f, "type="); ok {
			mime = t
		} else if n, ok := strings.CutPrefix(f, "filename="); ok {
			base = strings.Trim(n, `"`)
		}
	}
	part.body, part.err = p.read(file)
	if kind == "@" {
		part.header += fmt.Sprintf("; filename=%q\r\nContent-Type: %s", base, mime)
	}
	p.form = append(p.form, part)
	return nil
}

// contentType is what curl thinks of a file name.
func contentType(file string) string {
	if t, ok := map[string]string{
		".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml",
		".txt": "text/plain", ".htm": "text/html", ".html": "text/html", ".pdf": "application/pdf", ".xml": "application/xml",
	}[strings.ToLower(path.Ext(file))]; ok {
		return t
	}
	return "application/octet-stream"
}

// multipart returns the body of a form and its type.
func multipart(form []formPart, random uint64) (body []byte, kind string, err error) {
	boundary := fmt.Sprintf("------------------------%016x", random)
	for _, part := range form {
		if part.err != nil {
			return nil, "", &failure{readError, "Failed to open/read local data from file/application"}
		}
		body = fmt.Appendf(body, "--%s\r\n%s\r\n\r\n%s\r\n", boundary, part.header, part.body)
	}
	return fmt.Appendf(body, "--%s--\r\n", boundary), "multipart/form-data; boundary=" + boundary, nil
}

// warn prints a warning, in lines of 79 columns.
func (p *parser) warn(format string, args ...any) {
	if p.silent {
		return
	}
	const prefix = "Warning: "
	const width = 79 - len(prefix)
	text := fmt.Sprintf(format, args...)
	for len(text) >= width {
		cut := width - 1
		for cut > 0 && text[cut] != ' ' && text[cut] != '\t' {
			cut--
		}
		if cut == 0 {
			cut = width - 1
		}
		p.Errorf("%s%s\n", prefix, text[:cut+1])
		text = text[cut+1:]
	}
	p.Errorf("%s%s\n", prefix, text)
}

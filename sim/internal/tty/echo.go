package tty

// output is a byte that a command writes. It is false if it has to wait.
func (d *discipline) output(c byte) bool {
	if d.stopped || len(d.out) >= maxOutput {
		return false
	}
	d.emit(c)
	return true
}

// emit shows a byte, and follows the cursor.
func (d *discipline) emit(c byte) {
	if c == '\n' && !d.raw {
		d.emit('\r')
	}
	switch {
	case c == '\r':
		d.column = 0
	case c == '\b':
		d.column = max(0, d.column-1)
	case c == '\t':
		d.column = d.column&^7 + 8
	case !isControl(c):
		d.column++
	}
	d.out = append(d.out, c)
}

// echo shows a byte that the user typed. What has no room is not shown.
func (d *discipline) echo(c byte) {
	if len(d.out) < maxOutput {
		d.emit(c)
	}
}

// echoControl is echo with ^X for control characters, but for tabs.
func (d *discipline) echoControl(c byte) {
	if isControl(c) && c != '\t' {
		d.echo('^')
		c ^= 0x40
	}
	d.echo(c)
}

func (d *discipline) show(text string) {
	for i := range len(text) {
		d.echo(text[i])
	}
}

// erase takes n bytes from the end of the line, and from the screen.
func (d *discipline) erase(n int) {
	for n = min(n, len(d.line)); n > 0; n-- {
		last := len(d.line) - 1
		c := d.line[last]
		d.line = d.line[:last]
		switch {
		case c == '\t':
			for range 8 - d.before()%8 {
				d.echo('\b')
			}
		case isControl(c):
			d.show("\b \b\b \b")
		default:
			d.show("\b \b")
		}
	}
}

// before returns where the cursor would be after the line, by its last tab and, without
// one, by the column at which it began.
func (d *discipline) before() int {
	column := d.start
	for _, c := range d.line {
		switch {
		case c == '\t':
			column = 0
		case isControl(c):
			column += 2
		default:
			column++
		}
	}
	return column
}

// wordStart returns where the last word of a line begins: letters, digits and _, with what
// follows them. The kernel's letters are those of Latin-1.
func wordStart(line []byte) int {
	i := len(line)
	for i > 0 && !isWord(line[i-1]) {
		i--
	}
	for i > 0 && isWord(line[i-1]) {
		i--
	}
	return i
}

func isControl(c byte) bool { return c < ' ' || c == 0x7f }

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 || c >= 0xc0 && c != 0xd7 && c != 0xf7
}

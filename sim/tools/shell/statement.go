package shell

import (
	"context"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"drydock/sim/tools/command"

	"mvdan.cc/sh/v3/syntax"
)

// statements runs a list until one ends the shell. The context is asked between
// statements: that is what makes a loop end, as each of its commands may ignore the
// context.
func (s shell) statements(ctx context.Context, list []*syntax.Stmt) {
	for _, st := range list {
		if ctx.Err() != nil && !s.over {
			s.status, s.over = 128+2, true // SIGINT
		}
		if s.over {
			return
		}
		s.statement(ctx, st)
	}
}

// statement runs one statement with its redirections, which come before the command is
// looked at: one that fails ends the shell, as the standard has it for special
// builtins; for a command POSIX lets it go on, but a line that cannot write where it
// means to is wrong.
func (s shell) statement(ctx context.Context, st *syntax.Stmt) {
	if st.Background || st.Coprocess || st.Disown {
		s.refuse(st.Pos(), "&")
		return
	}
	s, ok := s.redirect(ctx, st.Redirs)
	if !ok {
		return
	}
	switch cmd := st.Cmd.(type) {
	case nil:
		s.status = 0
	case *syntax.CallExpr:
		s.simple(ctx, cmd)
	case *syntax.BinaryCmd:
		s.binary(ctx, cmd)
	case *syntax.Block:
		s.statements(ctx, cmd.Stmts)
	case *syntax.Subshell:
		sub := s.subshell(s.call.Stdin, s.call.Stdout)
		sub.statements(ctx, cmd.Stmts)
		s.status = sub.status
	case *syntax.ForClause:
		s.loop(ctx, cmd)
	case *syntax.IfClause:
		s.branch(ctx, cmd)
	default:
		s.refuse(cmd.Pos(), "this kind of command")
	}
	if st.Negated && !s.over {
		s.status = map[bool]int{true: 0, false: 1}[s.status != 0]
	}
}

// simple runs a command, or only the assignments. Assignments before a command are in
// its environment only; alone they make variables, which no command sees, as there is
// no export. The status of assignments alone is 0, that of a line which only
// substitutes nothing is what the substitution had.
func (s shell) simple(ctx context.Context, cmd *syntax.CallExpr) {
	args, ok := s.fields(ctx, cmd.Args)
	if !ok {
		return
	}
	var assigned []string
	for _, a := range cmd.Assigns {
		if a.Append || a.Naked || a.Index != nil || a.Array != nil || a.Name == nil {
			s.refuse(a.Pos(), "this kind of assignment")
			return
		}
		value, ok := s.word(ctx, a.Value)
		if !ok {
			return
		}
		if len(args) == 0 {
			s.vars[a.Name.Value] = value
		}
		assigned = append(assigned, a.Name.Value+"="+value)
	}
	switch {
	case len(args) == 0:
		if len(cmd.Args) == 0 && len(assigned) > 0 {
			s.status = 0
		}
	case args[0] == "exit":
		s.exit(cmd.Pos(), args[1:])
	case args[0] == ":":
		s.status = 0
	default:
		child := *s.call
		child.Args, child.Env = args, slices.Concat(s.call.Env, assigned)
		s.status = s.call.Commands.Run(ctx, &child)
	}
}

// exit is the builtin. Without a number the status is that of the last command.
func (s shell) exit(at syntax.Pos, args []string) {
	if len(args) > 0 {
		n, err := strconv.ParseUint(args[0], 10, 31)
		if err != nil {
			s.fail(2, at, "exit: Illegal number: %s", args[0])
			return
		}
		s.status = int(n & 0xff)
	}
	s.over = true
}

// binary runs && and ||, which have one precedence and group to the left, and pipes.
func (s shell) binary(ctx context.Context, cmd *syntax.BinaryCmd) {
	switch cmd.Op {
	case syntax.Pipe:
		s.pipe(ctx, cmd)
		return
	case syntax.AndStmt, syntax.OrStmt:
	default:
		s.refuse(cmd.OpPos, cmd.Op.String())
		return
	}
	s.statements(ctx, []*syntax.Stmt{cmd.X})
	if (s.status == 0) == (cmd.Op == syntax.AndStmt) {
		s.statements(ctx, []*syntax.Stmt{cmd.Y})
	}
}

// pipe runs both sides at once, each in a subshell, and takes the status of the right
// one. When that is through, the left one gets an error for what it writes, as by
// SIGPIPE; the pipe waits for it all the same, as every shell does. io.Pipe holds
// nothing: a write waits for its reader, where the kernel has 64 KiB. Within a bubble
// both sides wait on channels of it, so virtual time goes on.
func (s shell) pipe(ctx context.Context, cmd *syntax.BinaryCmd) {
	r, w := io.Pipe()
	left, right := s.subshell(s.call.Stdin, w), s.subshell(r, s.call.Stdout)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer w.Close()
		left.statements(ctx, []*syntax.Stmt{cmd.X})
	}()
	right.statements(ctx, []*syntax.Stmt{cmd.Y})
	r.Close()
	<-done
	s.status = right.status
}

// loop is for NAME in WORD...: the words are expanded once, before the first round.
func (s shell) loop(ctx context.Context, cmd *syntax.ForClause) {
	iter, ok := cmd.Loop.(*syntax.WordIter)
	if !ok || cmd.Select || !iter.InPos.IsValid() {
		s.refuse(cmd.Pos(), "for without in")
		return
	}
	words, ok := s.fields(ctx, iter.Items)
	if !ok {
		return
	}
	s.status = 0
	for _, word := range words {
		s.vars[iter.Name.Value] = word
		s.statements(ctx, cmd.Do)
	}
}

// branch is if. The parser has elif as an if in the else, and else as one without a
// condition. If no branch is taken the status is 0.
func (s shell) branch(ctx context.Context, cmd *syntax.IfClause) {
	for ; cmd != nil && !s.over; cmd = cmd.Else {
		if len(cmd.Cond) > 0 { // else has none
			s.statements(ctx, cmd.Cond)
			if s.status != 0 || s.over {
				continue
			}
		}
		s.statements(ctx, cmd.Then)
		return
	}
	if !s.over {
		s.status = 0
	}
}

// redirect returns the shell with other streams. The order counts: after ">/dev/null
// 2>&1" nothing is left to hear, after "2>&1 >/dev/null" the errors are.
func (s shell) redirect(ctx context.Context, redirs []*syntax.Redirect) (shell, bool) {
	if len(redirs) == 0 {
		return s, true
	}
	call := *s.call
	for _, r := range redirs {
		target, ok := s.word(ctx, r.Word)
		if !ok {
			return s, false
		}
		fd := ""
		if r.N != nil {
			fd = r.N.Value
		}
		if !s.redirectOne(&call, r, fd, target) {
			return s, false
		}
	}
	s.call = &call
	return s, true
}

// redirectOne is one redirection, of the descriptors 0, 1 and 2: there are no others to
// redirect. Files that a command may read are those of the machine.
func (s shell) redirectOne(call *command.Call, r *syntax.Redirect, fd, target string) bool {
	var to io.Writer
	switch {
	case r.Op == syntax.RdrIn && (fd == "" || fd == "0"):
		text, err := s.readFile(target)
		if err != nil {
			s.fail(2, r.OpPos, "cannot open %s: No such file", target)
			return false
		}
		call.Stdin = text
		return true
	case (r.Op == syntax.RdrOut || r.Op == syntax.AppOut) && target == "/dev/null":
		to = io.Discard
	case r.Op == syntax.RdrOut || r.Op == syntax.AppOut:
		s.fail(2, r.OpPos, "cannot create %s: Read-only file system", target)
		return false
	case r.Op == syntax.DplOut && target == "1":
		to = call.Stdout
	case r.Op == syntax.DplOut && target == "2":
		to = call.Stderr
	default:
		s.refuse(r.OpPos, r.Op.String()+target)
		return false
	}
	switch fd {
	case "", "1":
		call.Stdout = to
	case "2":
		call.Stderr = to
	default:
		s.refuse(r.OpPos, fd+r.Op.String())
		return false
	}
	return true
}

// readFile opens a file of the machine. /dev/null is no file but the absence of input.
func (s shell) readFile(name string) (io.Reader, error) {
	if name == "/dev/null" {
		return nil, nil // Table.Run makes it an empty one
	}
	m, ok := s.call.Machine.(interface {
		ReadFile(name string) ([]byte, error)
	})
	if !ok {
		return nil, fs.ErrNotExist
	}
	text, err := m.ReadFile(name)
	return newReader(text), err
}

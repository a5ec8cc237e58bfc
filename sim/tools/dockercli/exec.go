package dockercli

import (
	"errors"
	"net/http"

	"drydock/sim/dockerapi"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// execFlags are the flags of docker exec.
type execFlags struct {
	detach, interactive, privileged, tty *bool
	env, envFiles                        *[]string
	keys, user, dir                      *string
}

// exec is docker exec.
func (d *docker) exec(f *pflag.FlagSet) action {
	f.SetInterspersed(false) // what follows the container belongs to the command
	flags := execFlags{
		detach:      f.BoolP("detach", "d", false, "Detached mode: run command in the background"),
		keys:        addDetachKeys(f),
		env:         d.addEnv(f),
		envFiles:    multi(f, "env-file", "", "Read in a file of environment variables", nil),
		interactive: f.BoolP("interactive", "i", false, "Keep STDIN open even if not attached"),
		privileged:  f.Bool("privileged", false, "Give extended privileges to the command"),
		tty:         f.BoolP("tty", "t", false, "Allocate a pseudo-TTY"),
		user:        f.StringP("user", "u", "", "Username or UID (format: <name|uid>[:<group|gid>])"),
		dir:         f.StringP("workdir", "w", "", "Working directory inside the container"),
	}
	return func(args []string) error {
		env, err := d.readEnv(*flags.envFiles, *flags.env)
		if err != nil {
			return err
		}
		return d.execIn(args[0], dockerapi.ExecCreate{
			User: *flags.user, Privileged: *flags.privileged, Tty: *flags.tty, Detach: *flags.detach, DetachKeys: *flags.keys,
			AttachStdin: *flags.interactive && !*flags.detach, AttachStdout: !*flags.detach, AttachStderr: !*flags.detach,
			Env: env, WorkingDir: *flags.dir, Cmd: args[1:],
		})
	}
}

// execIn runs a command in a container and shares its fate. Of a container that does not
// exist docker tells before it tells of its own terminal, which it has not.
func (d *docker) execIn(name string, create dockerapi.ExecCreate) error {
	if _, err := d.askContainer(name); err != nil {
		return err
	}
	if !create.Detach {
		if err := d.checkTTY(create.AttachStdin, create.Tty); err != nil {
			return err
		}
	}
	var made dockerapi.IDResponse
	if err := d.api.post(d.ctx, "/containers/"+name+"/exec", nil, create, &made); err != nil {
		return err
	}
	if made.ID == "" {
		return errors.New("exec ID empty")
	}
	path, start := "/exec/"+made.ID, dockerapi.ExecStart{Detach: create.Detach, Tty: create.Tty}
	if create.Detach {
		return d.api.post(d.ctx, path+"/start", nil, start, nil)
	}
	conn, err := d.api.open(d.ctx, request{method: http.MethodPost, path: path + "/start", body: start, upgrade: "application/json"})
	if err != nil {
		return err
	}
	if create.Tty {
		defer d.monitor(command.TerminalOf(d.Stdin), path)()
	}
	if err := d.newSession(conn, streams{create.AttachStdin, true, true, create.Tty, create.DetachKeys}).run(d.ctx); err != nil {
		return d.detached(err)
	}
	return d.execStatus(path)
}

// execStatus returns the exit status of a command that has ended.
func (d *docker) execStatus(path string) error {
	var e dockerapi.Exec
	if _, err := d.api.get(d.ctx, path+"/json", nil, &e); err != nil {
		return err
	}
	if e.ExitCode != nil && *e.ExitCode != 0 {
		return statusError{status: *e.ExitCode}
	}
	return nil
}

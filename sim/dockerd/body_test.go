package dockerd_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestBodies are the answers to bodies that are none, as recorded with dockerd 20.10.24: null is an
// object without fields, everywhere.
func TestBodies(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.NewNetwork(t, h, "n1")
	handler := dockerd.Handler(h)
	for _, tt := range []struct {
		path, body string
		status     int
		message    string
	}{
		{"/networks/create", `null`, 500, `invalid name: `},
		{"/containers/create", `null`, 400, `Config cannot be empty in order to create a container`},
		{"/containers/x/start", `null`, 404, `No such container: x`},
		{"/networks/n1/connect", `null`, 400, `invalid name or ID supplied: ""`},
		{"/networks/n1/disconnect", `null`, 400, `invalid name or ID supplied: ""`},
		{"/containers/x/exec", `null`, 400, `No exec command specified`},
		{"/exec/x/start", `null`, 404, `No such exec instance: x`},
		{"/networks/create", ``, 400, `got EOF while reading request body`},
		{"/containers/create", ``, 500, `EOF`},
		{"/containers/x/start", ``, 404, `No such container: x`},
		{"/networks/n1/connect", ``, 400, `got EOF while reading request body`},
		{"/networks/n1/disconnect", ``, 400, `got EOF while reading request body`},
		{"/containers/x/exec", ``, 400, `got EOF while reading request body`},
		{"/exec/x/start", ``, 400, `got EOF while reading request body`},
		{"/networks/create", `[]`, 400, `json: cannot unmarshal array into Go value of type types.NetworkCreateRequest`},
		{"/containers/create", `[]`, 500, `json: cannot unmarshal array into Go value of type runconfig.ContainerConfigWrapper`},
		{"/containers/x/start", `[]`, 404, `No such container: x`},
		{"/networks/n1/connect", `[]`, 400, `json: cannot unmarshal array into Go value of type types.NetworkConnect`},
		{"/networks/n1/disconnect", `[]`, 400, `json: cannot unmarshal array into Go value of type types.NetworkDisconnect`},
		{"/containers/x/exec", `[]`, 400, `json: cannot unmarshal array into Go value of type types.ExecConfig`},
		{"/exec/x/start", `[]`, 400, `json: cannot unmarshal array into Go value of type types.ExecStartCheck`},
		{"/networks/create", `{}`, 500, `invalid name: `},
		{"/containers/create", `{}`, 400, `Config cannot be empty in order to create a container`},
		{"/containers/x/start", `{}`, 404, `No such container: x`},
		{"/networks/n1/connect", `{}`, 400, `invalid name or ID supplied: ""`},
		{"/networks/n1/disconnect", `{}`, 400, `invalid name or ID supplied: ""`},
		{"/containers/x/exec", `{}`, 400, `No exec command specified`},
		{"/exec/x/start", `{}`, 404, `No such exec instance: x`},
		{"/networks/create", `1`, 400, `json: cannot unmarshal number into Go value of type types.NetworkCreateRequest`},
		{"/containers/create", `1`, 500, `json: cannot unmarshal number into Go value of type runconfig.ContainerConfigWrapper`},
		{"/containers/x/start", `1`, 404, `No such container: x`},
		{"/networks/n1/connect", `1`, 400, `json: cannot unmarshal number into Go value of type types.NetworkConnect`},
		{"/networks/n1/disconnect", `1`, 400, `json: cannot unmarshal number into Go value of type types.NetworkDisconnect`},
		{"/containers/x/exec", `1`, 400, `json: cannot unmarshal number into Go value of type types.ExecConfig`},
		{"/exec/x/start", `1`, 400, `json: cannot unmarshal number into Go value of type types.ExecStartCheck`},
		{"/networks/create", `"x"`, 400, `json: cannot unmarshal string into Go value of type types.NetworkCreateRequest`},
		{"/containers/create", `"x"`, 500, `json: cannot unmarshal string into Go value of type runconfig.ContainerConfigWrapper`},
		{"/containers/x/start", `"x"`, 404, `No such container: x`},
		{"/networks/n1/connect", `"x"`, 400, `json: cannot unmarshal string into Go value of type types.NetworkConnect`},
		{"/networks/n1/disconnect", `"x"`, 400, `json: cannot unmarshal string into Go value of type types.NetworkDisconnect`},
		{"/containers/x/exec", `"x"`, 400, `json: cannot unmarshal string into Go value of type types.ExecConfig`},
		{"/exec/x/start", `"x"`, 400, `json: cannot unmarshal string into Go value of type types.ExecStartCheck`},
		{"/networks/create", `{"Name":1}`, 400, `json: cannot unmarshal number into Go struct field NetworkCreateRequest.Name of type string`},
		{"/containers/create", `{"Name":1}`, 400, `Config cannot be empty in order to create a container`},
		{"/containers/x/start", `{"Name":1}`, 400, `starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24`},
		{"/networks/n1/connect", `{"Name":1}`, 400, `invalid name or ID supplied: ""`},
		{"/networks/n1/disconnect", `{"Name":1}`, 400, `invalid name or ID supplied: ""`},
		{"/containers/x/exec", `{"Name":1}`, 400, `No exec command specified`},
		{"/exec/x/start", `{"Name":1}`, 404, `No such exec instance: x`},
		{"/networks/create", `{`, 400, `unexpected EOF`},
		{"/containers/create", `{`, 500, `unexpected EOF`},
		{"/containers/x/start", `{`, 404, `No such container: x`},
		{"/networks/n1/connect", `{`, 400, `unexpected EOF`},
		{"/networks/n1/disconnect", `{`, 400, `unexpected EOF`},
		{"/containers/x/exec", `{`, 400, `unexpected EOF`},
		{"/exec/x/start", `{`, 400, `unexpected EOF`},
	} {
		r := httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var answer struct{ Message string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
		require.Equal(t, tt.message, answer.Message, "%s %q", tt.path, tt.body)
		require.Equal(t, tt.status, w.Code, "%s %q", tt.path, tt.body)
	}
}

// The test server of golang.org/x/mod/sumdb, which answers on standard output in place of a port.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"net/http/httptest"
	"os"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
)

type question struct{ Add, Lines, Path string }
type answer struct {
	Status int
	Body   []byte
}

func main() {
	known := map[string]string{}
	skey, vkey, err := note.GenerateKey(rand.Reader, os.Args[1])
	if err != nil {
		panic(err)
	}
	out := json.NewEncoder(os.Stdout)
	out.Encode(vkey)
	ops := sumdb.NewTestServer(skey, func(path, vers string) ([]byte, error) {
		if lines, ok := known[path+"@"+vers]; ok {
			return []byte(lines), nil
		}
		return nil, os.ErrNotExist
	})
	server := sumdb.NewServer(ops)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var asked question
		json.Unmarshal(in.Bytes(), &asked)
		if asked.Add != "" {
			known[asked.Add] = asked.Lines
		}
		recorded := httptest.NewRecorder()
		if asked.Path != "" {
			server.ServeHTTP(recorded, httptest.NewRequest("GET", "http://sum.example"+asked.Path, nil))
		}
		out.Encode(answer{recorded.Code, recorded.Body.Bytes()})
	}
}
